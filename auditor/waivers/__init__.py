"""Accepted differences: what a waiver file says, and what it does to the findings of a run."""
