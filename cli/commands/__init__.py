"""One file for each command, or group of commands: its options, its logic and its output."""
