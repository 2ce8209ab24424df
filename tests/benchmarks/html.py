"""The HTML report of a large fleet: how long it takes, how large it is, and what takes the most.

The findings are those that both packs give on invented facts, with their real texts: of the thirty
clusters of six nodes a third has a stopped service, a third a silent node, and all have features
that nobody declared.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from time import process_time

from auditor.models.cluster_report import ClusterReport
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.report import Report
from auditor.models.settings import Setting
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import Recommendation, load_packs
from auditor.report.html import render
from auditor.report.html.view import build_page_view
from auditor.report.page_folder import INDEX_NAME, name_cluster_page
from tests.benchmarks.figures import Size, line
from tests.report import samples

_ON = ("chat", "xmpp_clients", "intercluster", "bulk_administration")
_OFF = ("web_clients", "sip_federation", "xmpp_federation", "compliance", "routing_nodes")

_PARTS = (
    ("styles and script", r"<(style|script)>.*?</\1>"),
    ("matrices", r'<table class="matrix">.*?</table>'),
    ("blocks of findings", r"<article .*?</article>"),
    ("heat map", r'<table class="heat">.*?</table>'),
    ("what is as recommended, what was asked", r'<details class="fold annex".*?</details>'),
)


def measure(size: Size) -> str:
    """Return the time and the size of the page, each with the share of its parts."""
    rows = load_packs()
    report = _fleet(rows, min(size.clusters, 30))
    text = render.render(report)
    whole = _time(size.runs, lambda: render.render(report))
    view = _time(size.runs, lambda: build_page_view(report, rows))
    nodes = sum(len(cluster.nodes) for cluster in report.clusters)
    findings = sum(len(cluster.findings) for cluster in report.clusters)
    return "".join(
        (
            line(f"whole page: {nodes} nodes, {findings} findings", whole, "s", "aim: < 1"),
            line("  of it: what stands where", 100 * view / whole, "%"),
            line("  of it: writing it as HTML", 100 * (whole - view) / whole, "%"),
            line("size", len(text.encode()) / 1e6, "MB", "aim: < 5"),
            *_shares(text),
            *_measure_folder(report, rows, size.runs),
        )
    )


def _measure_folder(report: Report, rows: tuple[Recommendation, ...], runs: int) -> Iterator[str]:
    """Yield the time and the size of the index of a folder, whose pages are loaded apart."""
    pages = {cluster.name: name_cluster_page(cluster.name) for cluster in report.clusters}
    seconds = _time(runs, lambda: render.render_index(report, rows, pages))
    files = dict(render.render_pages(report))
    index = files.pop(INDEX_NAME)
    yield line("index of a folder with a page for each cluster", seconds, "s", "aim: < 1")
    yield line("size of the index", len(index.encode()) / 1e6, "MB", "aim: < 1.5")
    largest = max(len(text.encode()) for text in files.values())
    yield line("size of its largest page", largest / 1e6, "MB")


def _time(runs: int, work: Callable[[], object]) -> float:
    """Return the median of the processor time that a piece of work takes, which is all it needs."""
    return median(_once(work) for _ in range(runs))


def _once(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


def _shares(text: str) -> list[str]:
    """Return the share of each part in the size; a part inside another counts with the outer."""
    parts, rest = [], text
    for label, pattern in _PARTS:
        left = re.sub(pattern, "", rest, flags=re.DOTALL)
        parts.append(line(f"  of it: {label}", 100 * (len(rest) - len(left)) / len(text), "%"))
        rest = left
    return [*parts, line("  of it: all else", 100 * len(rest) / len(text), "%")]


def _fleet(rows: tuple[Recommendation, ...], clusters: int) -> Report:
    return Report(samples.RUN, tuple(_cluster(rows, samples.site(n)) for n in range(clusters)))


def _cluster(rows: tuple[Recommendation, ...], invented: ClusterReport) -> ClusterReport:
    """Return an invented cluster with the findings of the real recommendations."""
    groups = dict.fromkeys(node.redundancy_group or "" for node in invented.nodes)
    facts = ClusterFacts(
        name=invented.name,
        nodes=invented.nodes,
        groups=tuple(
            Group(
                name,
                tuple(n.name for n in invented.nodes if n.redundancy_group == name),
                ha_enabled=True,
                origin=Origin.OBSERVED,
            )
            for name in groups
        ),
        groups_known=True,
        topology_observed=True,
        settings={
            key: (Setting(key in _ON, Origin.DECLARED, f"deployment.{key}"),)
            for key in (*_ON, *_OFF)
        },
        coverage=invented.coverage,
    )
    return replace(invented, findings=judge_facts(rows, facts))
