"""The cells of a terminal report's matrix: what is known of a node, as a mark and a word."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text

from auditor.facts import HaState, Identity, NodeFacts, Origin, Role, RunState
from auditor.findings import Finding, Kind, SubjectKind, Verdict
from auditor.report.screen import printable
from auditor.report.wording import MARKS, STYLES

WIDTH = 12
"""Columns of a cell; longer words break where a reader would break them."""

_GRAVITY = (
    Verdict.DRIFT,
    Verdict.UNKNOWN,
    Verdict.EXPLAINED,
    Verdict.WAIVED,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""Of several verdicts on one cell the first of these counts."""

_DRIFT_WORDS = {
    Kind.MISPLACED: "misplaced",
    Kind.UNNEEDED: "unneeded",
    Kind.UNSTABLE: "unstable",
    Kind.NOT_ANSWERING: "no answer",
    Kind.PROFILE_CONFLICT: "conflict",
}
"""Where the state of the service does not say what is wrong with it."""

_IDENTITIES = {
    Identity.CERTIFICATE: (Verdict.PASS, "proven"),
    Identity.UNPROVEN: (Verdict.UNKNOWN, "unproven"),
    Identity.CONTRADICTED: (Verdict.DRIFT, "wrong node"),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A cluster's findings by what they are about, names in lower case."""

    by_service: dict[tuple[str, str], list[Finding]]
    by_group: dict[str, list[Finding]]
    by_node: dict[str, list[Finding]]


def by_subject(findings: Iterable[Finding]) -> Judged:
    """Return the findings on nodes and groups, ready to be looked up cell by cell."""
    judged = Judged({}, {}, {})
    for finding in findings:
        name = finding.subject.name.lower()
        if finding.subject.kind is SubjectKind.GROUP:
            judged.by_group.setdefault(name, []).append(finding)
        elif finding.subject.kind is SubjectKind.NODE:
            judged.by_node.setdefault(name, []).append(finding)
            if finding.service:
                judged.by_service.setdefault((name, finding.service), []).append(finding)
    return judged


def heads(nodes: Sequence[NodeFacts], judged: Judged) -> list[tuple[str, list[Text]]]:
    """Return the rows on the nodes themselves; their release only where they differ in it."""
    rows = [
        ("role", [_role(node) for node in nodes]),
        ("redundancy group", [_group(node, judged) for node in nodes]),
        ("HA state", [_ha(node, judged) for node in nodes]),
        ("identity", [_identity(node) for node in nodes]),
    ]
    if len({node.release for node in nodes}) > 1:
        rows.append(("release", [folded(node.release or "? unknown") for node in nodes]))
    return rows


def _marked(verdict: Verdict, word: str) -> Text:
    shown = word.upper() if verdict is Verdict.DRIFT else word
    return folded(f"{MARKS[verdict]} {shown}", STYLES[verdict])


def _role(node: NodeFacts) -> Text:
    return _marked(Verdict.UNKNOWN, "unknown") if node.role is Role.UNKNOWN else Text(node.role)


def _group(node: NodeFacts, judged: Judged) -> Text:
    if any(f.kind is Kind.NOT_GROUPED for f in judged.by_node.get(node.name.lower(), ())):
        return _marked(Verdict.DRIFT, "none")
    if node.redundancy_group is not None:
        return folded(node.redundancy_group)
    return Text("none") if node.group_known else _marked(Verdict.UNKNOWN, "unknown")


def _ha(node: NodeFacts, judged: Judged) -> Text:
    if node.ha_state is None:
        return Text("-") if node.planned else _marked(Verdict.UNKNOWN, "not read")
    word = str(node.ha_state.state).replace("_", " ")
    if node.ha_state.origin is not Origin.OBSERVED:
        word += " (inferred)"
    verdict = _worst(judged.by_group.get((node.redundancy_group or "").lower(), ()))
    if verdict is Verdict.DRIFT and node.ha_state.state is HaState.UNKNOWN:
        word = "abnormal"  # the pair is judged, so "unknown" in capitals would mislead
    return _marked(verdict, word)


def _identity(node: NodeFacts) -> Text:
    if node.planned:
        return Text("-")
    return _marked(*_IDENTITIES[node.identity])


def _worst(findings: Iterable[Finding]) -> Verdict:
    told = {finding.verdict for finding in findings}
    return next((verdict for verdict in _GRAVITY if verdict in told), Verdict.NOT_APPLICABLE)


def cell(node: NodeFacts, service: str, judged: Judged) -> Text:
    """Return the gravest verdict on a service as a mark, its state as a word; drift in capitals."""
    findings = judged.by_service.get((node.name.lower(), service), [])
    verdict = _worst(findings)
    word = _word(node, service)
    if verdict is Verdict.DRIFT:
        kinds = [f.kind for f in findings if f.verdict is Verdict.DRIFT and f.kind]
        return _marked(verdict, next((_DRIFT_WORDS[k] for k in kinds if k in _DRIFT_WORDS), word))
    if verdict is Verdict.UNKNOWN and word in (RunState.STARTING, RunState.STOPPING):
        return Text(f"… {word}", style=STYLES[verdict])
    return _marked(verdict, word)


def _word(node: NodeFacts, service: str) -> str:
    """Return the state of a service in one or two words."""
    if node.planned:
        return "planned"
    if not node.services:
        return "not read"
    state = node.services.get(service)
    if state is None:
        return "no row"
    if state.activated is False and state.state is RunState.STOPPED:
        return "off"
    return "running" if state.state is RunState.STARTED else str(state.state)


def folded(text: str, style: str = "") -> Text:
    """Return text broken where a reader would break a name: at capitals and signs."""
    lines = [""]
    for part in re.findall(r"\(?[^\W_]?[^A-Z\W_]+\)?|[A-Z]+(?![a-z])|.", printable(text)):
        if len(lines[-1]) + len(part) > WIDTH and lines[-1]:
            lines.append("")
        lines[-1] += part if lines[-1] or part != " " else ""
    return Text("\n".join(line.rstrip() for line in lines), style=style, overflow="fold")
