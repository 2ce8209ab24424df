"""Clusters of four nodes by the hundred: no error, one request at a time a node, flat memory."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.processes import AUDITOR, Finished
from tests.benchmarks.processes import run as run_process
from tests.nights.lean_farm import NODES, LeanFarm, lean_farm
from tests.nights.result import NightResult

_FIRST = 25
"""Clusters of the first hundred nodes."""
_MAX_GROWTH = 1.5
"""How much more the last nodes may take than the first after the hundred, each."""
_SLACK_MB = 0.05


def run(count: int, seed: int) -> NightResult:
    """Audit `count` clusters, and fewer of them for what each node adds to the memory."""
    del seed
    result = NightResult(tried=count)
    sizes = (_FIRST, (_FIRST + count) // 2, count) if count > 2 * _FIRST else (count,)
    with TemporaryDirectory(prefix="auditor-nights-") as name:
        with lean_farm(Path(name), count) as farm:
            peaks = {size: _audit(farm, size, result).peak_mb for size in sizes}
        most = max(farm.most_at_once.values())
    result.expect(most == 1, f"a node had {most} requests under way at once")
    servers = count * (NODES + 1)
    result.expect(len(farm.requests) == servers, f"{len(farm.requests)} servers of {servers} asked")
    requests = sum(farm.requests.values())
    result.figures.append(f"{requests} requests to {servers} servers, at most {most} at once")
    result.figures += [f"{NODES * size} nodes: {peak:.0f} MB" for size, peak in peaks.items()]
    if len(sizes) > 1:
        _judge_growth(peaks, result)
    return result


def _audit(farm: LeanFarm, clusters: int, result: NightResult) -> Finished:
    report = farm.config.parent / "report.json"
    words = ("-c", str(farm.config_of(clusters)), "-o", f"json:{report}")
    # Each size in a home of its own, with a history that is made anew.
    home = farm.config.parent / f"home{clusters}"
    home.mkdir()
    finished = run_process((*AUDITOR, "audit", *words), home, farm.password)
    result.expect(finished.code == 0, f"{clusters} clusters: exit code {finished.code}")
    told = json.loads(report.read_text(encoding="utf-8"))
    gaps = [
        entry
        for cluster in told["clusters"]
        for entry in cluster["coverage"]
        if entry["outcome"] != "collected"
    ]
    result.expect(not gaps, f"{clusters} clusters: gaps such as {gaps[:1]}")
    result.figures.append(f"{clusters} clusters in {finished.seconds:.0f} s")
    return finished


def _judge_growth(peaks: dict[int, float], result: NightResult) -> None:
    (small, at_small), (middle, at_middle), (large, at_large) = peaks.items()
    first = (at_middle - at_small) / (NODES * (middle - small))
    last = (at_large - at_middle) / (NODES * (large - middle))
    result.figures.append(f"a node adds {first:.2f} MB, later {last:.2f} MB")
    result.expect(last <= _MAX_GROWTH * first + _SLACK_MB, f"{first:.2f} MB, then {last:.2f} MB")
