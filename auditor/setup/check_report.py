"""What `auditor check` read, as text and as JSON."""

from collections.abc import Iterator
from datetime import date

from rich.console import Console
from rich.table import Table

from auditor.command_lines import command_line
from auditor.report.columns import Column, build_table
from auditor.report.console import render_console, safe_text
from auditor.setup.check import CheckedCluster, CheckedFiles, WaiverAttention, waiver_attention
from auditor.text import count_noun, join_names, json_text
from auditor.waivers.load import WaiverRule

CHECK_SCHEMA_VERSION = "1.1"
_NUMBERS = ("nodes", "waivers", "undeclared keys", "probes")
"""The columns after the names; a narrow terminal has no room for the last ones."""
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
    console.print(_cluster_table(checked, today, console.width))
    console.print()
    console.print(safe_text(f"History: {checked.history or 'off'}"))
    recipients = count_noun(checked.recipients, "recipient")
    console.print(safe_text(f"Notifications: {recipients if checked.recipients else 'none'}"))
    for line in _site_lines(checked):
        console.print(safe_text(line))
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


def _site_lines(checked: CheckedFiles) -> Iterator[str]:
    """Yield each site with its clusters, so that one that is mistyped shows; none without sites."""
    by_site: dict[str, list[str]] = {}
    for cluster in checked.clusters:
        by_site.setdefault(cluster.settings.site or "", []).append(cluster.settings.name)
    without = by_site.pop("", [])
    for site, names in sorted(by_site.items()):
        yield f"Site {site}: {join_names(names)}"
    if by_site and without:
        yield f"No site, so any worker of a fleet: {join_names(without)}"


def _cluster_table(checked: CheckedFiles, today: date, width: int) -> Table:
    rows = [_cluster_cells(cluster, today) for cluster in checked.clusters]
    name, publisher, *numbers = zip(*rows, strict=True)
    columns = [
        Column("cluster", name, is_name=True),
        Column("CUCM publisher", publisher, is_name=True),
        *(Column(t, cells, is_number=True) for t, cells in zip(_NUMBERS, numbers, strict=True)),
    ]
    return build_table(columns, width)


def _cluster_cells(cluster: CheckedCluster, today: date) -> tuple[str, ...]:
    soon = sum(bool(waiver_attention(rule, today)) for rule in cluster.waivers)
    return (
        cluster.settings.name,
        cluster.settings.cucm_name,
        str(len(cluster.nodes)) if cluster.nodes else "from CUCM",
        f"{len(cluster.waivers)}{f' ({soon} !)' if soon else ''}",
        str(len(cluster.undeclared)),
        "built-in" if cluster.probes is None else str(cluster.probes),
    )


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
        "site": settings.site or None,
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
