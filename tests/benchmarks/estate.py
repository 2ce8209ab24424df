"""What `auditor history -o html` and `-o json` cost after 5,000 recorded runs.

The history is that of the measurement `history`: one cluster, three verdicts of which change in
every run, so that this is what flaps most.
"""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import process_time

from auditor.history.store import HistoryStore
from auditor.models.estate import Estate
from auditor.report.estate_json import render_history_json
from auditor.report.html.estate.render import render_estate_page
from tests.benchmarks.figures import Size, line
from tests.benchmarks.history import START, load_history

RUNS = 5_000


def measure(size: Size) -> str:
    """Return the times and sizes of the page and of the JSON document."""
    with tempfile.TemporaryDirectory() as folder:
        history = load_history(Path(folder) / "history.sqlite3", RUNS)
        estate = _sum_up(history)
        record = history.export()
        page = render_estate_page(estate)
        document = render_history_json(estate, record)
        return "".join(
            (
                line("figures of 5,000 runs", _time(size.runs, lambda: _sum_up(history)), "s"),
                line("their page", _time(size.runs, lambda: render_estate_page(estate)), "s"),
                line("size of the page", len(page.encode()) / 1e6, "MB", "aim: < 0.5"),
                line("JSON with the whole record", len(document) / 1e6, "MB"),
            )
        )


def _sum_up(history: HistoryStore) -> Estate:
    return history.estate((), START + timedelta(hours=RUNS + 1))


def _time(runs: int, work: Callable[[], object]) -> float:
    """Return the median of the processor time that a piece of work takes, which is all it needs."""
    return median(_once(work) for _ in range(runs))


def _once(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began
