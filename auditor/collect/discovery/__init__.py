"""What the IM&P database suggests, best effort; it never proves a pass."""
