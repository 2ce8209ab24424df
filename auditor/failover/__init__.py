"""The check after a failover, and before one: how the pairs of nodes stand."""
