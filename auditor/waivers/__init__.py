"""Waivers: differences that somebody accepted until a date."""
