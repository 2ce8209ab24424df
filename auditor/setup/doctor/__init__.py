"""Checks one cluster's set-up step by step, and says what to change and where."""
