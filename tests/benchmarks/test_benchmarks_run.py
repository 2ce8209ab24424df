"""The benchmarks run; what they measure depends on the machine, and nothing here asserts it."""

import subprocess
import sys

from tests.benchmarks.farm import CHECKOUT

ALONE = ("six-nodes", "fleet", "start", "memory", "failover")


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *words]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_the_measurements_of_an_audit_run_and_print_their_aims() -> None:
    """In their smallest size, as their reader runs them."""
    done = _run("--smallest", *ALONE)
    assert done.returncode == 0, done.stderr
    blocks = done.stdout.strip().split("\n\n")
    assert tuple(part.partition("\n")[0] for part in blocks) == ALONE
    assert all("aim:" in part for part in blocks)


def test_other_clients_ask_the_same_and_are_printed_beside_the_audit() -> None:
    done = _run("--smallest", "clients")
    assert done.returncode == 0, done.stderr
    labels = [row[2:].partition("  ")[0] for row in done.stdout.strip().splitlines()[1:]]
    assert labels == [
        "nodes: 1",
        "requests alone",
        "auditor audit",
        "the same with --history off",
        "zeep, full AXL schema",
        "ciscoaxl, and zeep",
    ]


def test_growth_is_printed_with_its_ratios_to_the_first_row() -> None:
    """What is counted does not depend on the machine: twice the clusters, twice the requests."""
    done = _run("--smallest", "growth")
    assert done.returncode == 0, done.stderr
    rows = [row.split() for row in done.stdout.strip().splitlines()]
    (five, one, once), (ten, two, twice) = (row[:3] for row in rows[2:4])
    assert (five, one, ten, two) == ("5", "1", "10", "2")
    assert int(twice) == 2 * int(once) > 0
    assert rows[7] == ["5", *["1"] * 5]
    assert rows[8][:3] == ["10", "2", "2"]


def test_fleets_are_printed_with_what_their_parts_take_and_what_follows() -> None:
    """On a scheduler and workers that are real; every audit ends well, or nothing is printed."""
    done = _run("--smallest", "fleets")
    assert done.returncode == 0, done.stderr
    rows = [row.split() for row in done.stdout.strip().splitlines()]
    assert [row[0] for row in rows[2:5]] == ["1", "2", "10"]
    assert sum(row[:2] == ["each", "cluster:"] for row in rows) == 4
    assert [row[0] for row in rows[-4:]] == ["10", "100", "1,000", "10,000"]
    assert all(len(row) == 4 for row in rows[-4:])


def test_an_unknown_measurement_names_the_known_ones() -> None:
    """A misspelt name must not look like a run without results."""
    done = _run("flete")
    assert done.returncode == 2
    assert "six-nodes, fleet, " in done.stderr
