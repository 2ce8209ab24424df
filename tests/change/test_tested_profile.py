"""A profile that is tested before it is true: what it needs, and what differs until then."""

from dataclasses import replace

from auditor.change.change_check import CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_remedy, check_text
from auditor.change.decision import Decision
from auditor.change.diff.expected import ExpectedSetting
from auditor.change.precheck import decide_change
from auditor.change.what_if import ChangeAction, RequestedChange
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
from tests.change.window import HEALTHY, PUBLISHER, ROWS, SUBSCRIBER, results, without


def decide_with_file(
    facts: ClusterFacts,
    *changes: RequestedChange,
    fail_on: Severity = Severity.LOW,
    **filed: bool | str,
) -> Decision:
    """Decide on changes where the file declares something else than what is tested."""
    file = replace(facts, settings={**facts.settings, **make.settings(**filed)})
    return decide_change(facts, changes, ROWS, fail_on=fail_on, is_confirmed=True, filed=file)


def test_a_feature_needs_its_service_on_every_node() -> None:
    """A node without it would be drift as soon as the profile is true."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    here = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
    there = RequestedChange(PUBLISHER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
    alone = decide_with_file(facts, here, web_clients=False)
    (check,) = [check for check in alone.checks if check.topic is PrecheckTopic.FEATURE]
    assert (check.result, check.about) == (PrecheckResult.NO_GO, PUBLISHER)
    assert check_text(check).startswith("With web_clients = true, WEB-01: ")
    assert "--on" in check_remedy(check)
    both = decide_with_file(facts, here, there, web_clients=False)
    assert results(both, PrecheckTopic.FEATURE) == []
    assert both.result is PrecheckResult.GO


def test_a_feature_that_was_true_needs_nothing_new() -> None:
    """Drift that was there before is a note of the group."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    decision = decide_with_file(
        facts,
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
        web_clients=True,
    )
    assert results(decision, PrecheckTopic.FEATURE) == []
    assert decision.features == ()


def test_a_feature_on_an_unread_node_is_undecided() -> None:
    """The service may run there, or not."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, services={}) if n.name == PUBLISHER else n for n in facts.nodes)
    decision = decide_with_file(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
        web_clients=False,
    )
    assert results(decision, PrecheckTopic.FEATURE) == [PrecheckResult.UNDECIDED]


def test_a_feature_finding_below_the_threshold_is_a_note() -> None:
    """As with any other drift."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    change = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
    decision = decide_with_file(facts, change, fail_on=Severity.CRITICAL, web_clients=False)
    assert results(decision, PrecheckTopic.FEATURE) == [PrecheckResult.NOTE]


def test_what_differs_until_the_profile_follows_is_foreseen() -> None:
    """With the tested profile they pass; drift that stays is not temporary."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    facts = without(facts, PUBLISHER, WEB_CONNECTION_MANAGER)
    changes = [
        RequestedChange(n, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
        for n in (PUBLISHER, SUBSCRIBER)
    ]
    decision = decide_with_file(facts, *changes, web_clients=False)
    (temporary,) = decision.temporary
    assert (temporary.verdict, temporary.kind) == ("drift", "profile_conflict")
    assert decision.features == (ExpectedSetting("web_clients", "false", "true"),)
    assert decide_with_file(facts, *changes, web_clients=True).temporary == ()
    wrong = RequestedChange(SUBSCRIBER, SERVICEABILITY_REPORTER, ChangeAction.ACTIVATE)
    assert decide_with_file(facts, *changes, wrong, web_clients=False).temporary == (temporary,)


def test_a_feature_that_the_cluster_does_not_show_must_be_configured_first() -> None:
    """Its services would start without it."""
    shown = make.setting(False, "discovered")
    profile = {**HEALTHY.settings, "permanent_chat": (make.setting(True), shown)}
    facts = without(replace(HEALTHY, settings=profile), SUBSCRIBER, TEXT_CONFERENCE_MANAGER)
    file = replace(facts, settings={**profile, "permanent_chat": (make.setting(False), shown)})
    change = RequestedChange(SUBSCRIBER, TEXT_CONFERENCE_MANAGER, ChangeAction.ACTIVATE)
    decision = decide_change(
        facts, [change], ROWS, fail_on=Severity.LOW, is_confirmed=True, filed=file
    )
    (check,) = [check for check in decision.checks if check.topic is PrecheckTopic.FEATURE]
    assert (check.result, check.about) == (PrecheckResult.NO_GO, "deployment.permanent_chat")
    assert check.kind is CheckKind.FEATURE_NOT_CONFIGURED


def test_a_prerequisite_of_the_change_is_reported_once() -> None:
    """As a prerequisite of the change, with its evidence."""
    profile = {**HEALTHY.settings, **make.settings(third_party_ldap_search_configured=False)}
    facts = replace(HEALTHY, settings=profile)
    for node in (PUBLISHER, SUBSCRIBER):
        facts = without(facts, node, DIRECTORY_SERVICE)
    changes = [
        RequestedChange(node, DIRECTORY_SERVICE, ChangeAction.ACTIVATE)
        for node in (PUBLISHER, SUBSCRIBER)
    ]
    decision = decide_with_file(facts, *changes, third_party_ldap_search=False)
    (check,) = (check for check in decision.checks if check.result is PrecheckResult.NO_GO)
    assert (check.topic, check.about) == (PrecheckTopic.PREREQUISITE, PUBLISHER)
    assert check.also == (SUBSCRIBER,)
    assert results(decision, PrecheckTopic.FEATURE) == []


def test_a_missing_prerequisite_of_a_feature_has_its_own_remedy() -> None:
    """Naming one more node adds no database."""
    facts = without(replace(HEALTHY, databases=()), SUBSCRIBER, MESSAGE_ARCHIVER)
    facts = without(facts, PUBLISHER, MESSAGE_ARCHIVER)
    here = RequestedChange(SUBSCRIBER, MESSAGE_ARCHIVER, ChangeAction.ACTIVATE)
    decision = decide_with_file(facts, here, compliance=False)
    elsewhere = [c for c in decision.checks if c.finding and c.about == PUBLISHER]
    kinds = [c.kind for c in elsewhere if c.finding and c.finding.recommendation == "ARC-02"]
    assert kinds == [CheckKind.FEATURE_FINDING]


def test_a_service_that_runs_already_proves_its_prerequisite() -> None:
    """As in an audit: it started, and it does not without."""
    facts = replace(HEALTHY, databases=())
    again = RequestedChange(SUBSCRIBER, TEXT_CONFERENCE_MANAGER, ChangeAction.ACTIVATE)
    decision = decide_with_file(facts, again)
    found = [c for c in decision.checks if c.finding and c.finding.recommendation == "TCM-02"]
    assert PrecheckResult.NO_GO not in {c.result for c in found}
