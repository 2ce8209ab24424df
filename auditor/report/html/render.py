"""Renders the page: one file that loads nothing and runs no script but its own."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from auditor import __version__
from auditor.models.findings import Severity, Verdict
from auditor.models.report import Report
from auditor.recommendations.packs import load_packs
from auditor.report.code_marks import split_code
from auditor.report.html.view import build_page_view
from auditor.report.sentences import render_sentence
from auditor.report.summary import skipped_packs_text
from auditor.report.wording import MARK_LEGEND, VERDICT_MARKS, exit_meaning
from auditor.text import printable

_SCREEN_READER_WORDS = {
    Verdict.PASS: "as recommended",
    Verdict.DRIFT: "drift",
    Verdict.UNKNOWN: "unknown",
    Verdict.EXPLAINED: "explained",
    Verdict.WAIVED: "waived",
}
"""What a screen reader says for a mark; a cell without a verdict is not applicable."""


def render(report: Report) -> str:
    """Return the report as one HTML page that works from a file, without network and scripts."""
    style, script = _read_asset("style.css"), _read_asset("script.js")
    page = build_page_view(report, load_packs())
    return (
        _template_environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            run=report.run,
            skipped_packs=skipped_packs_text(report),
            filters=any(view.sections for view in page.clusters),
            policy=_content_security_policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            marks=VERDICT_MARKS,
            legend=MARK_LEGEND,
            spoken=_SCREEN_READER_WORDS,
            severities=tuple(Severity),
            exit_meaning=exit_meaning(report),
            version=__version__,
        )
    )


def _read_asset(name: str) -> str:
    # Stripped here, because the policy names the digest of exactly what the page holds.
    return (files(__package__) / name).read_text(encoding="utf-8").strip()


def _content_security_policy(style: str, script: str) -> str:
    """Return a policy that lets a browser use these two texts and load nothing else."""
    return (
        f"default-src 'none'; style-src '{_csp_digest(style)}'; script-src '{_csp_digest(script)}';"
        # `default-src` does not cover these two.
        " base-uri 'none'; form-action 'none'"
    )


def _csp_digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _template_environment() -> Environment:
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
    environment.filters["moment"] = lambda text: text[:16].replace("T", " ") + " UTC"
    environment.filters["sentence"] = lambda statement: _mark_code(render_sentence(statement))
    environment.filters["prose"] = _mark_code
    environment.filters["words"] = lambda token: token.replace("_", " ")
    return environment


def _make_printable(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Make text printable; numbers and our own markup stay as they are."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _mark_code(text: str) -> Markup:
    """Return a sentence with commands and keys in it as code; all else is escaped."""
    code = Markup("<code>{}</code>")
    parts = split_code(printable(text))
    return Markup("").join(code.format(p) if odd % 2 else escape(p) for odd, p in enumerate(parts))
