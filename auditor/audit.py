"""The use case: settings of clusters in, one report out. The only place with a broad except."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from auditor.collect.clients import SurveyContext, SurveyProgress
from auditor.collect.discovery.probe_file import load_probes
from auditor.collect.discovery.probes import Probe
from auditor.collect.intercluster import add_peer_settings
from auditor.collect.scope import AUDIT_SCOPE, SurveyScope
from auditor.collect.survey import ClusterSurvey, run_surveys
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import AuditorError, Bug, Interrupted
from auditor.failures import Problem
from auditor.models.facts import ClusterFacts
from auditor.models.findings import ClusterReport, Severity
from auditor.models.report import Report, RunMetadata
from auditor.recommendations.packs import Recommendation
from auditor.service_names import is_service_name
from auditor.soap.network import Network
from auditor.soap.redaction import RedactionWarnings

if TYPE_CHECKING:
    from auditor.history.store import HistoryStore
    from auditor.waivers.apply import ClusterWaivers

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line decides for a whole run.

    `fail_on` None: as the file says. `watch_s`: look at every service twice, that far apart;
    None: only where a second look is due. `discover` False: the IM&P database is not asked;
    `only_probes` are the ids of what it is asked for, None: all.
    `scope`: what to ask of which nodes. `waivers` are the accepted differences by cluster name.
    """

    recommendations: tuple[Recommendation, ...]
    fail_on: Severity | None = None
    insecure: bool = False
    allow_unknown: bool = False
    mode: str = "audit"
    watch_s: float | None = None
    discover: bool = True
    only_probes: frozenset[str] | None = None
    scope: SurveyScope = AUDIT_SCOPE
    waivers: "Mapping[str, ClusterWaivers]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run needs from outside: the seam to the network, time, identity, an onlooker."""

    network: Network
    workers: int
    run_id: str
    clock: Callable[[], datetime]
    progress: SurveyProgress
    warnings: RedactionWarnings = field(default_factory=RedactionWarnings)


def audit_clusters(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: RunOptions,
    context: RunContext,
    history: "HistoryStore | None" = None,
) -> Report:
    """Ask and judge every cluster; `logins` is keyed by cluster name.

    `history` tells which services the run before found on their way; nothing is recorded here.

    Raises:
        ConfigError: the history cannot be read; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every open connection is cut.
    """
    earlier = {c.name: history.previous(c.name, c.cucm_name) for c in clusters} if history else {}
    started = context.clock()
    facts = [
        replace(known, moved_before=before.moving) if (before := earlier.get(known.name)) else known
        for known in survey_clusters(clusters, logins, options, context)
    ]
    return build_report(clusters, facts, options, context, started)


def survey_clusters(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: RunOptions,
    context: RunContext,
    known: Mapping[str, ClusterFacts] | None = None,
) -> tuple[ClusterFacts, ...]:
    """Ask every cluster and judge nothing; facts come in the order of the clusters.

    `known` holds, by cluster name, what an earlier survey found: nodes and groups are taken from
    there, without asking the CUCM publisher for them again, and what is told now is put over it.

    Raises:
        ConfigError: a file of probes is wrong; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every open connection is cut.
    """
    asking = clusters if options.discover else ()
    probes = load_probes(settings.probes for settings in asking)
    surveys = [
        ClusterSurvey(
            settings,
            _survey_context(
                logins[settings.name], options, context, probes.get(settings.probes, ())
            ),
            (known or {}).get(settings.name),
        )
        for settings in clusters
    ]
    try:
        facts = run_surveys(surveys, context.workers)
    except KeyboardInterrupt:
        context.network.interrupt()
        raise Interrupted("interrupted; nothing was written.") from None
    return add_peer_settings(clusters, facts)


def _survey_context(
    login: Credentials, options: RunOptions, context: RunContext, probes: Sequence[Probe]
) -> SurveyContext:
    return SurveyContext(
        login,
        context.network,
        run_guarded,
        context.progress,
        insecure=options.insecure,
        watch_s=options.watch_s,
        probes=_select_probes(probes, options),
        scope=options.scope,
        warnings=context.warnings,
    )


def _select_probes(probes: Sequence[Probe], options: RunOptions) -> tuple[Probe, ...]:
    wanted = options.only_probes
    return tuple(probe for probe in probes if wanted is None or probe.id in wanted)


def build_report(
    clusters: Sequence[ClusterSettings],
    facts: Sequence[ClusterFacts],
    options: RunOptions,
    context: RunContext,
    started: datetime,
) -> Report:
    """Judge what is known of each cluster, and put the run's circumstances around it."""
    run = RunMetadata(
        id=context.run_id,
        mode=options.mode,
        started_at=utc_timestamp(started),
        finished_at=utc_timestamp(context.clock()),
        fail_on=_strictest_threshold(clusters, options),
        insecure=options.insecure,
        allow_unknown=options.allow_unknown,
        packs=tuple(dict.fromkeys(row.pack for row in options.recommendations)),
    )
    return Report(
        run,
        tuple(
            _apply_waivers(judge_cluster(known, options, settings.fail_on), options, started.date())
            for settings, known in zip(clusters, facts, strict=True)
        ),
    )


def judge_cluster(facts: ClusterFacts, options: RunOptions, fail_on: Severity) -> ClusterReport:
    """Return one cluster's facts with the findings on them."""
    # Only now, because nobody waits for it while the clusters are asked.
    from auditor.recommendations.engine import judge_facts

    return ClusterReport(
        name=facts.name,
        release=facts.release,
        fail_on=options.fail_on or fail_on,
        nodes=facts.nodes,
        findings=judge_facts(options.recommendations, facts),
        coverage=facts.coverage,
        notices=cluster_notices(facts),
    )


def _apply_waivers(cluster: ClusterReport, options: RunOptions, today: date) -> ClusterReport:
    """Return the cluster with its waivers applied, and what is to be said of them."""
    accepted = options.waivers.get(cluster.name)
    if accepted is None:
        return cluster
    from auditor.waivers.apply import apply_waivers

    ids = {row.id for row in options.recommendations}
    waived = apply_waivers(cluster, accepted.rules, today, ids)
    return replace(waived, notices=(*waived.notices, *accepted.notices))


def utc_timestamp(moment: datetime) -> str:
    """Return a time of this machine as the reports write it: ISO 8601, UTC, whole seconds."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _strictest_threshold(clusters: Sequence[ClusterSettings], options: RunOptions) -> Severity:
    """Return the threshold of the run; of several in the file, the strictest is named."""
    return options.fail_on or max((c.fail_on for c in clusters), key=lambda s: s.rank)


def run_guarded(request: Callable[[], T]) -> T:
    """Run one collector's question; a fault of ours becomes coverage of reason `bug`."""
    try:
        return request()
    except AuditorError:
        raise
    except Exception as fault:
        log.exception("a collector failed")
        raise Bug(Problem.OWN_FAULT, error=type(fault).__name__) from fault


def cluster_notices(facts: ClusterFacts) -> tuple[str, ...]:
    """Return what the reader should know although no recommendation speaks of it."""
    where: dict[str, list[str]] = {}
    for one in facts.nodes:
        for service in one.services:
            if not is_service_name(service):
                where.setdefault(service, []).append(one.name)
    unheard = tuple(
        f'Service "{service}" is on no list that auditor knows; it was not judged '
        f"({', '.join(sorted(on))})."
        for service, on in sorted(where.items())
    )
    return (*unheard, *facts.notes)
