"""What the rest of the program speaks in: facts, findings, reports, history."""
