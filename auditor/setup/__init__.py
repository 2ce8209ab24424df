"""First steps with a cluster: write its configuration, check access, pin certificates."""
