"""`auditor rules`, `auditor explain` and `auditor schema`: what is judged, why, in which form."""

from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_recommendations
from auditor.cli.options import PackOption
from auditor.cli.output import print_text
from auditor.cli.terminal import supports_colour, terminal_width
from auditor.errors import ConfigError
from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs
from auditor.report.json_report import read_report_schema
from auditor.report.rules_page import render_rule, render_rule_list
from auditor.text import did_you_mean


@app.command("rules")
def rules(*, pack: PackOption = None) -> None:
    """List every recommendation: its id, what it asks for, where, and how severe a drift is."""
    print_text(
        render_rule_list(
            load_packs(pack or BUILT_IN_PACKS), width=terminal_width(), colour=supports_colour()
        )
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
) -> None:
    """Explain one recommendation: condition, nodes, consequence, remedy, and Cisco's source."""
    rows = {r.id: r for r in load_packs()}
    row = rows.get(recommendation.upper())
    if row is None:
        hint = did_you_mean(recommendation.upper(), rows) or "."
        raise ConfigError(
            [f"no recommendation {recommendation!r}{hint} `auditor rules` lists them all."]
        )
    print_text(render_rule(row, width=terminal_width(), colour=supports_colour()))


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the JSON report."""
    print_text(read_report_schema())
