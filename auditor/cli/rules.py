"""`auditor rules`, `auditor explain` and `auditor schema`: what is judged, why, in which form."""

from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_recommendations, complete_schemas
from auditor.cli.options import PackOption, output_option
from auditor.cli.output import print_text, write_documents
from auditor.errors import ConfigError
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.recommendations.packs import find_recommendation, load_packs
from auditor.report.formats import ReportFormat, check_targets_writable, parse_output_targets
from auditor.report.rules_json import render_rule_json, render_rules_json
from auditor.report.terminal_rules import render_rule, render_rule_list
from auditor.resources import read_schema, schema_names
from auditor.text import did_you_mean


@app.command("rules")
def rules(
    *,
    pack: PackOption = None,
    output: Annotated[list[str] | None, output_option("rules")] = None,
) -> None:
    """List every recommendation: its id, what it asks for, where, and how severe a drift is."""
    targets = parse_output_targets(output or [], "rules")
    rows = load_packs(pack or BUILT_IN_PACKS)
    check_targets_writable(targets)
    write_documents(
        targets,
        {
            ReportFormat.TERMINAL: lambda layout: render_rule_list(
                rows, width=layout.width, colour=layout.colour
            ),
            ReportFormat.JSON: lambda _: render_rules_json(rows),
        },
    )


@app.command("explain")
def explain(
    recommendation: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A recommendation, such as AXL-02.",
            autocompletion=complete_recommendations,
        ),
    ],
    *,
    output: Annotated[list[str] | None, output_option("explain")] = None,
) -> None:
    """Explain one recommendation: condition, nodes, consequence, remedy, and Cisco's source."""
    targets = parse_output_targets(output or [], "explain")
    row = find_recommendation(recommendation, {row.id: row for row in load_packs()})
    check_targets_writable(targets)
    write_documents(
        targets,
        {
            ReportFormat.TERMINAL: lambda layout: render_rule(
                row, width=layout.width, colour=layout.colour
            ),
            ReportFormat.JSON: lambda _: render_rule_json(row),
        },
    )


@app.command("schema")
def schema(
    command: Annotated[
        str,
        typer.Argument(
            help="A command that writes JSON.",
            autocompletion=complete_schemas,
        ),
    ] = "audit",
) -> None:
    """Print the JSON Schema of what a command writes with `-o json`."""
    command = command.lower()
    if command not in schema_names():
        hint = did_you_mean(command, schema_names()) or "."
        raise ConfigError(
            [f"no schema of {command!r}{hint} There is one of {', '.join(schema_names())}."]
        )
    print_text(read_schema(command))
