"""The questions: one module per source, replies in, facts out."""
