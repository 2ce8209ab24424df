"""The use case: settings of clusters in, one report out. The only place with a broad except."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from auditor.collect.clients import SurveyContext
from auditor.collect.discovery.probe_file import load_probes
from auditor.collect.discovery.probes import Probe
from auditor.collect.intercluster import add_peer_settings
from auditor.collect.progress import SurveyProgress
from auditor.collect.scope import AUDIT_SCOPE, SurveyScope
from auditor.collect.survey import ClusterSurvey, run_surveys
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import AuditorError, Bug, ConfigError, Interrupted
from auditor.history.loading import RunHistory
from auditor.models.cluster_report import ClusterReport
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, Severity
from auditor.models.history import TopologyRecall, recall_nothing
from auditor.models.nodes import RunState
from auditor.models.profile import ProfileEntry
from auditor.models.report import Report, RunMetadata
from auditor.problems import Problem
from auditor.recommendations.packs import Recommendation
from auditor.report.notices import cluster_notices
from auditor.soap.network import Network
from auditor.soap.redaction import RedactionWarnings
from auditor.text import utc_timestamp

if TYPE_CHECKING:
    from auditor.waivers.apply import ClusterWaivers

log = logging.getLogger(__name__)

_MOST_OPEN_NODES = 100
"""Of a run: the findings on further nodes are packed, or they would take most of the memory."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run, from the command line.

    `fail_on` None: as the file says. `reread_after_s`: read all services a second time after so
    many seconds; None: only where it is due. `discover` False: the IM&P database is not asked;
    `only_probes` are the ids of the probes to run, None: all. `scope` limits topics and nodes.
    `waivers` are the accepted differences by cluster name.
    """

    recommendations: tuple[Recommendation, ...]
    fail_on: Severity | None = None
    insecure: bool = False
    allow_unknown: bool = False
    mode: str = "audit"
    reread_after_s: float | None = None
    discover: bool = True
    only_probes: frozenset[str] | None = None
    scope: SurveyScope = AUDIT_SCOPE
    waivers: "Mapping[str, ClusterWaivers]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run needs from outside: the network, the time, an id, and where progress goes.

    `recall_topology` returns the nodes that an earlier run recorded.
    """

    network: Network
    workers: int
    run_id: str
    clock: Callable[[], datetime]
    progress: SurveyProgress
    recall_topology: TopologyRecall = recall_nothing
    warnings: RedactionWarnings = field(default_factory=RedactionWarnings)


def audit_clusters(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: RunOptions,
    context: RunContext,
    history: RunHistory | None = None,
) -> Report:
    """Ask and judge every cluster; `logins` is keyed by cluster name.

    `history` is read for the services that the previous run found Starting or Stopping, and is
    not written to.

    Raises:
        ConfigError: a file of probes is wrong; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every open connection is cut.
    """
    return audit_surveyed(
        clusters,
        lambda: survey_clusters(clusters, logins, options, context),
        options,
        context,
        history,
    )


def audit_surveyed(
    clusters: Sequence[ClusterSettings],
    survey: Callable[[], Sequence[ClusterFacts]],
    options: RunOptions,
    context: RunContext,
    history: RunHistory | None = None,
) -> Report:
    """Judge every cluster; `survey` asks them, and returns their facts in the same order.

    Raises what `survey` raises.
    """
    started = context.clock()
    surveyed = survey()
    # After the clusters are asked, because the history may still be loading until then.
    before = _read_moving_services(clusters, history) if history else {}
    facts = [replace(c, changing_before=before.get(c.name, {})) for c in surveyed]
    return build_report(clusters, facts, options, context, started)


def _read_moving_services(
    clusters: Sequence[ClusterSettings], history: RunHistory
) -> dict[str, Mapping[tuple[str, str], RunState]]:
    """Return what was Starting or Stopping in the run before, nothing where it cannot be read.

    A service that is stuck is unknown then. That the history fails is said when the run is to be
    recorded: its report must not be lost.
    """
    try:
        return {c.name: history.changing_services(c.name, c.cucm_name) for c in clusters}
    except ConfigError:
        return {}


