"""Features and deployment keys: the setting that counts, and whether it holds for a node."""

from functools import lru_cache

from auditor.models.deployment import OPTIONAL_KEYS
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts
from auditor.models.settings import Setting
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.logic import Evaluation
from auditor.recommendations.view import NodeView

# `Origin` is declared in the order of trust.
_ORIGINS_BY_TRUST = tuple(Origin)


def effective_setting(facts: ClusterFacts, key: str) -> Setting | None:
    """Return the most trusted setting of a deployment key, None if there is none."""
    settings = facts.settings.get(key, ())
    # The usual case, and this runs for every row on every node.
    if len(settings) == 1:
        return settings[0]
    return min(settings, key=lambda setting: _ORIGINS_BY_TRUST.index(setting.origin), default=None)


def declare_key_hint(key: str) -> Statement:
    """Return the advice to declare a deployment key."""
    return make_statement(Form.DECLARE_KEY, key=key)


def setting_covers_node(setting: Setting, node: str) -> bool:
    """Return whether a setting holds for a node; one that names no nodes holds for all."""
    if setting.nodes is None:
        return setting.on
    return setting.on and node.casefold() in {name.casefold() for name in setting.nodes}


def evaluate_feature(facts: ClusterFacts, key: str, node: NodeFacts | None = None) -> Evaluation:
    """Return whether a feature is deployed: anywhere, or on one node."""
    return _evaluate_setting(effective_setting(facts, key), key, node and node.name)


# Of one key and node for every row that depends on it.
@lru_cache(maxsize=1024)
def _evaluate_setting(setting: Setting | None, key: str, node: str | None) -> Evaluation:
    if setting is None and key in OPTIONAL_KEYS:
        return Evaluation(False, (make_statement(Form.KEY_NAMES_NO_NODE, key=key),))
    if setting is None:
        reason = make_statement(Form.KEY_NOT_DECLARED, key=key)
        return Evaluation(None, (reason,), (declare_key_hint(key),))
    # On somewhere is no proof for this node: a guess would ask for the service on the wrong node.
    if node is not None and not setting.placed:
        reason = make_statement(Form.KEY_TRUE_NODES_UNKNOWN, key=key, origin=setting.origin)
        fact = make_statement(Form.KEY_TRUE_SOMEWHERE, key=key)
        evidence = (Evidence(setting.origin, setting.source, fact),)
        return Evaluation(None, (reason,), (declare_key_hint(key),), evidence)
    if node is None or not setting.on or setting.nodes is None:
        fact = make_statement(Form.KEY_VALUE, key=key, value=switch_text(setting))
        return _setting_evaluation(setting, key, setting.on, fact)
    covered = setting_covers_node(setting, node)
    form = Form.KEY_NAMES_NODE if covered else Form.KEY_OMITS_NODE
    return _setting_evaluation(setting, key, covered, make_statement(form, key=key, node=node))


def _setting_evaluation(setting: Setting, key: str, value: bool, fact: Statement) -> Evaluation:
    # No data dictionary of the IM&P database is published, so what it shows must be confirmed in
    # the file before anything passes by it.
    hints = (declare_key_hint(key),) if setting.origin is Origin.DISCOVERED else ()
    origin = "--feature" if setting.from_option else str(setting.origin)
    reason = make_statement(fact.form, **dict(fact.values), origin=origin)
    return Evaluation(value, (reason,), hints, (Evidence(setting.origin, setting.source, fact),))


def switch_text(setting: Setting) -> str:
    """Return the value of a setting as TOML, without its nodes."""
    if setting.expressway:
        return '"expressway"'
    if not setting.on and setting.nodes is not None and setting.origin is Origin.DECLARED:
        return "[]"
    return "true" if setting.on else "false"


def evaluate_expressway(facts: ClusterFacts) -> Evaluation:
    """Return whether XMPP federation runs through Expressway, outside the cluster."""
    setting = effective_setting(facts, "xmpp_federation")
    feature = evaluate_feature(facts, "xmpp_federation")
    if setting is None:
        return feature
    return Evaluation(setting.expressway, feature.reasons, feature.hints, feature.evidence)


def evaluate_xmpp_federation(view: NodeView) -> Evaluation:
    """Return whether XMPP federation runs on IM&P itself, on the node."""
    through_expressway = evaluate_expressway(view.facts)
    feature = evaluate_feature(view.facts, "xmpp_federation", view.node)
    # The federation is then off on IM&P itself (TAC document 213865), although the feature is in
    # use.
    if through_expressway.value:
        return Evaluation(False, feature.reasons, feature.hints, feature.evidence)
    return feature
