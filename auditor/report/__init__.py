"""What a run prints and writes: one module a format, each a pure function from Report to text."""
