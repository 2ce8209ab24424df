"""Draws the page: one file that loads nothing, runs no script but its own, and obeys no name."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from auditor import __version__
from auditor.findings import Severity, Verdict
from auditor.recommendations.model import load_packs
from auditor.report import tally
from auditor.report.screen import printable
from auditor.report.webpage.view import page
from auditor.report.wording import LEGEND, MARKS, exit_meaning
from auditor.runs import Report

_SPOKEN = {
    Verdict.PASS: "as recommended",
    Verdict.DRIFT: "drift",
    Verdict.UNKNOWN: "cannot be told",
    Verdict.EXPLAINED: "explained",
    Verdict.WAIVED: "waived",
}
"""What a screen reader says for a mark; of a cell without one nothing is asked."""


def render(report: Report) -> str:
    """Return the report as one HTML page that works from a file, without network and scripts."""
    style, script = _shipped("style.css"), _shipped("script.js")
    shown = page(report, load_packs())
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            page=shown,
            run=report.run,
            left_out=tally.left_out(report),
            filters=any(view.sections for view in shown.clusters),
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            marks=MARKS,
            legend=LEGEND,
            spoken=_SPOKEN,
            severities=tuple(Severity),
            exit_meaning=exit_meaning(report),
            version=__version__,
        )
    )


def _shipped(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8").strip()


def _policy(style: str, script: str) -> str:
    """Return a policy by which a browser loads nothing and runs nothing but these two texts."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    """Return what fills the template; every text that goes in is printable and escaped."""
    environment = Environment(
        loader=PackageLoader("auditor.report", "webpage"),
        autoescape=True,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["moment"] = lambda text: text[:16].replace("T", " ") + " UTC"
    environment.filters["words"] = lambda token: token.replace("_", " ")
    return environment


def _harmless(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Make text printable, as every report does; numbers and markup of ours stay."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value
