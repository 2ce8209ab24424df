"""Writers at once, each a process: every run of each is recorded, in SQLite and in PostgreSQL."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.history.opening import open_history
from tests.history import postgresql
from tests.history.test_history_writers import communicate, start, writer
from tests.nights.result import NightResult

_RUNS_EACH = 12


def run(count: int, seed: int) -> NightResult:
    """Let `count` processes record at once; nothing here is left to chance."""
    del seed
    result = NightResult()
    with ExitStack() as opened:
        home = Path(opened.enter_context(TemporaryDirectory(prefix="auditor-nights-")))
        urls = [f"sqlite:///{home}/history.sqlite3"]
        folder = postgresql.binaries()
        if folder:
            urls.append(opened.enter_context(postgresql.running(folder)).url())
        for url in urls:
            _write_at_once(url, count, result)
    return result


def _write_at_once(url: str, count: int, result: NightResult) -> None:
    processes = [writer(url, f"w{number}", _RUNS_EACH) for number in range(count)]
    for process in processes:
        start(process)
    for process in processes:
        code, said = communicate(process)
        result.expect((code, said) == (0, ""), f"a writer ended with {code}: {said}")
    history = open_history(url)
    assert history is not None
    expected = count * _RUNS_EACH
    result.tried += expected
    recorded = len(history.runs("lab"))
    result.expect(recorded == expected, f"{recorded} runs of {expected} are recorded")
    kind = url.partition(":")[0]
    result.figures.append(f"{kind}: {recorded} runs of {count} writers at once")
