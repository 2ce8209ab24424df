"""`auditor rules`, `auditor explain` and `auditor schema`: what is judged, why, in which form."""

from typing import Annotated

import typer

from auditor.cli import completing, options
from auditor.cli.app import app
from auditor.cli.telling import colour, say, width
from auditor.errors import ConfigError
from auditor.names import nearest


@app.command()
def rules(*, pack: options.Pack = None) -> None:
    """List every recommendation: its id, what it asks for, where, and how severe a drift is."""
    from auditor.recommendations.model import PACKS, load_packs
    from auditor.report.rules import render_list

    say(render_list(load_packs(pack or PACKS), width=width(), colour=colour()))


@app.command()
def explain(
    recommendation: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A recommendation, such as AXL-02.",
            autocompletion=completing.recommendations,
        ),
    ],
) -> None:
    """Explain one recommendation: condition, nodes, consequence, remedy, and Cisco's source."""
    from auditor.recommendations.model import load_packs
    from auditor.report.rules import render_one

    known = {r.id: r for r in load_packs()}
    found = known.get(recommendation.upper())
    if found is None:
        near = nearest(recommendation.upper(), known)
        meant = f" Did you mean {near}?" if near else ""
        raise ConfigError(
            [f"no recommendation {recommendation!r}.{meant} `auditor rules` lists them all."]
        )
    say(render_one(found, width=width(), colour=colour()))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the JSON report."""
    from auditor.report.jsonout import schema_text

    say(schema_text())
