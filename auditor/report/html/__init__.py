"""The report as one self-contained page for browsers: what it shows, and how it is drawn."""
