"""AXL on one node: must it answer there, and does it?"""

from auditor import names
from auditor.cluster import ClusterFacts
from auditor.facts import AxlAnswer, NodeFacts, RunState
from auditor.failover.judged import Judged
from auditor.failover.seen import Aspect, Point
from auditor.findings import Verdict
from auditor.recommendations.conditions import feature
from auditor.recommendations.engine import applicability
from auditor.recommendations.firm import firm
from auditor.recommendations.truth import either
from auditor.recommendations.view import Seen, View, look

FAULT = "answers, with a fault"
"""The word for AXL that answers with a SOAP fault, which is an answer (AXL-04)."""


def must_answer(known: Judged, node: NodeFacts) -> bool | None:
    """Tell whether AXL must run on a node (AXL-01, AXL-02), None if that is not known.

    What was only discovered frees no node of it.
    """
    told, firmly = (_must(facts, node, known) for facts in (known.facts, firm(known.facts)))
    return None if told is False and firmly is not False else told


def _must(facts: ClusterFacts, node: NodeFacts, known: Judged) -> bool | None:
    views = [View(facts, node, known.rows[name]) for name in ("AXL-01", "AXL-02")]
    return either(*(applicability(view) for view in views)).value


def axl(known: Judged, node: NodeFacts) -> Point:
    """Tell whether AXL is activated, runs, and answered an authenticated request."""
    must = must_answer(known, node)
    seen = look(known.facts, node, names.AXL)
    verdict, text, word = _axl(node, seen)
    if verdict is Verdict.PASS:
        return Point(Aspect.AXL, node.name, verdict, text, word, names.AXL)
    if must is False:
        text = f"{text.rstrip('.')}; it is optional on this node."
        return Point(Aspect.AXL, node.name, Verdict.NOT_APPLICABLE, text, word, names.AXL)
    if must is None and verdict is Verdict.DRIFT:
        hint = feature(known.facts, "intercluster").hint or "Make AXL of the CUCM publisher answer."
        text = f"{text.rstrip('.')}; whether it must is not known. {hint}"
        return Point(Aspect.AXL, node.name, Verdict.UNKNOWN, text, word, names.AXL)
    return Point(Aspect.AXL, node.name, verdict, text, word, names.AXL)


def _axl(node: NodeFacts, seen: Seen) -> tuple[Verdict, str, str]:
    if node.axl is not None and node.axl.answer is AxlAnswer.ANSWERED:
        if node.axl.fault:
            return Verdict.PASS, node.axl.text, FAULT
        return Verdict.PASS, f"AXL answers on {node.name}.", "answers"
    if node.axl is not None and node.axl.answer is AxlAnswer.NOT_ANSWERING:
        text = f"AXL runs and does not answer on {node.name}. {node.axl.text}"
        return Verdict.DRIFT, text, "NO ANSWER"
    if seen.run is RunState.STOPPED:
        if seen.state.activated is False:
            return Verdict.DRIFT, seen.observed, "NOT ACTIVATED"
        return Verdict.DRIFT, seen.observed, "STOPPED"
    if not node.services:
        return Verdict.UNKNOWN, seen.why, "unknown"
    text = node.axl.text if node.axl is not None else seen.why or seen.observed
    return Verdict.UNKNOWN, f"Whether AXL answers on {node.name} is not known. {text}", "unknown"
