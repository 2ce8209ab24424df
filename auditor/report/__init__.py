"""What a run tells: one module a format, each a pure function from Report to text."""
