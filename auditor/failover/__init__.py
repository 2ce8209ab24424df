"""The check after a failover, and before one: the state of each redundancy group."""
