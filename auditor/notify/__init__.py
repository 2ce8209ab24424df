"""Notifications about what changed."""
