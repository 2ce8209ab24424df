"""What holds of the engine's findings whatever the facts are."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditor.models.coverage import Source
from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import Finding, SubjectKind, Verdict, finding_sort_key
from auditor.models.nodes import (
    AxlAvailability,
    AxlProbe,
    HaReading,
    HaState,
    Identity,
    NodeFacts,
    Role,
    RunState,
    ServiceState,
)
from auditor.models.settings import Reach, Setting
from auditor.recommendations.consulted import ConsultedSettings
from auditor.recommendations.discovered import drop_discovered_facts
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from auditor.recommendations.profile import profile_keys
from auditor.recommendations.vocabulary import Expectation, JudgingMode
from auditor.report.sentences import render_sentence
from auditor.service_names import is_deployable_service
from tests.factories import CERTIFICATE_END, cluster, database, gap

ROWS = load_packs()
CALM = settings(deadline=None, max_examples=50)
AUDITED = [row for row in ROWS if row.mode is JudgingMode.AUDIT]
BY_ID = {row.id: row for row in ROWS}
SERVICES = sorted({row.service for row in ROWS if row.service})
UPTIME = 48_151
STARTED_AT = "Sun Jan  4 16:23:42 2026"
NAMES = ("imp1", "imp2", "imp3")
GROUPS = ("first", "second")
PLACES = st.lists(st.sampled_from((*NAMES, *GROUPS, "strange")), max_size=3)

OPTIONAL_LISTS = {"routing_nodes", "intercluster_synced_from"}
"""Keys that mean an empty list if they are left out."""


def _variants(name: str) -> list[ServiceState | None]:
    """Return what the collector can make of a service's row, None for no row at all."""
    can = is_deployable_service(name)
    on = True if can else None
    base = ServiceState(name, can, None, RunState.UNKNOWN)
    up = replace(base, state=RunState.STARTED, activated=on, started_at=STARTED_AT)
    down = replace(base, state=RunState.STOPPED, reason_code=-1069, reason="Commanded Out")
    return [
        None,
        base,
        replace(base, note="Control Center gave no status for it."),
        up,
        replace(up, uptime_s=UPTIME),
        *(replace(up, uptime_s=30, restarted=looked) for looked in (None, True, False)),
        replace(base, state=RunState.STARTING, activated=on),
        replace(base, state=RunState.STOPPING, activated=on),
        replace(down, activated=on),
        replace(down, note="CUCM AXL says otherwise: activated."),
        *([replace(down, activated=False, reason_code=-1068)] if can else []),
    ]


VARIANTS = {name: st.sampled_from(_variants(name)) for name in SERVICES}


@st.composite
def nodes(draw: st.DrawFn, name: str, release: str) -> NodeFacts:
    """Draw a node; it may be planned, silent, contradicted or in no group."""
    is_known = draw(st.booleans())
    rows = draw(st.fixed_dictionaries(VARIANTS)) if draw(st.integers(0, 9)) else {}
    reading = st.builds(HaReading, st.sampled_from(HaState), origins(), st.just("PerfMon"))
    probe = st.builds(AxlProbe, st.sampled_from(AxlAvailability), st.just("It was asked."))
    return NodeFacts(
        name=name,
        address=f"{name}:8443",
        role=draw(st.sampled_from(Role)),
        redundancy_group=draw(st.sampled_from([*GROUPS, None])) if is_known else None,
        group_known=is_known,
        planned=draw(st.integers(0, 9)) == 0,
        identity=draw(st.sampled_from([Identity.CERTIFICATE] * 8 + [Identity.CONTRADICTED])),
        release=draw(st.sampled_from([None, release])),
        ha_state=draw(st.none() | reading),
        services={name: state for name, state in rows.items() if state},
        axl=draw(st.none() | probe),
        certificate_not_after=draw(
            st.sampled_from([None, "2026-03-09T02:00:00Z", CERTIFICATE_END])
        ),
    )


def origins() -> st.SearchStrategy[Origin]:
    """Draw an origin that a reading can have."""
    return st.sampled_from([Origin.OBSERVED, Origin.DISCOVERED])


@st.composite
def tellings(draw: st.DrawFn) -> tuple[Setting, ...]:
    """Draw one to three tellings of a key."""
    values = []
    for origin in draw(st.lists(st.sampled_from(Origin), min_size=1, max_size=3, unique=True)):
        named = draw(st.none() | st.frozensets(st.sampled_from(NAMES)))
        on = draw(st.booleans()) if named is None else bool(named)
        through = on and named is None and not draw(st.integers(0, 5))
        values.append(Setting(on, origin, "somewhere", named, through))
    return tuple(values)


