"""The matrix of a terminal report: nodes across, services down, a mark and a word in each cell."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from auditor import names
from auditor.facts import Identity, NodeFacts, Origin, Role, RunState, ServiceState
from auditor.findings import ClusterReport, Finding, Kind, SubjectKind, Verdict
from auditor.report.screen import plain, printable
from auditor.report.wording import MARKS, STYLES

_NODE_COLUMN = 12
_SERVICE_COLUMN = 24
_GAP = 2
_MAKER = "Cisco "

_SECTIONS = (
    ("Administration", (names.AXL, names.BULK_PROVISIONING, names.REPORTER)),
    (
        "Presence and sync",
        (
            names.SIP_PROXY,
            names.PRESENCE_ENGINE,
            names.SYNC_AGENT,
            names.ROUTER,
            names.INTERCLUSTER_SYNC,
        ),
    ),
    (
        "Clients and chat",
        (
            names.CONNECTION,
            names.AUTHENTICATION,
            names.WEB_CONNECTION,
            names.DIRECTORY,
            names.TEXT_CONFERENCE,
        ),
    ),
    ("Federation", (names.SIP_FEDERATION, names.XMPP_FEDERATION)),
    ("Compliance and files", (names.MESSAGE_ARCHIVER, names.FILE_TRANSFER)),
)

_GRAVITY = (
    Verdict.DRIFT,
    Verdict.UNKNOWN,
    Verdict.EXPLAINED,
    Verdict.WAIVED,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)

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
class _Judged:
    """A cluster's findings by what they are about, names in lower case."""

    by_service: dict[tuple[str, str], list[Finding]]
    by_group: dict[str, list[Finding]]
    by_node: dict[str, list[Finding]]


