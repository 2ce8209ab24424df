"""Evidence of a run in a folder: a recorder writes it, and a replay answers from it."""
