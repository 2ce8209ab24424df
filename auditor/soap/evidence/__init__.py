"""Record of the exchanges of a run in a folder, and replays from it."""
