"""Renders the pages: each is one file that loads nothing and runs no script but its own."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from auditor import __version__
from auditor.models.findings import Severity, Verdict
from auditor.models.report import Report
from auditor.recommendations.packs import Recommendation, load_packs
from auditor.report.code_marks import split_code
from auditor.report.html.page_names import CLUSTER_PAGE_MARK, INDEX_NAME, name_cluster_pages
from auditor.report.html.view import PageView, build_page_view
from auditor.report.sentences import render_sentence
from auditor.report.summary import skipped_packs_text
from auditor.report.wording import MARK_LEGEND, VERDICT_HEADINGS, VERDICT_MARKS, exit_meaning
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
    return _render_page(report, build_page_view(report, load_packs()), exit_meaning(report))


def render_pages(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of a page for each cluster, then those of their index."""
    rows = load_packs()
    pages = name_cluster_pages(cluster.name for cluster in report.clusters)
    meaning = exit_meaning(report)
    for cluster in report.clusters:
        view = build_page_view(replace(report, clusters=(cluster,)), rows)
        yield pages[cluster.name], _render_page(view.report, view, meaning, home=INDEX_NAME)
    yield INDEX_NAME, render_index(report, rows, pages)


def render_index(report: Report, rows: Iterable[Recommendation], pages: Mapping[str, str]) -> str:
    """Return the index of the clusters' pages; `pages` are their files by name."""
    return _render_page(report, build_page_view(report, rows, pages), exit_meaning(report))


def _render_page(report: Report, page: PageView, meaning: str, home: str = "") -> str:
    """Return a page; `home` is the file of the index that it belongs to."""
    style = _read_asset("style.css")
    script = _read_asset("script.js") if page.number_of_blocks or page.overview else ""
    return (
        _template_environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            run=report.run,
            home=home,
            generator=CLUSTER_PAGE_MARK if home else "auditor",
            skipped_packs=skipped_packs_text(report),
            policy=_content_security_policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            exit_meaning=meaning,
            version=__version__,
        )
    )


@cache
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
    environment.globals |= {
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
