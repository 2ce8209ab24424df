"""Telling people what changed, without them having to look."""
