"""Renders statements as English: the one place where findings become sentences."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from string import Formatter

from auditor.models.coverage import Source
from auditor.models.evidence import Evidence
from auditor.models.statements import Statement, StatementValue
from auditor.report.clause_templates import CLAUSE_TEMPLATES
from auditor.text import join_names

_SOURCE_NAMES = {
    Source.CONTROL_CENTER: "Control Center",
    Source.PERFMON: "PerfMon",
    Source.IMP_AXL: "AXL",
    Source.CUCM_AXL: "AXL",
    Source.TCP: "the TCP test",
}

_STATE_WORDS = {"unknown": "in a state that is not known", "not_activated": "not activated"}

_PREFIXES = {
    "for": " for ",
    "at": " at ",
    "of": " of ",
    "on": " on ",
    "and": ", and ",
    "reason": ", reason ",
}
"""Words before a value that may be missing."""


def render_sentence(statement: Statement | None) -> str:
    """Return a statement as a sentence, followed by its details; empty for None."""
    if statement is None:
        return ""
    clause = render_clause(statement)
    sentences = [f"{_capitalize(statement, clause)}."] if clause else []
    # Each once, because two parts of a statement may have the same detail.
    return " ".join(dict.fromkeys((*sentences, *_detail_sentences(statement))))


def render_sentences(statements: Iterable[Statement]) -> str:
    """Return statements as sentences, each once."""
    return " ".join(dict.fromkeys(render_sentence(statement) for statement in statements))


def render_clause(statement: Statement) -> str:
    """Return a statement as part of a sentence, without its details."""
    # A value may be missing, such as the reason of a state; its placeholder then gives nothing.
    values = defaultdict(str, statement.values)
    return _FORMATTER.vformat(CLAUSE_TEMPLATES[statement.form], (), values)


def render_source(evidence: Evidence) -> str:
    """Return where evidence comes from."""
    source = evidence.source
    return render_clause(source) if isinstance(source, Statement) else source


def _detail_sentences(statement: Statement) -> Iterator[str]:
    for name, value in statement.values:
        if name == "detail" and isinstance(value, str):
            yield value
    for nested in statement.nested():
        if nested == statement.get("detail"):
            yield render_sentence(nested)
        else:
            yield from _detail_sentences(nested)


def _capitalize(statement: Statement, clause: str) -> str:
    """Return a clause with a capital, unless it begins with a name or a value."""
    return f"{clause[0].upper()}{clause[1:]}" if _begins_with_word(statement) else clause


def _begins_with_word(statement: Statement) -> bool:
    _, field, _, _ = next(iter(_FORMATTER.parse(CLAUSE_TEMPLATES[statement.form])))
    if not CLAUSE_TEMPLATES[statement.form].startswith("{"):
        return True
    value = statement.get(field or "")
    first = value[0] if isinstance(value, tuple) and value else value
    return isinstance(first, Statement) and _begins_with_word(first)


def _text(value: StatementValue, joiner: str = " and ") -> str:
    if isinstance(value, tuple):
        return joiner.join(filter(None, map(_text, value)))
    return render_clause(value) if isinstance(value, Statement) else value


def _code(value: StatementValue) -> str:
    """Return a key in backticks; `the key`, which means any of them, without."""
    return f"`{value}`" if isinstance(value, str) else _text(value)


def _causes_text(value: StatementValue) -> str:
    if not value:
        return ""
    causes = _text(value, ", or ")
    return f"; documented causes are {causes}, and `utils ha status` shows which"


_FORMATS: Mapping[str, Callable[[StatementValue], str]] = {
    "": _text,
    "brackets": lambda value: f" ({_text(value)})" if value else "",
    "capital": lambda value: _text(value).capitalize(),
    "causes": _causes_text,
    "code": _code,
    "days": lambda value: f"{_text(value)} more day{'' if value == '1' else 's'}",
    "do": lambda value: "do" if isinstance(value, tuple) and len(value) > 1 else "does",
    "key": lambda value: _code(value) if value else "it",
    "list": lambda value: _text(value, ", "),
    "names": lambda value: join_names(map(_text, value if isinstance(value, tuple) else (value,))),
    "release": lambda value: (
        f"the cluster runs {_text(value)}" if value else "the release of the cluster is not known"
    ),
    "runs": lambda value: "run" if isinstance(value, tuple) and len(value) > 1 else "runs",
    "run": lambda value: f", or run `{_text(value)}`" if value else "",
    "source": lambda value: _SOURCE_NAMES[Source(_text(value))],
    "once": lambda value: f"once {_text(value)}, " if value else "",
    "then": lambda value: f"; {_text(value)}" if value else "",
    "where": lambda value: f" where {_text(value)}" if value else "",
    "state": lambda value: _STATE_WORDS.get(_text(value), _text(value)),
}
"""What a placeholder makes of its value, by the word after its colon."""


class _StatementFormatter(Formatter):
    """Formats the values of a statement by `_FORMATS` and `_PREFIXES`."""

    def format_field(self, value: StatementValue, format_spec: str) -> str:
        if format_spec in _PREFIXES:
            joiner = ", " if format_spec == "for" else " and "
            return f"{_PREFIXES[format_spec]}{_text(value, joiner)}" if value else ""
        return _FORMATS[format_spec](value)


_FORMATTER = _StatementFormatter()
