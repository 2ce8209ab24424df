"""`auditor check`: are the configuration, the waivers and the probes without mistakes?"""

from typing import Annotated

from auditor.cli.app import app
from auditor.cli.options import (
    ClustersArgument,
    ConfigOption,
    HistoryOption,
    NotifyOption,
    output_option,
)
from auditor.cli.output import write_documents
from auditor.config.loader import find_config_file
from auditor.recommendations.packs import load_packs
from auditor.report.formats import ReportFormat, check_targets_writable, parse_output_targets
from auditor.setup.check import check_files
from auditor.setup.check_report import render_check_json, render_check_text
from auditor.waivers.days import current_day


@app.command("check")
def check(
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    history: HistoryOption = None,
    notify: NotifyOption = None,
    output: Annotated[list[str] | None, output_option("check")] = None,
) -> None:
    """Read configuration, waivers and probes, and report every mistake with its file and line.

    Nothing is asked: no network, no password, no keyring. For pipelines, before a file is rolled
    out.

    Exit codes: 0 no mistakes, 2 mistakes, a line each on standard error.
    """
    targets = parse_output_targets(output or [], "check")
    checked = check_files(
        find_config_file(config),
        clusters or [],
        tuple(row.id for row in load_packs()),
        history=history,
        notify=notify or (),
    )
    check_targets_writable(targets)
    today = current_day()
    write_documents(
        targets,
        {
            ReportFormat.TERMINAL: lambda layout: render_check_text(
                checked, today, width=layout.width, colour=layout.colour
            ),
            ReportFormat.JSON: lambda _: render_check_json(checked, today),
        },
    )
