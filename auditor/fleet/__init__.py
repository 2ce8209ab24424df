"""Audits of a fleet on the workers of a Dask cluster; loaded with `--scheduler` only."""
