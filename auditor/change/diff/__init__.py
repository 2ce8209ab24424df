"""What changed between two snapshots of a cluster: pure."""
