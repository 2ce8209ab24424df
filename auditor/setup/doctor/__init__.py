"""Checks one cluster's set-up step by step, and says for each failure what to change and where."""
