"""An audit: settings of clusters in, one report out. The only place with a broad except."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from auditor.collect.clients import SurveyContext, no_probes
from auditor.collect.intercluster import add_peer_settings
from auditor.collect.survey import ClusterSurvey, run_surveys
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import AuditorError, Bug, ConfigError, Interrupted
from auditor.history.loading import RunHistory
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import RunState
from auditor.problems import Problem
from auditor.run import RunContext, RunOptions

if TYPE_CHECKING:  # what reads the database, and what judges, loads late
    from auditor.collect.discovery.probes import Probe
    from auditor.models.report import Report

log = logging.getLogger(__name__)

T = TypeVar("T")


def audit_clusters(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: RunOptions,
    context: RunContext,
    history: RunHistory | None = None,
) -> "Report":
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
) -> "Report":
    """Judge every cluster; `survey` asks them, and returns their facts in the same order.

    Raises what `survey` raises.
    """
    started = context.clock()
    surveyed = survey()
    # After the clusters are asked, because the history may still be loading until then.
    before = _read_moving_services(clusters, history) if history else {}
    facts = [replace(c, changing_before=before.get(c.name, {})) for c in surveyed]
    # Late: clusters are asked sooner, and commands that do not judge do not wait for it.
    from auditor.judging import build_report

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
    loaded = _load_probe_files(clusters) if options.discover else {}
    surveys = [
        ClusterSurvey(
            settings,
            _survey_context(logins[settings.name], options, context, loaded.get(settings.probes)),
            (earlier or {}).get(settings.name),
        )
        for settings in clusters
    ]
    try:
        facts = run_surveys(surveys, context.workers)
        context.network.wait_for_background_work()
    except KeyboardInterrupt:
        # The steps wait in threads, which Python joins at its exit; only cut connections end them.
        context.network.interrupt()
        raise Interrupted("interrupted; nothing was written.") from None
    # After all surveys, because the database of one cluster shows what holds for another.
    return add_peer_settings(clusters, facts)


def _survey_context(
    login: Credentials,
    options: RunOptions,
    context: RunContext,
    probes: "Sequence[Probe] | None",
) -> SurveyContext:
    return SurveyContext(
        login,
        context.network,
        run_guarded,
        context.progress,
        insecure=options.insecure,
        reread_after_s=options.reread_after_s,
        probes=partial(_select_probes, probes, options) if options.discover else no_probes,
        scope=options.scope,
        warnings=context.warnings,
        recall_topology=context.recall_topology,
    )


def _load_probe_files(
    clusters: Sequence[ClusterSettings],
) -> "Mapping[Path | None, tuple[Probe, ...]]":
    """Return the probes of each operator's file; raises ConfigError before anything is asked."""
    paths = [settings.probes for settings in clusters if settings.probes]
    if not paths:
        return {}
    from auditor.collect.discovery.probe_file import load_probes

    return load_probes(paths)


def _select_probes(probes: "Sequence[Probe] | None", options: RunOptions) -> "tuple[Probe, ...]":
    """Return the probes to run: of a file's, or of those that ship (None), the wanted ones."""
    # Late: clusters are asked sooner without them.
    from auditor.collect.discovery.probe_file import load_built_in_probes

    ids = options.only_probes
    chosen = load_built_in_probes() if probes is None else probes
    return tuple(probe for probe in chosen if ids is None or probe.id in ids)


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
