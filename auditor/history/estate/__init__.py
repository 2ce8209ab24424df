"""What the recorded runs add up to: days, open differences, time to fix, outages and gaps."""
