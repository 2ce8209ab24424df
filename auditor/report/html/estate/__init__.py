"""The estate over time as an HTML page, in the style of the report."""
