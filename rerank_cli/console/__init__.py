"""Terminal and process: streams, progress, Ctrl-C, the output file; objects that tests replace."""
