"""Audit a live Cisco IM and Presence cluster against Cisco's service activation recommendations."""

from importlib.metadata import version

__version__ = version("auditor")