def survey_clusters(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: RunOptions,
    context: RunContext,
    earlier: Mapping[str, ClusterFacts] | None = None,
) -> tuple[ClusterFacts, ...]:
    """Ask every cluster, and return the facts in the order of the clusters. Nothing is judged.

    `earlier` are facts of an earlier survey by cluster name: their nodes and groups are used, the
    CUCM publisher is not asked for them again, and new facts replace those of the same topic.

    Raises:
        ConfigError: a file of probes is wrong; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every open connection is cut.
    """
    # A mistake in a file of probes is no reason to refuse a run that reads no database.
    probed = clusters if options.discover else ()
    probes = load_probes(settings.probes for settings in probed)
    surveys = [
        ClusterSurvey(
            settings,
            _survey_context(
                logins[settings.name], options, context, probes.get(settings.probes, ())
            ),
            (earlier or {}).get(settings.name),
        )
        for settings in clusters
    ]
    try:
        facts = run_surveys(surveys, context.workers)
    except KeyboardInterrupt:
        # The steps wait in threads, which Python joins at its exit; only cut connections end them.
        context.network.interrupt()
        raise Interrupted("interrupted; nothing was written.") from None
    # After all surveys, because the database of one cluster shows what holds for another.
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
        reread_after_s=options.reread_after_s,
        probes=_select_probes(probes, options),
        scope=options.scope,
        warnings=context.warnings,
        recall_topology=context.recall_topology,
    )


def _select_probes(probes: Sequence[Probe], options: RunOptions) -> tuple[Probe, ...]:
    ids = options.only_probes
    return tuple(probe for probe in probes if ids is None or probe.id in ids)


def build_report(
    clusters: Sequence[ClusterSettings],
    facts: Sequence[ClusterFacts],
    options: RunOptions,
    context: RunContext,
    started: datetime,
) -> Report:
    """Judge the facts of each cluster, and return them with the metadata of the run."""
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
    judged: list[ClusterReport] = []
    nodes = 0
    for settings, own in zip(clusters, facts, strict=True):
        cluster = judge_cluster(replace(own, started_at=started), options, settings.fail_on)
        # The day of the start for all, even if the run goes on past midnight.
        cluster = _link_causes(_apply_waivers(cluster, options, started.date()))
        nodes += len(cluster.nodes)
        judged.append(_pack_findings(cluster) if nodes > _MOST_OPEN_NODES else cluster)
    return Report(run, tuple(judged))


def _pack_findings(cluster: ClusterReport) -> ClusterReport:
    # Small runs need not load it.
    from auditor.models.packed import PackedFindings

    return replace(cluster, findings=PackedFindings(cluster.findings))


def judge_cluster(facts: ClusterFacts, options: RunOptions, fail_on: Severity) -> ClusterReport:
    """Return the report of one cluster: its facts with the findings on them."""
    # Imported late: clusters are asked sooner, and commands that do not judge do not wait for it.
    from auditor.recommendations.engine import judge_facts

    findings = judge_facts(options.recommendations, facts)
    return ClusterReport(
        name=facts.name,
        release=facts.release,
        fail_on=options.fail_on or fail_on,
        nodes=facts.nodes,
        findings=findings,
        coverage=facts.coverage,
        notices=cluster_notices(facts),
        certificate_days=facts.certificate_days,
        cucm_certificate_not_after=facts.cucm_certificate_not_after,
        cucm_release=facts.cucm_release,
        are_nodes_listed=facts.are_nodes_listed,
        proposed=_propose_answers(facts, findings),
    )


def _propose_answers(facts: ClusterFacts, findings: Sequence[Finding]) -> tuple[ProfileEntry, ...]:
    awaited = {key for finding in findings for key in finding.awaited_keys}
    if not awaited:
        return ()
    # A file that declares its deployment need not load how it is inferred.
    from auditor.recommendations.inference import propose_answers

    return propose_answers(facts, awaited)


def _apply_waivers(cluster: ClusterReport, options: RunOptions, today: date) -> ClusterReport:
    """Return the cluster with its waivers applied, and notices on them."""
    accepted = options.waivers.get(cluster.name)
    if accepted is None:
        return cluster
    # Most runs have no waivers, and need not load their code.
    from auditor.waivers.apply import apply_waivers

    ids = {row.id for row in options.recommendations}
    waived = apply_waivers(cluster, accepted.rules, today, ids)
    return replace(waived, notices=(*waived.notices, *accepted.notices))


def _link_causes(cluster: ClusterReport) -> ClusterReport:
    # Imported late, as what judges is.
    from auditor.recommendations.causes import link_causes

    # After the waivers: what was accepted is no cause, and what it explains stays to be fixed.
    return replace(cluster, findings=link_causes(cluster.findings, cluster.nodes))


def _strictest_threshold(clusters: Sequence[ClusterSettings], options: RunOptions) -> Severity:
    """Return the threshold of the run, the strictest of those in the file."""
    return options.fail_on or max((c.fail_on for c in clusters), key=lambda s: s.rank)


def run_guarded(request: Callable[[], T]) -> T:
    """Run one request of a collector; a fault of this program becomes a gap of reason `bug`."""
    try:
        return request()
    except AuditorError:
        raise
    except Exception as fault:
        # Broad on purpose: an odd reply of one node must not cost the report on all the others.
        log.exception("a collector failed")
        raise Bug(Problem.OWN_FAULT, error=type(fault).__name__) from fault
