"""`--replay`: judges kept evidence again, without a network, a password or the history."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.audit import survey_clusters
from auditor.cli.evidence import SETTINGS_FOLDER, RunInfo
from auditor.cli.finish import OutputPlan, finish_run
from auditor.cli.messages import print_note, print_warning
from auditor.cli.session import load_run_waivers
from auditor.config.loader import build_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials, Secret
from auditor.errors import ConfigError
from auditor.judging import build_report
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Severity
from auditor.models.report import Report
from auditor.report.formats import OutputTarget, check_targets_writable
from auditor.run import RunContext, RunOptions
from auditor.soap.evidence.replay import (
    EvidenceRecord,
    ReplayNetwork,
    load_evidence,
)
from auditor.text import utc_timestamp

REPLAY_MODE = "replay"
"""The mode of a report that was judged from evidence; no history keeps it."""


@dataclass(frozen=True, slots=True)
class ReplayOverrides:
    """Options that take the place of those of the run."""

    fail_on: Severity | None = None
    allow_unknown: bool = False
    packs: tuple[str, ...] = ()
    waivers: Path | None = None


def audit_evidence(
    path: Path,
    clusters: Sequence[str],
    overrides: ReplayOverrides,
    targets: Sequence[OutputTarget],
    *,
    quiet: bool,
    full: bool,
) -> ExitCode:
    """Judge kept evidence, write the reports, and return the exit code.

    Raises:
        ConfigError: as `replay_evidence`, or a report cannot be written where it is asked for.
    """
    check_targets_writable(targets)
    report = replay_evidence(path, clusters, overrides)
    finish_run(report, OutputPlan(targets, quiet=quiet, full=full))
    return report.exit_code


def replay_evidence(path: Path, clusters: Sequence[str], overrides: ReplayOverrides) -> Report:
    """Judge kept evidence, and name its run on standard error.

    Raises:
        ConfigError: there is no evidence, it is damaged, or it lacks one of these clusters.
    """
    record = load_evidence(path)
    run, configuration = _read_run_info(record)
    chosen = _select_recorded_clusters(record, run, configuration, clusters)
    options = RunOptions(
        tuple(dict.fromkeys(overrides.packs or run.packs)),
        overrides.fail_on or run.fail_on,
        insecure=run.insecure,
        allow_unknown=overrides.allow_unknown or run.allow_unknown,
        mode=REPLAY_MODE,
        reread_after_s=run.reread_after_s,
        waivers=load_run_waivers(configuration, chosen, overrides.waivers),
    )
    _print_replay_notice(record, run.command)
    context = _replay_context(ReplayNetwork(record), configuration.workers, run)
    started = context.clock()
    # Without passwords: nothing is sent, and evidence never holds one.
    logins = {
        settings.name: Credentials(
            settings.username, Secret(""), run.password_from.get(settings.name, "")
        )
        for settings in chosen
    }
    facts = [
        replace(cluster, changing_before=run.changing_services(cluster.name))
        for cluster in survey_clusters(chosen, logins, options, context)
    ]
    return build_report(chosen, facts, options, context, started)


def refuse_evidence_with_replay(evidence: Path | None, replay: Path) -> None:
    """Raise ConfigError if evidence is to be kept of a replay, which asks nothing."""
    if evidence is not None:
        text = "--evidence has nothing to keep, because a replay asks nothing: leave it out."
        raise ConfigError([f"--replay {replay}: {text}"])


def _replay_context(network: ReplayNetwork, workers: int, run: RunInfo) -> RunContext:
    return RunContext(
        network=network,
        workers=workers,
        run_id=str(uuid.uuid4()),
        # The time of the run, or a waiver that was valid then would have expired.
        clock=network.now,
        progress=lambda _cluster, _server: None,
        recall_topology=lambda cluster, _publisher: run.recorded_topologies.get(cluster),
    )


def _read_run_info(record: EvidenceRecord) -> tuple[RunInfo, Configuration]:
    try:
        run = RunInfo.model_validate_json(json.dumps(record.run.about))
    except ValueError as error:
        text = "its run.json cannot be read; it was kept by auditor"
        raise ConfigError([f"{record.folder}: {text} {record.run.version}."]) from error
    return run, build_configuration(run.tables, record.folder / SETTINGS_FOLDER / run.file)


def _select_recorded_clusters(
    record: EvidenceRecord, run: RunInfo, configuration: Configuration, names: Sequence[str]
) -> tuple[ClusterSettings, ...]:
    recorded = {name.casefold() for name in run.clusters}
    unknown = [name for name in names if name.casefold() not in recorded]
    if unknown:
        held = ", ".join(run.clusters)
        raise ConfigError(
            f'--replay {record.folder}: holds no cluster "{name}"; it holds {held}.'
            for name in unknown
        )
    return configuration.select(names or run.clusters)


def _print_replay_notice(record: EvidenceRecord, command: str) -> None:
    """Print on standard error which run is replayed, and what its evidence lacks."""
    print_note(
        f"auditor: judging what `auditor {command}` asked on"
        f" {utc_timestamp(record.run.started_at)}; nothing is asked now."
    )
    if not record.is_complete:
        print_warning(
            "the evidence ends early, because its run was interrupted. What it lacks is unknown."
        )
    if record.redacted_replies:
        print_warning(
            f"{record.redacted_replies} replies held a secret, which was redacted. The report may "
            "show less than that of the run."
        )
