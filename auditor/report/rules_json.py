"""The recommendations as JSON, for `auditor rules` and `auditor explain`."""

from collections.abc import Sequence
from typing import Any

from auditor.recommendations.cause_rules import load_cause_rules
from auditor.recommendations.packs import Recommendation
from auditor.report.terminal_rules import (
    EXPECTATION_TEXTS,
    SCOPE_TEXTS,
    SUBJECT_TEXTS,
    rule_condition_text,
    rule_remedy_text,
)
from auditor.text import json_text

RULES_SCHEMA_VERSION = "1.0"


def render_rules_json(recommendations: Sequence[Recommendation]) -> str:
    """Return the recommendations in the order given."""
    return json_text(
        {
            "schema_version": RULES_SCHEMA_VERSION,
            "recommendations": [_rule_dict(row) for row in recommendations],
        }
    )


def render_rule_json(recommendation: Recommendation) -> str:
    """Return one recommendation."""
    return json_text(
        {
            "schema_version": RULES_SCHEMA_VERSION,
            "recommendation": _rule_dict(recommendation),
        }
    )


def _rule_dict(row: Recommendation) -> dict[str, Any]:
    return {
        "id": row.id,
        "pack": row.pack,
        "title": row.title,
        "service": row.service,
        "can_be_activated": None if row.service is None else not row.network,
        "subject_kind": row.subject,
        "judged_by": row.mode,
        "applies": row.applies,
        "applies_text": rule_condition_text(row),
        "unless": row.unless,
        "on": row.on,
        "on_text": SUBJECT_TEXTS.get(row.subject) or SCOPE_TEXTS[row.on],
        "routing_nodes": row.routing_nodes,
        "only_where_listed": row.if_listed,
        "expects": row.expects,
        "expects_text": EXPECTATION_TEXTS[row.expects],
        "severity": row.severity,
        "severity_when": dict(row.severity_when),
        "consequence": row.consequence,
        "consequence_when": dict(row.consequence_when),
        "remedies": {kind: rule_remedy_text(remedy) for kind, remedy in row.remedy.items()},
        "remedy_without": row.remedy_without
        and {
            "feature": row.remedy_without.feature,
            "text": rule_remedy_text(row.remedy_without),
        },
        "remedy_ha_off": row.remedy_ha_off and rule_remedy_text(row.remedy_ha_off),
        "caused_by": [
            {"recommendations": list(rule.by), "because": rule.because}
            for rule in load_cause_rules()
            if row.id in rule.rows
        ],
        "watches": {watch.key: list(watch.services) for watch in row.watches},
        "releases": {
            "from": _release_text(row.releases.start),
            "below": _release_text(row.releases.below),
        },
        "source": {
            "document": row.source.document,
            "section": row.source.section,
            "releases": row.source.releases,
            "url": row.source.url,
        },
    }


def _release_text(release: object) -> str | None:
    return None if release is None else str(release)
