"""Whatever servers, files and people call things: every format is well-formed and harmless."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import lxml.html
import pytest
from lxml import etree
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from auditor.models.findings import Verdict
from auditor.models.history import ChangeDirection, ClusterHistory, FindingAge
from auditor.models.nodes import Role
from auditor.models.report import Report
from auditor.report.formats import ReportFormat
from auditor.report.nagios import render_plugin_line
from auditor.report.notification import compose_notification
from tests.report import samples
from tests.report.rendering import render_report

ATTACKS: Mapping[str, str] = {
    "escape sequences": "\x1b[31mred\x1b]0;title\x07\x1b[2J\x1bP1;1|\x1b\\",
    "C1 controls": "a\x9b2J\x9d0;t\x9c\x85\x90",
    "C0 controls": "a\x00\x01\x08\x0b\x0c\x0d\x1f\x7f",
    "direction": "a\u202eb\u202dc\u2066d\u2069\u200f\u061c",
    "invisible": "a\u200b\u200d\u2060\ufeff\U000e0041\u00ad\u180e",
    "line ends": "a\nb\r\nc\rd\x85e\u2028f\u2029g\x1ch",
    "not in XML": "a\ufffe\uffff\x02\U0001ffff",
    "private and unassigned": "\ue000\U000f0000\u0378",
    "stacked marks": "a" + "\u0301" * 300,
    "rich markup": "[red]b[/red][/x][link=http://x]y[/link]:smile:[@click=app.quit]z[/]",
    "script": "</title></script><script>alert(1)</script>",
    "attribute": "\"' onmouseover=alert(1) x='",
    "image": "<img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "comment": "--><!-- ]]> <![CDATA[ <?x ?> <!DOCTYPE a>",
    "entities": "&lt;b&gt; &#60;b&#62; &amp;lt; &x; &#0;",
    "template": "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "JavaScript address": "javascript:alert(1)",
    "formula": '=HYPERLINK("http://x","y")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1)",
    "formula after a tab": "\t=1+1",
    "formula after a line": "\r\n=1+1",
    "formula after the invisible": "\u200b=1+1",
    "formula in full width": "\uff1d1",
    "cells": 'a,"b";c\t"d\r\n"=1',
    "table of Markdown": "a | b |\n|---|---|\n`c|d` \\| \\",
    "markup of Markdown": "# a\n- b **c** _d_ ~~e~~ [f](http://x) ![g](http://x) <h> > i",
    "mentions": "https://evil.example @admin #12 :tada: www.evil.example",
    "labels": 'a",node="b"} 1\n# HELP auditor_drift x\nauditor_drift{c="\\"} 9',
    "figures": "a|b'=1;2;3 'c'=4",
    "formats": "%s %d %(x)s {0} {x} $x $(y) ${jndi:ldap://x}",
    "paths": "../../etc/passwd%2e%2e%2f?a=b&c#d",
    "wide": "\uff57\u6f22\u5b57\U0001f511\U0001f1e9\U0001f1ea",
    "long": "x" * 10_000,
    "long words": "a b\u202e " * 3_000,
}


def _check_terminal(report: Report) -> object:
    page = render_report(report, ReportFormat.TERMINAL, width=80, colour=True)
    # What remains without our own styles, of which none is a link.
    text = re.sub(r"\x1b\[[0-9;]*m", "", page)
    assert text != page
    assert all(line.isprintable() for line in text.split("\n"))
    return None


def _render(report: Report, form: ReportFormat) -> str:
    text = render_report(report, form, width=80, colour=False)
    text.encode()
    return text


def _check_json(report: Report) -> object:
    text = _render(report, ReportFormat.JSON)
    assert text.isascii()
    json.loads(text)
    return text.count("\n")


def _check_html(report: Report) -> object:
    text = _render(report, ReportFormat.HTML)
    assert all(line.isprintable() for line in text.split("\n"))
    page = lxml.html.fromstring(text)
    attributes = [
        (e.tag, name, str(value)) for e in page.iter() for name, value in e.attrib.items()
    ]
    links = [value for _, name, value in attributes if name in ("href", "src")]
    assert all(link.startswith(("#", "https://www.cisco.com/")) for link in links)
    return Counter(str(e.tag) for e in page.iter()), Counter(
        tag_and_name[:2] for tag_and_name in attributes
    )


def _check_junit(report: Report) -> object:
    document = etree.fromstring(_render(report, ReportFormat.JUNIT).encode())
    texts = [text for e in document.iter() for text in (e.text or "", *e.attrib.values())]
    assert all(line.isprintable() for text in texts for line in text.split("\n"))
    return Counter(e.tag for e in document.iter())


def _check_sarif(report: Report) -> object:
    text = _render(report, ReportFormat.SARIF)
    assert text.isascii()
    (run,) = json.loads(text)["runs"]
    return len(run["results"])


def _check_csv(report: Report) -> object:
    text = _render(report, ReportFormat.CSV)
    table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    for cell in (cell for row in table for cell in row):
        assert cell.isprintable()
        assert not cell.startswith(tuple("=+-@|\uff1d\t "))
    return [len(row) for row in table]


def _check_markdown(report: Report) -> object:
    text = _render(report, ReportFormat.MARKDOWN)
    assert all(line.isprintable() for line in text.split("\n"))
    reader = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"])
    tokens = reader.parse(text)
    inside = {token.type for t in tokens for token in t.children or ()}
    assert inside <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    return Counter(token.type for token in tokens)


def _check_prometheus(report: Report) -> object:
    text = _render(report, ReportFormat.PROMETHEUS)
    families = list(text_string_to_metric_families(text))
    samples_ = [sample for family in families for sample in family.samples]
    assert all(value.isprintable() for sample in samples_ for value in sample.labels.values())
    return sorted((sample.name, sorted(sample.labels)) for sample in samples_)


def _check_nagios(report: Report) -> object:
    line, state = render_plugin_line(report)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert line.count("|") == 1
    return state, len(line.partition("|")[2].split("="))


def _check_notification(report: Report) -> object:
    (cluster,) = report.clusters
    drift = next(f for f in cluster.findings if f.verdict is Verdict.DRIFT)
    moved = samples.change(ChangeDirection.NEW, drift, FindingAge("2026-03-01T02:00:00Z", 1))
    past = {cluster.name: ClusterHistory(changes=(moved,))}
    message = compose_notification(replace(report, run=samples.RUN, past=past))
    assert message is not None
    assert message.title.isprintable()
    assert all(line.isprintable() for line in message.body.split("\n"))
    return message.body.count("\n")


CHECKS: Mapping[str, Callable[[Report], object]] = {
    "terminal": _check_terminal,
    "json": _check_json,
    "html": _check_html,
    "junit": _check_junit,
    "sarif": _check_sarif,
    "csv": _check_csv,
    "markdown": _check_markdown,
    "prometheus": _check_prometheus,
    "nagios": _check_nagios,
    "notification": _check_notification,
}
"""Each reads what a format says, as its reader does, and returns its shape."""


@pytest.fixture(scope="module")
def harmless() -> Report:
    return samples.hostile("harmless")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_no_value_changes_the_shape_of_a_report(
    check: Callable[[Report], object], attack: str, harmless: Report
) -> None:
    assert check(samples.hostile(attack)) == check(harmless)


def _many_nodes() -> Report:
    names = [f"imp{number}.example.test" for number in range(500)]
    nodes = [samples.node(name, Role.SUBSCRIBER, group=f"group-{name}") for name in names]
    findings = [found for name in names[::50] for found in samples.judged(name)]
    return Report(samples.RUN, (samples.cluster(*nodes, findings=tuple(findings)),))


def _many_services() -> Report:
    node = samples.node("imp1.example.test", Role.PUBLISHER)
    odd = {f"Odd {number}": samples.service(f"Odd {number}") for number in range(10_000)}
    node = replace(node, services={**node.services, **odd})
    return Report(samples.RUN, (samples.cluster(node, findings=samples.judged(node.name)),))


@pytest.mark.parametrize("check", [c for name, c in CHECKS.items() if name != "notification"])
@pytest.mark.parametrize("make_report", [_many_nodes, _many_services])
def test_a_large_cluster_is_in_every_format(
    check: Callable[[Report], object], make_report: Callable[[], Report]
) -> None:
    check(make_report())
