"""Every command that asks or shows a cluster, in each verbosity and with all that it writes."""

from collections.abc import Iterator

from auditor.report.formats import ReportFormat
from tests.lab import CUCM, SUB, Lab
from tests.notify.hook import Hook

SERVICE = "Cisco SIP Proxy"


def command_lines(running: Lab, hook: Hook) -> Iterator[tuple[str, ...]]:
    """Yield the words after `auditor`, to be run in this order in one folder.

    There are a snapshot `before.json` and a history `history.sqlite3`, of the same cluster.
    """
    config = ("-c", str(running.config))
    files = tuple(word for form in ReportFormat for word in ("-o", f"{form}:audit.{form}"))
    history = ("--history", "sqlite:///history.sqlite3")
    verbose = "--verbose"
    yield "audit", *config, *history, *files, "--notify", hook.url, "--evidence", "audit"
    yield verbose, "audit", *config, *history, "--evidence", "verbose", "--notify", hook.url
    yield "audit", *config, *history, "--quiet", "-o", "json"
    yield verbose, "nagios", *config, *history
    yield verbose, "precheck", *config, "pair", "--restart", f"{SERVICE}@{SUB}", "-o", "markdown"
    for words in ((), ("-o", "json")):
        yield verbose, "doctor", *config, *words
        yield (
            verbose,
            "precheck",
            *config,
            "pair",
            "--activate",
            f"{SERVICE}@{SUB}",
            *words,
        )
        yield verbose, "failover-check", *config, *words
    yield "doctor", *config, "--evidence", "doctor"
    yield "failover-check", *config, "--readiness", "--evidence", "failover"
    yield verbose, "snapshot", *config, "--to", "after.json", "--evidence", "snapshot"
    yield verbose, "diff", *config, "before.json", "live"
    yield verbose, "diff", *config, "before.json", "live", "-o", "json"
    for form in ("markdown", "html"):
        yield verbose, "diff", *config, "before.json", "live", "-o", form
    ca = str(running.simulator.ca_path)
    cucm = ("--cucm", CUCM, "--username", running.simulator.username, "--ca-bundle", ca)
    places = tuple(
        word
        for name, (host, port) in running.simulator.servers.items()
        for word in ("--address", f"{name}={host}:{port}")
    )
    yield verbose, "init", *cucm, *places, "--to", "init.toml", "--evidence", "init"
    yield "history", *config, *history
    yield "history", *config, *history, "--since", "2020-01-01"
    yield "history", *config, *history, "-o", "csv:history.csv"
    yield "history", *config, *history, "-o", "json"
    yield "history", *config, *history, "-o", "html"
    yield verbose, "audit", "--replay", "audit", *files
    yield verbose, "audit", "--replay", "verbose", "-o", "json"
