"""The command line: each command reads its options, calls one use case, prints, and exits."""
