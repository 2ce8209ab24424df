"""The configuration file: read strictly, then handed on as plain settings.

`loader` finds and reads it, `settings` is what the rest of the program sees.
"""
