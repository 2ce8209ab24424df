"""The recommendations as data, and the pure engine that judges facts by them."""