@st.composite
def clusters(draw: st.DrawFn) -> ClusterFacts:
    """Draw a cluster of up to three nodes of one release, in any state of knowledge."""
    release = draw(st.sampled_from(["9.1.1", "10.5.2.1-1", "14.0.1", "nonsense"]))
    placed = tuple(draw(nodes(name, release)) for name in NAMES[: draw(st.integers(0, 3))])
    members = {g: tuple(n.name for n in placed if n.redundancy_group == g) for g in GROUPS}
    groups = tuple(
        Group(g, m, draw(st.sampled_from([True, False, None])), draw(st.sampled_from(Origin)))
        for g, m in members.items()
        if m
    )
    keys = draw(st.sets(st.sampled_from(DEPLOYMENT_KEYS)))
    uses = ("permanent_chat", "compliance", "managed_file_transfer")
    stores = [
        database(
            use,
            draw(st.sampled_from(Reach)),
            draw(st.none() | st.frozensets(st.sampled_from(NAMES))),
            origin=draw(st.sampled_from([Origin.DECLARED, Origin.DISCOVERED])),
            name=f"db{number}",
        )
        for number, use in enumerate(draw(st.lists(st.sampled_from(uses), max_size=4)))
    ]
    return cluster(
        *placed,
        profile={key: draw(tellings()) for key in sorted(keys)},
        stores=stores,
        groups=groups,
        gaps=[gap(n.name, draw(st.sampled_from(Source))) for n in placed if not n.services],
        nodes=placed,
        groups_known=draw(st.booleans()),
        topology_observed=draw(st.booleans()),
        high_availability=draw(st.sampled_from([None, True, False, frozenset({"FIRST"})])),
        named={"addresses": tuple(draw(PLACES)), "high_availability": tuple(draw(PLACES))},
    )


def _subjects(facts: ClusterFacts, kind: SubjectKind) -> list[str]:
    return {
        SubjectKind.NODE: [n.name for n in facts.nodes],
        SubjectKind.GROUP: [g.name for g in facts.groups],
        SubjectKind.KEY: list(profile_keys(facts)),
        SubjectKind.CLUSTER: [facts.name],
    }[kind]


@CALM
@given(clusters())
def test_every_row_has_exactly_one_finding_for_every_subject(facts: ClusterFacts) -> None:
    findings = judge_facts(ROWS, facts)
    expected = Counter((r.id, s) for r in AUDITED for s in _subjects(facts, r.subject))

    assert Counter((f.recommendation, f.subject.name) for f in findings) == expected
    assert list(findings) == sorted(findings, key=finding_sort_key)


@CALM
@given(clusters())
def test_every_finding_says_what_a_reader_needs(facts: ClusterFacts) -> None:
    for f in judge_facts(ROWS, facts):
        assert render_sentence(f.expected).endswith(".")
        assert render_sentence(f.observed).endswith(".")
        assert render_sentence(f.because).endswith(".")
        assert ".." not in render_sentence(f.because)
        settled = f.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED)
        assert bool(f.remedy) is not settled
        assert bool(f.consequence) is (f.verdict is Verdict.DRIFT)
        assert (f.kind is not None) is (f.verdict in (Verdict.DRIFT, Verdict.EXPLAINED))
        for word in (
            *(render_sentence(s) for s in (f.expected, f.observed, f.because, *f.remedy)),
            *(render_sentence(e.statement) for e in f.evidence),
        ):
            assert not re.search(rf"{UPTIME}|{re.escape(STARTED_AT)}|None", word)


@CALM
@given(clusters())
def test_a_service_in_an_unknown_state_never_passes_as_running(facts: ClusterFacts) -> None:
    states = {
        (n.name, s): n.services[s].state if s in n.services else RunState.UNKNOWN
        for n in facts.nodes
        for s in SERVICES
    }
    for f in judge_facts(ROWS, facts):
        if BY_ID[f.recommendation].expects is Expectation.RUNNING and f.verdict is Verdict.PASS:
            assert states[f.subject.name, f.service or ""] is RunState.STARTED


@CALM
@given(clusters())
def test_what_was_only_discovered_makes_nothing_compliant(facts: ClusterFacts) -> None:
    certain = _verdicts(judge_facts(ROWS, drop_discovered_facts(facts)))
    for key, verdict in _verdicts(judge_facts(ROWS, facts)).items():
        if verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE) and key[0] != "PROFILE-01":
            assert certain[key] is verdict


@CALM
@given(clusters())
def test_to_judge_once_where_nothing_discovered_was_looked_up_changes_nothing(
    facts: ClusterFacts,
) -> None:
    only_settings = replace(drop_discovered_facts(facts), settings=facts.settings)
    with pytest.MonkeyPatch.context() as twice:
        twice.setattr(ConsultedSettings, "has_consulted", lambda *_: True)
        expected = judge_facts(ROWS, only_settings)
    assert judge_facts(ROWS, only_settings) == expected


