"""The first thing to do about a difference, in one short sentence; the whole remedy is longer."""

from collections.abc import Iterable, Sequence

from auditor.models.findings import Finding
from auditor.models.forms import Form
from auditor.models.statements import Statement
from auditor.report.sentences import render_clause, render_sentence


def first_steps(group: Iterable[Finding]) -> tuple[str, ...]:
    """Return the first step of findings that say the same; once if only the subject differs."""
    findings = tuple(group)
    remedies = list(dict.fromkeys(finding.remedy for finding in findings))
    general = {
        tuple(s.about_any(str(f.subject.kind), f.subject.name) for s in f.remedy) for f in findings
    }
    shown = general if len(remedies) > 1 and len(general) == 1 else remedies
    return tuple(dict.fromkeys(filter(None, map(first_step, shown))))


def first_step(remedy: Sequence[Statement]) -> str:
    """Return the first act of a remedy as a sentence, "" if there is nothing to do.

    A command takes the place of the page that does the same. That high availability is off first
    is part of the act that it is off for.
    """
    if not remedy:
        return ""
    first, *rest = remedy
    if first.form is Form.HA_OFF_FIRST and rest:
        off = render_clause(Statement(Form.HA_OFF_BRIEFLY, first.values))
        return _make_sentence(f"{off}, then {_act_clause(rest[0])}")
    if first.form in _ACTS:
        return _make_sentence(_act_clause(first))
    return render_sentence(first)


def _make_sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."


_ACTS = (Form.ROW_REMEDY, Form.ROW_COMMAND)


def _act_clause(act: Statement) -> str:
    """Return an act without what comes after it, and by its command alone where it has one."""
    once = f"once {act.get('once')}, " if act.get("once") and act.get("command") else ""
    form = Form.ROW_COMMAND if act.form in _ACTS and act.get("command") else act.form
    return once + render_clause(Statement(form, act.values).without("then"))
