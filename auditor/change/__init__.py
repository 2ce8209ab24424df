"""Around a change: may it be made, and what became of it."""
