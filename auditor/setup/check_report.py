"""What `auditor check` read, as text and as JSON."""

from collections.abc import Iterator
from datetime import date

from rich.console import Console
from rich.table import Table

from auditor.command_lines import command_line
from auditor.report.columns import plain_table
from auditor.report.console import render_console, safe_text
from auditor.setup.check import CheckedCluster, CheckedFiles, WaiverAttention, waiver_attention
from auditor.text import count_noun, json_text
from auditor.waivers.load import WaiverRule

CHECK_SCHEMA_VERSION = "1.0"
_ATTENTION_VERBS = {WaiverAttention.EXPIRED: "expired", WaiverAttention.ENDS_SOON: "ends"}


def render_check_text(checked: CheckedFiles, today: date, *, width: int, colour: bool) -> str:
    """Return what was read for a reader; waivers are judged by `today`."""
    return render_console(
        lambda console: _print_check(console, checked, today), width=width, colour=colour
    )


def _print_check(console: Console, checked: CheckedFiles, today: date) -> None:
    number = count_noun(len(checked.clusters), "cluster")
    console.print(safe_text(f"No mistakes in {checked.path}: {number}.", "bold"))
    console.print()
    console.print(_cluster_table(checked, today))
    console.print()
    console.print(safe_text(f"History: {checked.history or 'off'}"))
    recipients = count_noun(checked.recipients, "recipient")
    console.print(safe_text(f"Notifications: {recipients if checked.recipients else 'none'}"))
    for cluster in checked.clusters:
        for key in ("waivers", "probes"):
            path = getattr(cluster.settings, key)
            if path:
                console.print(safe_text(f"{key.capitalize()} of {cluster.settings.name}: {path}"))
    for line in _attention_lines(checked, today):
        console.print(safe_text(f"! {line}", "yellow"))
    console.print()
    doctor = command_line("doctor")
    text = f"Nothing was asked. `{doctor}` tries connections, certificates and passwords."
    console.print(safe_text(text))


def _cluster_table(checked: CheckedFiles, today: date) -> Table:
    table = plain_table(gap=3)
    for title in ("cluster", "CUCM publisher"):
        table.add_column(title)
    for title in ("nodes", "waivers", "probes", "undeclared keys"):
        table.add_column(title, justify="right")
    for cluster in checked.clusters:
        settings = cluster.settings
        soon = sum(bool(waiver_attention(rule, today)) for rule in cluster.waivers)
        table.add_row(
            safe_text(settings.name),
            safe_text(settings.cucm_name),
            str(len(cluster.nodes)) if cluster.nodes else "from CUCM",
            f"{len(cluster.waivers)}{f' ({soon} !)' if soon else ''}",
            "built-in" if cluster.probes is None else str(cluster.probes),
            str(len(cluster.undeclared)),
        )
    return table


def _attention_lines(checked: CheckedFiles, today: date) -> Iterator[str]:
    yield from checked.notices
    for cluster in checked.clusters:
        for rule in cluster.waivers:
            if attention := waiver_attention(rule, today):
                verb = _ATTENTION_VERBS[attention]
                what = f"{rule.recommendation} on {rule.subject} {verb} on {rule.expires}"
                yield f"{rule.place}: {what}; {rule.owner} looks after it."


def render_check_json(checked: CheckedFiles, today: date) -> str:
    """Return what was read as JSON."""
    return json_text(
        {
            "schema_version": CHECK_SCHEMA_VERSION,
            "file": str(checked.path),
            "history": checked.history,
            "recipients": checked.recipients,
            "clusters": [_cluster_dict(cluster, today) for cluster in checked.clusters],
            "notices": list(checked.notices),
        }
    )


def _cluster_dict(cluster: CheckedCluster, today: date) -> dict[str, object]:
    settings = cluster.settings
    return {
        "name": settings.name,
        "cucm_publisher": settings.cucm_name,
        "cucm_subscribers": [server.name for server in settings.cucm_subscribers],
        "username": settings.username,
        "nodes": list(cluster.nodes),
        "undeclared_keys": list(cluster.undeclared),
        "waiver_file": str(settings.waivers) if settings.waivers else None,
        "waivers": [_waiver_dict(rule, today) for rule in cluster.waivers],
        "probe_file": str(settings.probes) if settings.probes else None,
        "probes": cluster.probes,
    }


def _waiver_dict(rule: WaiverRule, today: date) -> dict[str, object]:
    return {
        "recommendation": rule.recommendation,
        "subject": rule.subject,
        "owner": rule.owner,
        "expires": rule.expires.isoformat(),
        "attention": waiver_attention(rule, today),
    }
