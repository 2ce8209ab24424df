"""`--replay`: judges kept evidence again, without a network, a password or the history."""

import json
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.audit import Options, World, iso, report_on, survey
from auditor.cli.ending import warn
from auditor.cli.keeping import SETTINGS, About
from auditor.cli.running import accepted
from auditor.config.loader import understand
from auditor.config.settings import ClusterSettings, Configuration
from auditor.errors import ConfigError
from auditor.findings import Severity
from auditor.recommendations.model import load_packs
from auditor.runs import Report
from auditor.soap.record import Record, load
from auditor.soap.replay import ReplayWire, nobody

MODE = "replay"
"""The mode of a report that was judged from evidence; no history keeps it."""


@dataclass(frozen=True, slots=True)
class Anew:
    """What may take the place of what the run was given, where it is told."""

    fail_on: Severity | None = None
    allow_unknown: bool = False
    packs: tuple[str, ...] = ()
    waivers: Path | None = None


def replayed(path: Path, clusters: Sequence[str], anew: Anew, *, quiet: bool = False) -> Report:
    """Judge kept evidence, and say on standard error what it is of.

    Raises:
        ConfigError: no evidence is there, it was edited, or holds not these clusters.
    """
    record = load(path)
    about, configuration = _about(record)
    chosen = _select(record, about, configuration, clusters)
    options = Options(
        load_packs(anew.packs or about.packs),
        anew.fail_on or about.fail_on,
        insecure=about.insecure,
        allow_unknown=anew.allow_unknown or about.allow_unknown,
        mode=MODE,
        watch_s=about.watch_s,
        waivers=accepted(configuration, chosen, anew.waivers),
    )
    _announce(record, about.command, quiet=quiet)
    world = _world(ReplayWire(record), configuration.workers)
    started = world.clock()
    logins = {
        settings.name: nobody(settings.username, about.password_from.get(settings.name, ""))
        for settings in chosen
    }
    facts = [
        replace(known, moved_before=about.moved(known.name))
        for known in survey(chosen, logins, options, world)
    ]
    return report_on(chosen, facts, options, world, started)


def refuse_both(evidence: Path | None, replay: Path) -> None:
    """Raise ConfigError where a replay shall keep what it does not ask."""
    if evidence is not None:
        text = "--evidence has nothing to keep, because a replay asks nothing: leave it out."
        raise ConfigError([f"--replay {replay}: {text}"])


def _world(wire: ReplayWire, workers: int) -> World:
    return World(
        wire=wire,
        workers=workers,
        run_id=str(uuid.uuid4()),
        clock=wire.now,
        progress=lambda _cluster, _server: None,
    )


def _about(record: Record) -> tuple[About, Configuration]:
    try:
        about = About.model_validate_json(json.dumps(record.about))
    except ValueError as error:
        text = f"{record.folder}: tells in no form known here what was run; it was kept by auditor"
        raise ConfigError([f"{text} {record.version}."]) from error
    return about, understand(about.tables, record.folder / SETTINGS / about.file)


def _select(
    record: Record, about: About, configuration: Configuration, names: Sequence[str]
) -> tuple[ClusterSettings, ...]:
    known = {name.casefold() for name in about.clusters}
    strangers = [name for name in names if name.casefold() not in known]
    if strangers:
        held = ", ".join(about.clusters)
        raise ConfigError(
            f'--replay {record.folder}: holds no cluster "{name}"; it holds {held}.'
            for name in strangers
        )
    return configuration.select(names or about.clusters)


def _announce(record: Record, command: str, *, quiet: bool) -> None:
    """Say on standard error what the replay is of, and what it cannot tell."""
    if not quiet:
        sys.stderr.write(
            f"auditor: judging what `auditor {command}` asked on {iso(record.started_at)}; "
            "nothing is asked now.\n"
        )
    if not record.whole:
        warn(
            "the evidence ends early, because the run that kept it was ended: what it does not "
            "hold is unknown."
        )
    if record.hidden:
        warn(
            f"{record.hidden} replies held a secret, which was hidden: the report may tell less "
            "than that of the run."
        )