def _verdicts(findings: tuple[Finding, ...]) -> dict[tuple[str, str], Verdict]:
    return {(f.recommendation, f.subject.name): f.verdict for f in findings}


Forget = Callable[[NodeFacts, str], NodeFacts]


def _without(node: NodeFacts, name: str, **changes: Any) -> NodeFacts:
    if name not in node.services:
        return node
    state = replace(node.services[name], **changes)
    return replace(node, services={**node.services, name: state})


def _once(node: NodeFacts, name: str) -> NodeFacts:
    """Forget a second look that saw no restart; a restart that was seen is no gap but a fault."""
    service = node.services.get(name)
    return _without(node, name, restarted=None) if service and service.restarted is False else node


IN_A_NODE: dict[str, Forget] = {
    "its services": lambda n, _: replace(n, services={}),
    "a row": lambda n, s: replace(n, services={k: v for k, v in n.services.items() if k != s}),
    "a state": lambda n, s: _without(n, s, state=RunState.UNKNOWN, activated=None),
    "an activation": lambda n, s: _without(n, s, activated=None),
    "an uptime": lambda n, s: _without(n, s, uptime_s=None),
    "a calm second look": lambda n, s: _once(n, s),
    "its role": lambda n, _: replace(n, role=Role.UNKNOWN),
    "its group": lambda n, _: replace(n, redundancy_group=None, group_known=False),
    "its release": lambda n, _: replace(n, release=None),
    "its HA state": lambda n, _: replace(n, ha_state=None),
    "its AXL": lambda n, _: replace(n, axl=None),
}


@st.composite
def forgettings(draw: st.DrawFn) -> tuple[ClusterFacts, ClusterFacts]:
    """Draw facts, and the same with one known thing made unknown."""
    facts = draw(clusters())
    ways = sorted({"a key", "the topology", "the groups", "a test", "the switch", "the wish"})
    way = draw(st.sampled_from([*ways, *sorted(IN_A_NODE)]))
    match way:
        case "a key":
            keys = sorted(facts.settings.keys() - OPTIONAL_LISTS)
            assume(keys)
            key = draw(st.sampled_from(keys))
            kept = {k: v for k, v in facts.settings.items() if k != key}
            return facts, replace(facts, settings=kept)
        case "the topology":
            return facts, replace(facts, topology_observed=False)
        case "the groups":
            lost = tuple(IN_A_NODE["its group"](n, "") for n in facts.nodes)
            return facts, replace(facts, groups_known=False, nodes=lost)
        case "a test":
            tests = tuple(replace(d, reach=Reach.UNKNOWN) for d in facts.databases)
            return facts, replace(facts, databases=tests)
        case "the switch":
            off = tuple(replace(g, ha_enabled=None) for g in facts.groups)
            return facts, replace(facts, groups=off)
        case "the wish":
            return facts, replace(facts, high_availability=None)
    assume(facts.nodes)
    name, where = draw(st.sampled_from(SERVICES)), draw(st.sampled_from(facts.nodes))
    changed = tuple(IN_A_NODE[way](n, name) if n == where else n for n in facts.nodes)
    return facts, replace(facts, nodes=changed)


def _is_listed(facts: ClusterFacts, node: str, service: str | None) -> bool:
    return any(n.name == node and service in n.services for n in facts.nodes)


@CALM
@given(forgettings())
def test_knowing_less_never_makes_anything_compliant(
    pair: tuple[ClusterFacts, ClusterFacts],
) -> None:
    before, after = (_verdicts(judge_facts(ROWS, facts)) for facts in pair)
    high_availability = pair[1].high_availability

    for key, verdict in after.items():
        # DIR-02 asks nothing of a service that runs without its feature, as long as that is known.
        is_left_out = key[0] == "DIR-02" and before[key] is Verdict.NOT_APPLICABLE
        if verdict is Verdict.PASS and not is_left_out:
            assert before[key] is Verdict.PASS, key
        if key[0] == "HA-01" and high_availability is not None and high_availability is not True:
            # That it is declared off holds until something is seen of it that says otherwise.
            continue
        # A service in neither list is none that was forgotten: the node does not have it.
        if BY_ID[key[0]].if_listed and not _is_listed(pair[1], key[1], BY_ID[key[0]].service):
            continue
        if verdict is Verdict.NOT_APPLICABLE and not key[0].startswith("PROFILE"):
            assert before[key] is Verdict.NOT_APPLICABLE, key


@CALM
@given(clusters())
def test_the_same_facts_give_the_same_findings(facts: ClusterFacts) -> None:
    assert judge_facts(ROWS, facts) == judge_facts(ROWS, replace(facts))
