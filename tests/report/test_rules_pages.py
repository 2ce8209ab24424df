"""What `auditor rules` and `auditor explain` print."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.findings import FindingKind, Severity, SubjectKind
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.recommendations.packs import (
    Citation,
    FeatureServices,
    Recommendation,
    Releases,
    Remedy,
    load_packs,
)
from auditor.recommendations.vocabulary import (
    Condition,
    Expectation,
    JudgingMode,
    NodeScope,
)
from auditor.report.terminal_rules import (
    CONDITION_TEXTS,
    EXPECTATION_TEXTS,
    PACK_TEXTS,
    SCOPE_TEXTS,
    SUBJECT_TEXTS,
    render_rule,
    render_rule_list,
)
from auditor.service_names import SIP_PROXY_SERVICE, TEXT_CONFERENCE_MANAGER
from tests.report.samples import HOSTILE

GOLDEN = Path(__file__).parent / "golden"

PLAIN = Recommendation(
    id="SIP-01",
    pack="table",
    title="Cisco SIP Proxy runs on all nodes",
    service=SIP_PROXY_SERVICE,
    subject=SubjectKind.NODE,
    applies=Condition.ALWAYS,
    on=NodeScope.ALL,
    expects=Expectation.RUNNING,
    severity=Severity.CRITICAL,
    consequence="Calls and presence through this node stop.",
    source=Citation(
        document="The guide",
        section="Its chapter",
        url="https://docs.example.test/guide",
        releases="12.5 to 15",
    ),
    remedy={
        FindingKind.STOPPED: Remedy(
            page="Tools > Control Center", action="start it", cli="utils service start X"
        ),
        FindingKind.NOT_ACTIVATED: Remedy(
            page="Tools > Service Activation", action="tick it and save"
        ),
    },
)
RICH = PLAIN.model_copy(
    update={
        "id": "XMPPFED-03",
        "pack": "guides",
        "title": "XMPP federation is turned on in the administration of the node",
        "applies": Condition.XMPP_FEDERATION,
        "on": NodeScope.XMPP_FEDERATION_NODES,
        "expects": Expectation.XMPP_FEDERATION_ON,
        "or_activated": True,
        "unless": Condition.EXPRESSWAY,
        "network": True,
        "routing_nodes": False,
        "releases": Releases(start="11.0", below="15.0"),
        "severity_when": {Condition.EXPRESSWAY: Severity.HIGH},
        "watches": (FeatureServices(key="chat", services=(TEXT_CONFERENCE_MANAGER,)),),
        "source": PLAIN.source.model_copy(
            update={"url": "https://docs.example.test/" + "long/" * 30}
        ),
    }
)
CAUTION = PLAIN.model_copy(
    update={
        "id": "CAU-01",
        "title": "The configuration of a feature is finished first",
        "service": None,
        "subject": SubjectKind.CLUSTER,
        "expects": Expectation.CONFIRMED,
        "mode": JudgingMode.PRECHECK,
        "remedy": {},
    }
)


def test_the_whole_list(compare_golden: Callable[[Path, str], None]) -> None:
    text = render_rule_list((CAUTION, PLAIN, RICH), width=80, colour=False)
    compare_golden(GOLDEN / "rules.txt", text)


@pytest.mark.parametrize("row", [PLAIN, RICH, CAUTION], ids=lambda row: row.id)
def test_one_whole_recommendation(
    row: Recommendation, compare_golden: Callable[[Path, str], None]
) -> None:
    text = render_rule(row, width=80, colour=False)
    compare_golden(GOLDEN / f"explain-{row.id}.txt", text)


def test_an_address_is_not_wrapped() -> None:
    assert RICH.source.url in render_rule(RICH, width=60, colour=False).splitlines()


def test_every_built_in_recommendation_is_listed_and_explained() -> None:
    rows = load_packs()
    page = render_rule_list(rows, width=100, colour=False)
    for row in rows:
        assert f"\n{row.id} " in page
        text = " ".join(render_rule(row, width=100, colour=False).split())
        assert row.consequence in text
        assert row.source.url in text
        assert all(remedy.cli in text for remedy in row.remedy.values())


def test_every_word_of_a_pack_is_explained() -> None:
    assert set(SCOPE_TEXTS) == set(NodeScope)
    assert set(EXPECTATION_TEXTS) == set(Expectation)
    assert set(CONDITION_TEXTS) == set(Condition) - {Condition(k) for k in keys()}
    assert set(SUBJECT_TEXTS) == set(SubjectKind) - {SubjectKind.NODE}
    assert set(PACK_TEXTS) == set(BUILT_IN_PACKS)


def keys() -> set[str]:
    """Return the conditions that are keys of the profile."""
    return set(DEPLOYMENT_KEYS) & {str(condition) for condition in Condition}


def test_a_custom_pack_is_named_and_made_printable() -> None:
    own = PLAIN.model_copy(update={"pack": HOSTILE, "title": HOSTILE, "consequence": HOSTILE})
    page = render_rule_list((own,), width=80, colour=False)
    page += render_rule(own, width=80, colour=False)
    assert "\x1b" not in page
    assert "[red]b[/red]" in page


def test_colour_is_only_used_if_asked_for() -> None:
    assert "\x1b[" in render_rule_list((PLAIN,), width=80, colour=True)
    assert "\x1b" not in render_rule(PLAIN, width=80, colour=False)
