"""Fuzzes the replies: `python -m tests.fuzz --count N --seed S`; exit 1 if anything was found."""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import cpu_count

from tests.fuzz.judge import FuzzJudge
from tests.fuzz.recording import SCENARIOS, record_cluster

_judge: FuzzJudge


def _start_worker() -> None:
    global _judge
    _judge = FuzzJudge([record_cluster(scenario) for scenario in SCENARIOS])


def _run(seed: int, first: int, count: int) -> list[tuple[int, str, str, str]]:
    found = []
    for number in range(first, first + count):
        mutant = _judge.make_mutant(seed, number)
        fault = _judge.find_fault(mutant)
        if fault:
            exchange = _judge.recordings[mutant.recording].exchanges[mutant.exchange]
            found.append((number, mutant.how, f"{exchange.server} {exchange.operation}", fault))
    return found


def main() -> int:
    """Run the mutants side by side and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one mutant, whose reply is printed")
    options = parser.parse_args()
    if options.only is not None:
        _start_worker()
        mutant = _judge.make_mutant(options.seed, options.only)
        sys.stdout.write(f"{mutant.reply}\n")
        sys.stdout.write(f"{_run(options.seed, options.only, 1)}\n")
        return 0
    batch = 100
    with ProcessPoolExecutor(cpu_count(), initializer=_start_worker) as pool:
        futures = [
            pool.submit(_run, options.seed, first, min(batch, options.count - first))
            for first in range(0, options.count, batch)
        ]
        found = []
        for future in futures:
            for number, how, where, fault in future.result():
                found.append(how)
                sys.stdout.write(f"{number} [{how}] {where}: {fault}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{options.count} mutants, seed {options.seed}: {len(found)} found\n")
    for how, times in Counter(found).most_common():
        sys.stdout.write(f"  {times} by {how}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
