"""One module a command: its options, and a call of its workflow."""
