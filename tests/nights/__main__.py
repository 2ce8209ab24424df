"""Long nights: `python -m tests.nights [NAME ...] [--count N] [--seed S]`; exit 1 if any fault.

Each prints what was tried and found. The suite runs a short form of each.
"""

import argparse
import os
import sys
import time
from importlib import import_module

NIGHTS = {
    "mutated-files": 300,
    "kills": 100,
    "interrupts": 100,
    "writers": 8,
    "load": 250,
    "soak": 500,
}
"""Each is the function `run` of a module of its name, with how much it tries by default."""


def main() -> int:
    """Run the nights that are named, or all, and print each as soon as it is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.nights", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of: {', '.join(NIGHTS)}; default: all")
    parser.add_argument("--count", type=int, help="how much each tries")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.name) - set(NIGHTS):
        parser.error(f"no night {', '.join(sorted(unknown))}; of: {', '.join(NIGHTS)}")
    for name in [name for name in os.environ if name.startswith("AUDITOR_")]:
        del os.environ[name]
    faults = 0
    for name in options.name or NIGHTS:
        night = import_module(f"tests.nights.{name.replace('-', '_')}")
        began = time.monotonic()
        result = night.run(options.count or NIGHTS[name], options.seed)
        took = time.monotonic() - began
        for fault in result.found:
            sys.stdout.write(f"{name}: {fault}\n")
        for figure in result.figures:
            sys.stdout.write(f"{name}: {figure}\n")
        sys.stdout.write(f"{name}: {result.tried} tried, {len(result.found)} found, {took:.0f} s\n")
        sys.stdout.flush()
        faults += len(result.found)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
