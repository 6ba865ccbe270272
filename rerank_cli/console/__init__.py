"""The outside as objects that tests replace: streams, progress, interrupts, the output file."""
