"""Audit a live Cisco IM and Presence cluster against Cisco's service activation recommendations."""

__version__ = "0.2.0"
