"""What no waiver can do, whatever the facts and whatever is waived."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.config.loader import build_configuration
from auditor.judging import build_report
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Verdict
from auditor.models.report import Report
from auditor.recommendations.packs import load_packs
from auditor.report import json_report
from auditor.run import RunContext, RunOptions
from auditor.service_names import SIP_PROXY_SERVICE, XCP_ROUTER
from auditor.soap.network import LiveNetwork
from auditor.waivers.apply import ClusterWaivers
from auditor.waivers.load import WaiverRule
from tests.factories import cluster, node, service, subscriber
from tests.recommendations.test_engine_properties import clusters

ROWS = load_packs()
NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
WORLD = RunContext(LiveNetwork(), 1, "run", lambda: NOW, lambda _cluster, _server: None)


def _report(facts: ClusterFacts, rules: tuple[WaiverRule, ...]) -> Report:
    raw = {"name": facts.name, "cucm_publisher": "cucm.example.test", "username": "audit-ro"}
    configuration = build_configuration({"cluster": [raw]}, Path("auditor.toml"))
    options = RunOptions(waivers={facts.name: ClusterWaivers(rules)})
    return build_report(configuration.clusters, [facts], options, WORLD, NOW)


@settings(max_examples=40)
@given(clusters(), st.data())
def test_no_waiver_turns_unknown_into_anything_else(
    facts: ClusterFacts, data: st.DataObject
) -> None:
    """Nor makes a pass, nor an incomplete audit complete."""
    bare = _report(facts, ())
    findings = bare.clusters[0].findings
    rules = tuple(
        WaiverRule(
            finding.recommendation,
            facts.name.upper(),
            finding.subject.name.upper(),
            "reason",
            "owner",
            date(2026, 3, 1) + timedelta(days=data.draw(st.integers(-1, 1))),
            "waivers.toml",
        )
        for finding in findings
        if data.draw(st.booleans())
    )

    waived = _report(facts, rules)

    for before, after in zip(findings, waived.clusters[0].findings, strict=True):
        assert before.id == after.id
        if before.verdict is not after.verdict:
            assert after.verdict is Verdict.WAIVED
            assert before.verdict in (Verdict.DRIFT, Verdict.EXPLAINED)
            assert after.waiver is not None
            assert after.waiver.verdict is before.verdict
    summary = json.loads(json_report.render(waived))["summary"]
    assert summary["pass"] == bare.counts.passed
    assert summary["unknown"] == bare.counts.unknown
    if summary["unknown"] or bare.exit_code is ExitCode.UNAUDITABLE:
        assert waived.exit_code is not ExitCode.COMPLIANT


def test_a_waived_difference_is_no_cause() -> None:
    """What it explained is to be fixed by itself, and is not forgotten with it."""
    stopped = (service(XCP_ROUTER, "stopped"), service(SIP_PROXY_SERVICE, "stopped"))
    facts = cluster(node(), subscriber("imp2", *stopped))
    rule = WaiverRule("RTR-01", "lab", "imp2", "reason", "owner", date(2026, 4, 1), "waivers.toml")

    judged, waived = (_report(facts, rules).clusters[0].causes for rules in ((), (rule,)))

    assert [(c.finding.recommendation, len(c.explains)) for c in judged] == [("RTR-01", 1)]
    assert [(c.finding.recommendation, len(c.explains)) for c in waived] == [("SIP-01", 0)]
