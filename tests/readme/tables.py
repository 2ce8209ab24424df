"""Tables of the manual that are made from what the program knows."""

import dataclasses
import re
from collections.abc import Callable, Mapping

from auditor.cli.app import COMMAND_MODULES
from auditor.cli.docs import page_title, read_pages
from auditor.cli.examples import read_examples
from auditor.failure_reasons import REASONS, REASONS_BY_INTERFACE, Reason
from auditor.failures import FILE_WORDS
from auditor.problems import Problem
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.recommendations.packs import load_packs
from auditor.report.formats import COMMAND_FORMATS
from auditor.report.terminal_rules import PACK_TEXTS
from tests.readme.outputs import CHECKOUT

EXAMPLES = CHECKOUT / "auditor" / "examples"


def render_command_table() -> str:
    """Return every command with its line in the list of commands."""
    rows = [f"| `auditor {name}` | {line} |" for name, (_, line) in COMMAND_MODULES.items()]
    return "\n".join(("| command | what it does |", "| --- | --- |", *rows, ""))


def render_page_links() -> str:
    """Return a link to every page of the manual, with what it is about."""
    lines = [
        f"- [{topic}](auditor/docs/{topic}.md): {page_title(text)}"
        for topic, text in read_pages().items()
    ]
    return "\n".join((*lines, ""))


def render_example_table() -> str:
    """Return the examples that ship, with their files and the place of each."""
    lines = ["| example | file | belongs at |", "| --- | --- | --- |"]
    for name in read_examples():
        for path in sorted((EXAMPLES / name).iterdir()):
            (place,) = re.findall(r"^# File: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            lines.append(f"| {name} | [{path.name}]({name}/{path.name}) | `{place}` |")
    return "\n".join((*lines, ""))


def render_recommendation_tables() -> str:
    """Return the recommendations of both packs as Markdown tables."""
    lines = []
    rows = load_packs()
    for pack in BUILT_IN_PACKS:
        lines += [f"**{PACK_TEXTS[pack]}** (`--pack {pack}`)", ""]
        lines += ["| id | severity | says | source |", "| --- | --- | --- | --- |"]
        for row in rows:
            if row.pack == pack:
                source = f"{row.source.document}, {row.source.section}"
                lines.append(f"| {row.id} | {row.severity} | {row.title} | {source} |")
        lines.append("")
    return "\n".join(lines)


class Placeholders(dict[str, str]):
    """The values of a template of a failure; what has no value is its name in capitals."""

    def __missing__(self, name: str) -> str:
        """Return the name of a value that only a real failure has."""
        return name.upper()


PLACEHOLDERS = Placeholders(
    dataclasses.asdict(FILE_WORDS),
    who="SERVER",
    addresses="[cluster.addresses]",
    activation_page="Cisco Unified IM and Presence Serviceability > Tools > Service Activation",
    digest="",
    password_source="",
    ends="",
    with_ha_off=" (on an IM and Presence node with high availability off: CERT-01)",
    config="",
    sync_agent=", or see that Cisco Sync Agent has brought it to SERVER",
    read_only_role=' (on CUCM from 11.5 "Standard AXL Read Only API Access" is enough)',
)


def fill_template(template: str | None) -> str:
    """Return the template of a clause as a sentence for a table, without the full stop."""
    clause = (template or "").format_map(PLACEHOLDERS)
    return clause if clause.startswith("auditor ") else f"{clause[:1].upper()}{clause[1:]}"


def render_reason_table() -> str:
    """Return what each failure reason means; once for each interface that makes a difference."""
    lines = ["| reason | what happened | what to do | where |", "| --- | --- | --- | --- |"]
    for reason in Reason:
        variants = [text for (of, _), text in REASONS_BY_INTERFACE.items() if of is reason]
        for text in variants or [REASONS[reason]]:
            cells = map(fill_template, (text.cause, text.advice, text.where))
            lines.append(f"| `{reason}` | {' | '.join(cells)} |")
    return "\n".join((*lines, ""))


def render_problem_table() -> str:
    """Return what to do about each message that has an advice of its own."""
    texts = [problem.value for problem in Problem if problem.value.advice]
    rows = [f"| {fill_template(text.cause)} | {fill_template(text.advice)} |" for text in texts]
    return "\n".join(("| message | what to do |", "| --- | --- |", *rows, ""))


def render_format_table() -> str:
    """Return what each command writes."""
    lines = ["| command | formats |", "| --- | --- |"]
    for command, formats in sorted(COMMAND_FORMATS.items()):
        lines.append(f"| `{command}` | {', '.join(f'`{form}`' for form in formats)} |")
    return "\n".join([*lines, ""])


TABLES: Mapping[str, Callable[[], str]] = {
    "commands": render_command_table,
    "examples": render_example_table,
    "formats": render_format_table,
    "pages": render_page_links,
    "messages": render_problem_table,
    "reasons": render_reason_table,
    "recommendations": render_recommendation_tables,
}
