"""The cells of the matrix: what is known of a node or service, as a mark and a word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.facts import HaState, Identity, NodeFacts, Origin, Role, RunState
from auditor.findings import Finding, Kind, SubjectKind, Verdict
from auditor.recommendations.ha import tells_off
from auditor.report.wording import MARKS

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
class Cell:
    """One word of the matrix with its verdict and mark, neither where nothing is judged.

    `finding` is the one that decided the verdict.
    """

    word: str
    verdict: Verdict | None = None
    mark: str = ""
    finding: Finding | None = None

    @property
    def text(self) -> str:
        """Return mark and word; no reader needs a colour."""
        return f"{self.mark} {self.plain}" if self.mark else self.plain

    @property
    def plain(self) -> str:
        """Return the word alone, drift in capitals."""
        return self.word.upper() if self.verdict is Verdict.DRIFT else self.word


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


def heads(nodes: Sequence[NodeFacts], judged: Judged) -> list[tuple[str, list[Cell]]]:
    """Return the rows on the nodes themselves; their release only where they differ in it."""
    rows = [
        ("role", [_role(node) for node in nodes]),
        ("redundancy group", [_group(node, judged) for node in nodes]),
        ("HA state", [_ha(node, judged) for node in nodes]),
        ("identity", [_identity(node) for node in nodes]),
    ]
    if len({node.release for node in nodes}) > 1:
        rows.append(("release", [_release(node) for node in nodes]))
    return rows


def _marked(verdict: Verdict, word: str, finding: Finding | None = None) -> Cell:
    return Cell(word, verdict, MARKS[verdict], finding)


def _release(node: NodeFacts) -> Cell:
    return Cell(node.release) if node.release else Cell("unknown", mark=MARKS[Verdict.UNKNOWN])


def _role(node: NodeFacts) -> Cell:
    return _marked(Verdict.UNKNOWN, "unknown") if node.role is Role.UNKNOWN else Cell(node.role)


def _group(node: NodeFacts, judged: Judged) -> Cell:
    findings = judged.by_node.get(node.name.lower(), ())
    alone = next((f for f in findings if f.kind is Kind.NOT_GROUPED), None)
    if alone:
        return _marked(Verdict.DRIFT, "none", alone)
    if node.redundancy_group is not None:
        return Cell(node.redundancy_group)
    return Cell("none") if node.group_known else _marked(Verdict.UNKNOWN, "unknown")


def _ha(node: NodeFacts, judged: Judged) -> Cell:
    if node.ha_state is None:
        return Cell("-") if node.planned else _marked(Verdict.UNKNOWN, "not read")
    word = str(node.ha_state.state).replace("_", " ")
    if node.ha_state.origin is not Origin.OBSERVED:
        word += " (inferred)"
    verdict, finding = _worst(judged.by_group.get((node.redundancy_group or "").lower(), ()))
    unread = node.ha_state.state is HaState.UNKNOWN
    if finding and tells_off(finding.evidence) and (unread or verdict is Verdict.DRIFT):
        word = "HA off"
    elif verdict is Verdict.DRIFT and unread:
        word = "abnormal"  # the pair is judged, so "unknown" in capitals would mislead
    return _marked(verdict, word, finding)


def _identity(node: NodeFacts) -> Cell:
    if node.planned:
        return Cell("-")
    return _marked(*_IDENTITIES[node.identity])


def _worst(findings: Iterable[Finding]) -> tuple[Verdict, Finding | None]:
    told = {finding.verdict: finding for finding in reversed(tuple(findings))}
    verdict = next((verdict for verdict in _GRAVITY if verdict in told), Verdict.NOT_APPLICABLE)
    return verdict, told.get(verdict)


def cell(node: NodeFacts, service: str, judged: Judged) -> Cell:
    """Return the gravest verdict on a service, and its state as a word."""
    findings = judged.by_service.get((node.name.lower(), service), [])
    verdict, finding = _worst(findings)
    word = _word(node, service)
    if verdict is Verdict.DRIFT:
        kinds = [f.kind for f in findings if f.verdict is Verdict.DRIFT and f.kind]
        word = next((_DRIFT_WORDS[k] for k in kinds if k in _DRIFT_WORDS), word)
    if verdict is Verdict.UNKNOWN and word in (RunState.STARTING, RunState.STOPPING):
        return Cell(word, verdict, "…", finding)
    return _marked(verdict, word, finding)


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
