"""What all pages share: the template environment, style sheets and scripts, and their policy."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from auditor.failure_reasons import Reason
from auditor.models.findings import Severity, Verdict
from auditor.report.code_marks import split_code
from auditor.report.fleet_table import NONE
from auditor.report.sentences import render_sentence
from auditor.report.wording import MARK_LEGEND, VERDICT_HEADINGS, VERDICT_MARKS
from auditor.text import format_minute, printable

_SCREEN_READER_WORDS = {
    Verdict.PASS: "as recommended",
    Verdict.DRIFT: "drift",
    Verdict.UNKNOWN: "unknown",
    Verdict.EXPLAINED: "explained",
    Verdict.WAIVED: "waived",
}
"""What a screen reader says for a mark; a cell without a verdict is not applicable."""


@cache
def read_asset(name: str) -> str:
    """Return a style sheet or script of a page."""
    # Stripped here, because the policy names the digest of exactly what the page holds.
    return (files(__package__) / name).read_text(encoding="utf-8").strip()


def content_security_policy(style: str, script: str = "") -> str:
    """Return a policy that lets a browser use these two texts and load nothing else."""
    scripts = f" script-src '{_csp_digest(script)}';" if script else ""
    return (
        f"default-src 'none'; style-src '{_csp_digest(style)}';{scripts}"
        # `default-src` does not cover these two.
        " base-uri 'none'; form-action 'none'"
    )


def _csp_digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def template_environment() -> Environment:
    """Return the template environment; every text in the page is printable and escaped."""
    environment = Environment(
        loader=PackageLoader("auditor.report", "html"),
        # Not by extension: `select_autoescape` does not escape a template that ends in ".j2".
        autoescape=True,
        finalize=_make_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        # Otherwise a misspelt name in the template would be an empty text.
        undefined=StrictUndefined,
    )
    environment.filters["moment"] = lambda text: f"{format_minute(text)} UTC"
    environment.filters["sentence"] = lambda statement: _mark_code(render_sentence(statement))
    environment.filters["prose"] = _mark_code
    environment.filters["words"] = _token_words
    environment.globals |= {
        "none_mark": NONE,
        "marks": VERDICT_MARKS,
        "legend": MARK_LEGEND,
        "spoken": _SCREEN_READER_WORDS,
        "severities": tuple(Severity),
        "headings": VERDICT_HEADINGS,
    }
    return environment


def _make_printable(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Make text printable; numbers and our own markup stay as they are."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _mark_code(text: str) -> Markup:
    """Return a sentence with commands and keys in it as code; all else is escaped."""
    parts = split_code(printable(text))
    return Markup("").join(_code(p) if odd % 2 else escape(p) for odd, p in enumerate(parts))


def _code(text: str) -> Markup:
    # A key is one word, and nobody copies it; a command has a blank.
    if " " in text:
        return Markup('<code class="run">{}</code>').format(text)
    return Markup("<code>{}</code>").format(text)


def _token_words(token: str) -> str:
    return token.words if isinstance(token, Reason) else token.replace("_", " ")