def tables(cluster: ClusterReport, width: int) -> list[Table]:
    """Return one table, or several where the nodes do not fit side by side.

    The two nodes of a redundancy group stay together.
    """
    judged = _sort(cluster.findings)
    label = _labels([node.name for node in cluster.nodes])
    sections = _sections(cluster)
    across = max(1, (width - _SERVICE_COLUMN) // (_NODE_COLUMN + _GAP))
    chunks = _chunks(cluster.nodes, across)
    return [_table(chunk, label, sections, judged, width) for chunk in chunks]


def domain(cluster: ClusterReport) -> str | None:
    """Return the domain that the column heads leave out, None if they show names in full."""
    every = [node.name for node in cluster.nodes]
    label = _labels(every)
    return every[0].partition(".")[2] if every and label[every[0]] != every[0] else None


def _labels(every: Sequence[str]) -> dict[str, str]:
    """Return the column head of each node: its host name if all nodes share one domain."""
    domains = {name.partition(".")[2].lower() for name in every}
    if len(domains) == 1 and not any(name.rpartition(".")[2].isdigit() for name in every):
        return {name: name.partition(".")[0] for name in every}
    return {name: name for name in every}


def _chunks(nodes: Iterable[NodeFacts], across: int) -> list[list[NodeFacts]]:
    """Fill tables with whole groups, publisher's group and publisher first."""
    groups: dict[str, list[NodeFacts]] = {}
    for node in sorted(nodes, key=lambda n: (n.role is not Role.PUBLISHER, n.name.lower())):
        groups.setdefault(node.redundancy_group or "", []).append(node)
    alone = groups.pop("", [])
    chunks: list[list[NodeFacts]] = [[]]
    for members in [*groups.values(), *([node] for node in alone)]:
        if len(chunks[-1]) + len(members) > across and chunks[-1]:
            chunks.append([])
        for node in members:
            if len(chunks[-1]) == across:
                chunks.append([])
            chunks[-1].append(node)
    return [chunk for chunk in chunks if chunk]


def _sort(findings: Iterable[Finding]) -> _Judged:
    judged = _Judged({}, {}, {})
    for finding in findings:
        name = finding.subject.name.lower()
        if finding.subject.kind is SubjectKind.GROUP:
            judged.by_group.setdefault(name, []).append(finding)
        elif finding.subject.kind is SubjectKind.NODE:
            judged.by_node.setdefault(name, []).append(finding)
            if finding.service:
                judged.by_service.setdefault((name, finding.service), []).append(finding)
    return judged


def _sections(cluster: ClusterReport) -> list[tuple[str, tuple[str, ...]]]:
    """Return the services to show: those that are judged, and others that do not run."""
    if not any(node.services for node in cluster.nodes):
        return []
    shown = {
        f.service
        for f in cluster.findings
        if f.service
        and (
            f.verdict is not Verdict.NOT_APPLICABLE
            or any(f.service in node.services for node in cluster.nodes)
        )
    }
    placed = {service for _, services in _SECTIONS for service in services}
    others = {
        service.name
        for node in cluster.nodes
        for service in node.services.values()
        if service.name not in shown and _is_down(service)
    }
    sections = [(title, tuple(s for s in services if s in shown)) for title, services in _SECTIONS]
    sections.append(("Judged besides", tuple(sorted(shown - placed))))
    sections.append(("Others not running", tuple(sorted(others))))
    return [(title, services) for title, services in sections if services]


def _is_down(service: ServiceState) -> bool:
    """Tell whether a service that nobody judges is worth a line: it should run and does not."""
    return service.activated is not False and service.state is not RunState.STARTED


def _table(
    nodes: Sequence[NodeFacts],
    label: Mapping[str, str],
    sections: Sequence[tuple[str, tuple[str, ...]]],
    judged: _Judged,
    width: int,
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    room = width - len(nodes) * (_NODE_COLUMN + _GAP)
    table.add_column("", width=max(_SERVICE_COLUMN, min(room, _longest(sections))))
    for node in nodes:
        table.add_column(_folded(label[node.name], "bold"), width=_NODE_COLUMN)
    for title, cells in _heads(nodes, judged):
        table.add_row(title, *cells)
    for title, services in sections:
        table.add_row(Text(f"─ {title}", style="bold"))
        for service in services:
            cells = [_cell(node, service, judged) for node in nodes]
            table.add_row(plain(service.removeprefix(_MAKER)), *cells)
    return table


def _longest(sections: Iterable[tuple[str, tuple[str, ...]]]) -> int:
    """Return the width that shows every service on one line."""
    return max(
        (len(printable(s.removeprefix(_MAKER))) for _, services in sections for s in services),
        default=_SERVICE_COLUMN,
    )


def _heads(nodes: Sequence[NodeFacts], judged: _Judged) -> list[tuple[str, list[Text]]]:
    rows = [
        ("role", [_role(node) for node in nodes]),
        ("redundancy group", [_group(node, judged) for node in nodes]),
        ("HA state", [_ha(node, judged) for node in nodes]),
        ("identity", [_identity(node) for node in nodes]),
    ]
    if len({node.release for node in nodes}) > 1:
        rows.append(("release", [_folded(node.release or "? unknown") for node in nodes]))
    return rows


def _marked(verdict: Verdict, word: str) -> Text:
    shown = word.upper() if verdict is Verdict.DRIFT else word
    return _folded(f"{MARKS[verdict]} {shown}", STYLES[verdict])


def _role(node: NodeFacts) -> Text:
    return _marked(Verdict.UNKNOWN, "unknown") if node.role is Role.UNKNOWN else Text(node.role)


def _group(node: NodeFacts, judged: _Judged) -> Text:
    if any(f.kind is Kind.NOT_GROUPED for f in judged.by_node.get(node.name.lower(), ())):
        return _marked(Verdict.DRIFT, "none")
    if node.redundancy_group is not None:
        return _folded(node.redundancy_group)
    return Text("none") if node.group_known else _marked(Verdict.UNKNOWN, "unknown")


def _ha(node: NodeFacts, judged: _Judged) -> Text:
    if node.ha_state is None:
        return Text("-") if node.planned else _marked(Verdict.UNKNOWN, "not read")
    word = str(node.ha_state.state).replace("_", " ")
    if node.ha_state.origin is not Origin.OBSERVED:
        word += " (inferred)"
    about = judged.by_group.get((node.redundancy_group or "").lower(), ())
    return _marked(_worst(about), word)


def _identity(node: NodeFacts) -> Text:
    if node.planned:
        return Text("-")
    return _marked(*_IDENTITIES[node.identity])


def _worst(findings: Iterable[Finding]) -> Verdict:
    told = {finding.verdict for finding in findings}
    return next((verdict for verdict in _GRAVITY if verdict in told), Verdict.NOT_APPLICABLE)


def _cell(node: NodeFacts, service: str, judged: _Judged) -> Text:
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


def _folded(text: str, style: str = "") -> Text:
    """Return text broken where a reader would break a name: at capitals and signs."""
    lines = [""]
    for part in re.findall(r"[^\W_]?[^A-Z\W_]+|[A-Z]+(?![a-z])|.", printable(text)):
        if len(lines[-1]) + len(part) > _NODE_COLUMN and lines[-1]:
            lines.append("")
        lines[-1] += part if lines[-1] or part != " " else ""
    return Text("\n".join(line.rstrip() for line in lines), style=style, overflow="fold")
