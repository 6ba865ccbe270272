"""What each command does, from top to bottom; nothing here knows the command line."""
