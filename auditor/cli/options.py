"""Options that several commands share; each has its own environment variable."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from auditor.cli.completion import complete_clusters, word_completion
from auditor.cli.verbosity import keep_quiet
from auditor.command_lines import name_config_file
from auditor.config.value_checks import InvalidValue, validate_web_address
from auditor.errors import ConfigError
from auditor.models.findings import Severity
from auditor.recommendations.pack_names import check_pack_names
from auditor.report.formats import COMMAND_FORMATS, FOLDER_FORMATS

JUDGING_PANEL = "What is judged"
OUTPUT_PANEL = "Output"
CONNECTION_PANEL = "Connection"
HISTORY_PANEL = "History and notifications"
EVIDENCE_PANEL = "Evidence"
FLEET_PANEL = "Fleet"


def split_env_list(
    ctx: typer.Context, param: typer.CallbackParam, values: list[str] | None
) -> list[str] | None:
    """Return the values of an option that may be repeated; its variable holds them in one text.

    They are separated by semicolons or line breaks there, because names of services and paths
    contain blanks.
    """
    source = ctx.get_parameter_source(param.name or "")
    if values is None or source is None or source.name != "ENVIRONMENT":
        return values
    # Read again, because typer has split the value at blanks by now.
    text = os.environ.get(str(param.envvar), "")
    return [piece for part in re.split(r"[;\n]", text) if (piece := part.strip())]


def _normalise_pack_names(
    ctx: typer.Context, param: typer.CallbackParam, values: list[str] | None
) -> list[str] | None:
    """Return the names of packs in lower case, each once.

    Raises:
        ConfigError: no pack has that name.
    """
    typed = split_env_list(ctx, param, values)
    if typed is None:
        return None
    names = list(dict.fromkeys(name.lower() for name in typed))
    check_pack_names(names)
    return names


def _check_report_url(value: str | None) -> str | None:
    """Return the address of the report.

    Raises:
        ConfigError: it is none of the web, or holds a login.
    """
    try:
        return None if value is None else validate_web_address(value)
    except InvalidValue as problem:
        raise ConfigError([f"--report-url {problem}."]) from None


def _name_config_file(
    context: typer.Context, parameter: typer.CallbackParam, value: Path | None
) -> Path | None:
    """Let the commands that are printed name the file, unless the environment does so for them."""
    source = context.get_parameter_source(parameter.name or "")
    if value is not None and source is not None and source.name == "COMMANDLINE":
        # The root is closed even where the rest of the line is wrong; this context then is not.
        context.find_root().with_resource(name_config_file(value))
    return value


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="AUDITOR_CONFIG",
        callback=_name_config_file,
        help="Configuration file. Default: auditor.toml here, then in your configuration folder.",
        show_default=False,
    ),
]

ClustersArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CLUSTER",
        help="Clusters of the file. Default: all.",
        autocompletion=complete_clusters,
        show_default=False,
    ),
]

OneClusterArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="CLUSTER",
        help="Cluster of the file. May be left out if it has only one.",
        autocompletion=complete_clusters,
        show_default=False,
    ),
]


_OUTPUT_VARIABLES = {"audit": "AUDITOR_OUTPUT", "failover-check": "AUDITOR_FAILOVER_OUTPUT"}


def output_option(command: str) -> Any:  # noqa: ANN401 - typer's own
    """Return `--output` of a command, for the formats that it writes.

    Each command has a variable of its own: that of a nightly audit must not make `doctor` write
    over the audit's report.
    """
    *formats, last = COMMAND_FORMATS[command]
    folder_format = FOLDER_FORMATS.get(command)
    folder = f", {folder_format} also to FOLDER/" if folder_format else ""

    return typer.Option(
        "--output",
        "-o",
        envvar=_OUTPUT_VARIABLES.get(command, f"AUDITOR_{command.upper()}_OUTPUT"),
        metavar="FORMAT[:PATH]",
        callback=split_env_list,
        help=f"{', '.join(formats)} or {last}, to standard output or to a file{folder}. "
        "May be repeated. Default: terminal.",
        autocompletion=word_completion(COMMAND_FORMATS[command]),
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    )


def fail_on_option(meaning: str) -> Any:  # noqa: ANN401 - typer's own
    """Return `--fail-on` of a command; `meaning` is what drift of that severity does there."""
    return typer.Option(
        "--fail-on",
        envvar="AUDITOR_FAIL_ON",
        case_sensitive=False,
        help=f"Lowest severity of drift that {meaning}. Default: as in the file, else low.",
        show_default=False,
        rich_help_panel=JUDGING_PANEL,
    )


def allow_unknown_option(meaning: str) -> Any:  # noqa: ANN401 - typer's own
    """Return `--allow-unknown` of a command; `meaning` is the result instead of which other."""
    return typer.Option(
        "--allow-unknown",
        envvar="AUDITOR_ALLOW_UNKNOWN",
        help=f"{meaning} if something is unknown and nothing drifted.",
        rich_help_panel=JUDGING_PANEL,
    )


FailOnOption = Annotated[Severity | None, fail_on_option("makes exit code 3")]

AllowUnknownOption = Annotated[bool, allow_unknown_option("Exit with 0 instead of 4")]

InsecureOption = Annotated[
    bool,
    typer.Option(
        "--insecure",
        envvar="AUDITOR_INSECURE",
        help="Do not verify certificates. Anyone between here and a node can read the password. "
        "The report mentions it.",
        rich_help_panel=CONNECTION_PANEL,
    ),
]

PackOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pack",
        envvar="AUDITOR_PACK",
        metavar="table|guides",
        callback=_normalise_pack_names,
        help="Judge by this pack only: Cisco's table, or what other Cisco guides add. "
        "May be repeated. Default: both.",
        show_default=False,
        rich_help_panel=JUDGING_PANEL,
    ),
]

SettleOption = Annotated[
    float | None,
    typer.Option(
        "--settle",
        envvar="AUDITOR_SETTLE",
        min=0,
        max=3600,
        metavar="SECONDS",
        help="Read every service twice, that far apart: a service that restarted or stopped in "
        "between is unstable. Default: read again only the services that need it.",
        show_default=False,
        rich_help_panel=JUDGING_PANEL,
    ),
]

WaiversOption = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        envvar="AUDITOR_WAIVERS",
        help="File of accepted differences, instead of those that the configuration names.",
        show_default=False,
        rich_help_panel=JUDGING_PANEL,
    ),
]

HistoryOption = Annotated[
    str | None,
    typer.Option(
        "--history",
        envvar="AUDITOR_HISTORY",
        metavar="URL|off",
        help="Database of earlier runs: sqlite:///FILE, postgresql://USER@HOST/DATABASE, or off. "
        "Default: as in the file, else a file in your data folder.",
        show_default=False,
        rich_help_panel=HISTORY_PANEL,
    ),
]

NotifyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        envvar="AUDITOR_NOTIFY",
        metavar="URL",
        callback=split_env_list,
        help="Where to send what is new, worse, resolved or back since the last run, as an "
        "Apprise URL (mail, Webex, Teams, Slack, webhook). It holds a token, so set it in the "
        "environment. May be repeated.",
        show_default=False,
        rich_help_panel=HISTORY_PANEL,
    ),
]

FullOption = Annotated[
    bool,
    typer.Option(
        "--full",
        envvar="AUDITOR_FULL",
        help="On a terminal, print all that is known: of several clusters what does not differ, "
        "and of one that could not be audited what follows from that.",
        rich_help_panel=OUTPUT_PANEL,
    ),
]

ReportUrlOption = Annotated[
    str | None,
    typer.Option(
        "--report-url",
        envvar="AUDITOR_REPORT_URL",
        metavar="URL",
        callback=_check_report_url,
        help="Where the readers of a notification find the report, such as "
        "https://reports.example.test/auditor.html. Default: as in the file, else no link.",
        show_default=False,
        rich_help_panel=HISTORY_PANEL,
    ),
]

QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        envvar="AUDITOR_QUIET",
        callback=keep_quiet,
        help="For timers: no progress, and standard output stays empty while the exit code is 0 "
        "and nothing is new, worse, resolved or back. Files are always written.",
    ),
]

EvidenceOption = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        envvar="AUDITOR_EVIDENCE",
        metavar="FOLDER",
        help="Keep every request and reply in this folder, which must be new or empty, without "
        "passwords and cookies.",
        show_default=False,
        rich_help_panel=EVIDENCE_PANEL,
    ),
]

EvidenceHideUserOption = Annotated[
    bool,
    typer.Option(
        "--evidence-hide-user",
        envvar="AUDITOR_EVIDENCE_HIDE_USER",
        help="Hide the user name in the evidence too.",
        rich_help_panel=EVIDENCE_PANEL,
    ),
]

ReplayOption = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        envvar="AUDITOR_REPLAY",
        metavar="FOLDER",
        help="Judge kept evidence again instead of asking: no network, no password, no history. "
        "Configuration and options are those of that run, but you can change --fail-on, "
        "--allow-unknown, --pack and --waivers.",
        show_default=False,
        rich_help_panel=EVIDENCE_PANEL,
    ),
]

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        envvar="AUDITOR_SCHEDULER",
        metavar="ADDRESS|local",
        help="Let the workers of this Dask scheduler ask the clusters, such as "
        "tls://dask.example.test:8786; local starts one on this machine. "
        "See `auditor docs fleets`.",
        show_default=False,
        rich_help_panel=FLEET_PANEL,
    ),
]

WorkerWaitOption = Annotated[
    float,
    typer.Option(
        "--worker-wait",
        envvar="AUDITOR_WORKER_WAIT",
        min=0,
        max=3600,
        metavar="SECONDS",
        help="How long to wait for a worker that serves the site of a cluster. Default: 60.",
        show_default=False,
        rich_help_panel=FLEET_PANEL,
    ),
]

InsecureSchedulerOption = Annotated[
    bool,
    typer.Option(
        "--insecure-scheduler",
        envvar="AUDITOR_INSECURE_SCHEDULER",
        help="Use a scheduler on another machine without TLS. Anyone on the way can read and "
        "change what travels, and run programs on the workers.",
        rich_help_panel=FLEET_PANEL,
    ),
]
