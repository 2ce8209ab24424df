"""`python -m tests.benchmarks`: measure the program against what it cannot do without.

Prints ratios and asserts no time: this machine's load is part of every number, so each side is
measured in turn with the other, in the same run, and the median counts.
"""

import argparse
import gc
import sys
from importlib import import_module

from auditor.__main__ import GC_ALLOCATION_THRESHOLD
from tests.benchmarks.figures import Size

MEASUREMENTS = (
    "six-nodes",
    "fleet",
    "fleets",
    "start",
    "clients",
    "growth",
    "memory",
    "history",
    "estate",
    "html",
    "failover",
)
"""Each is the function `measure` of a module of its name; only those asked for are loaded."""


def main() -> None:
    """Run the measurements that are named, or all, and print each as soon as it is done."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of: {', '.join(MEASUREMENTS)}; default: all")
    parser.add_argument("--runs", type=int, default=7, help="how often each side is measured")
    parser.add_argument(
        "--smallest", action="store_true", help="one small run of each, to see that it works"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.name) - set(MEASUREMENTS):
        parser.error(f"no measurement {', '.join(sorted(unknown))}; of: {', '.join(MEASUREMENTS)}")
    gc.set_threshold(GC_ALLOCATION_THRESHOLD, 20, 20)  # as the program has it, for both sides alike
    size = Size(runs=arguments.runs, clusters=50, nodes=6, growth=(10, 50, 100, 250, 500, 1000))
    if arguments.smallest:
        size = Size(runs=1, clusters=2, nodes=1, growth=(5, 10))
    for name in arguments.name or MEASUREMENTS:
        measurement = import_module(f"tests.benchmarks.{name.replace('-', '_')}")
        sys.stdout.write(f"{name}\n{measurement.measure(size)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
