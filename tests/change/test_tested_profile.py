"""A profile that is tested before it is true: what it asks for, and what lasts until it is."""

from dataclasses import replace

from auditor.change.decision import Decision, PrecheckResult, PrecheckTopic
from auditor.change.diff.model import ExpectedSetting
from auditor.change.precheck import decide_change
from auditor.change.what_if import RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity
from auditor.service_names import (
    DIRECTORY_SERVICE,
    MESSAGE_ARCHIVER,
    SERVICEABILITY_REPORTER,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
)
from tests import factories as make
from tests.change.window import HEALTHY, PUBLISHER, ROWS, SUBSCRIBER, answers, without


def judged(
    facts: ClusterFacts,
    *changes: RequestedChange,
    fail_on: Severity = Severity.LOW,
    **filed: bool | str,
) -> Decision:
    """Decide on changes where the file declares something else than what is tested."""
    file = replace(facts, settings={**facts.settings, **make.settings(**filed)})
    return decide_change(facts, changes, ROWS, fail_on=fail_on, confirmed=True, filed=file)


def test_a_feature_asks_for_its_service_on_every_node() -> None:
    """What is not done elsewhere would differ as soon as the profile is true."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    here = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True)
    there = RequestedChange(PUBLISHER, WEB_CONNECTION_MANAGER, activate=True)
    alone = judged(facts, here, web_clients=False)
    (point,) = [p for p in alone.points if p.topic is PrecheckTopic.FEATURE]
    assert (point.answer, point.about) == (PrecheckResult.NO_GO, PUBLISHER)
    assert point.text.startswith("With web_clients = true, WEB-01: ")
    assert "--on" in point.remedy
    both = judged(facts, here, there, web_clients=False)
    assert answers(both, PrecheckTopic.FEATURE) == []
    assert both.answer is PrecheckResult.GO


def test_a_feature_that_was_true_asks_for_nothing_new() -> None:
    """What differed before is a note of the group, as ever."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    decision = judged(
        facts, RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True), web_clients=True
    )
    assert answers(decision, PrecheckTopic.FEATURE) == []
    assert decision.features == ()


def test_what_a_feature_asks_of_a_node_that_was_not_read_cannot_be_told() -> None:
    """The service may run there, or not."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, services={}) if n.name == PUBLISHER else n for n in facts.nodes)
    decision = judged(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
        web_clients=False,
    )
    assert answers(decision, PrecheckTopic.FEATURE) == [PrecheckResult.CANNOT_TELL]


def test_what_a_feature_asks_for_below_the_threshold_is_a_note() -> None:
    """As with everything else that differs."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    change = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True)
    decision = judged(facts, change, fail_on=Severity.CRITICAL, web_clients=False)
    assert answers(decision, PrecheckTopic.FEATURE) == [PrecheckResult.NOTE]


def test_what_differs_until_the_profile_follows_is_foreseen() -> None:
    """With the tested profile it would not differ; what would anyway is not temporary."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    changes = [
        RequestedChange(n, WEB_CONNECTION_MANAGER, activate=True) for n in (PUBLISHER, SUBSCRIBER)
    ]
    decision = judged(facts, *changes, web_clients=False)
    (temporary,) = decision.temporary
    assert (temporary.verdict, temporary.kind) == ("drift", "profile_conflict")
    assert decision.features == (ExpectedSetting("web_clients", "false", "true"),)
    assert judged(facts, *changes, web_clients=True).temporary == ()
    wrong = RequestedChange(SUBSCRIBER, SERVICEABILITY_REPORTER, activate=True)
    assert judged(facts, *changes, wrong, web_clients=False).temporary == (temporary,)


def test_a_feature_that_the_cluster_does_not_show_is_to_be_configured_first() -> None:
    """Its services would come up without it."""
    shown = make.setting(False, "discovered")
    told = {**HEALTHY.settings, "permanent_chat": (make.setting(True), shown)}
    facts = without(replace(HEALTHY, settings=told), SUBSCRIBER, TEXT_CONFERENCE_MANAGER)
    file = replace(facts, settings={**told, "permanent_chat": (make.setting(False), shown)})
    change = RequestedChange(SUBSCRIBER, TEXT_CONFERENCE_MANAGER, activate=True)
    decision = decide_change(
        facts, [change], ROWS, fail_on=Severity.LOW, confirmed=True, filed=file
    )
    (point,) = [p for p in decision.points if p.topic is PrecheckTopic.FEATURE]
    assert (point.answer, point.about) == (PrecheckResult.NO_GO, "deployment.permanent_chat")
    assert point.remedy.startswith("Configure it so in the administration of the cluster first")


def test_what_a_feature_needs_where_it_comes_is_told_once() -> None:
    """As a prerequisite of the change, with its evidence."""
    told = {**HEALTHY.settings, **make.settings(third_party_ldap_search_configured=False)}
    facts = replace(HEALTHY, settings=told)
    for node in (PUBLISHER, SUBSCRIBER):
        facts = without(facts, node, DIRECTORY_SERVICE)
    changes = [
        RequestedChange(node, DIRECTORY_SERVICE, activate=True) for node in (PUBLISHER, SUBSCRIBER)
    ]
    decision = judged(facts, *changes, third_party_ldap_search=False)
    assert answers(decision, PrecheckTopic.PREREQUISITE).count(PrecheckResult.NO_GO) == 2
    assert answers(decision, PrecheckTopic.FEATURE) == []


def test_what_a_feature_lacks_besides_its_service_has_its_own_remedy() -> None:
    """Naming one more node adds no database."""
    facts = without(replace(HEALTHY, databases=()), SUBSCRIBER, MESSAGE_ARCHIVER)
    here = RequestedChange(SUBSCRIBER, MESSAGE_ARCHIVER, activate=True)
    decision = judged(facts, here, compliance=False)
    besides = [p for p in decision.points if p.topic is PrecheckTopic.FEATURE]
    remedies = [p.remedy for p in besides if "ARC-02: " in p.text and p.about == PUBLISHER]
    assert remedies
    assert not any("--on" in remedy for remedy in remedies)
