"""Has each cluster asked by a worker, and returns what all came to."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from auditor.collect.discovery.probe_file import load_probes
from auditor.collect.intercluster import add_peer_settings
from auditor.collect.progress import SchedulerAwaited
from auditor.config.settings import ClusterSettings
from auditor.errors import AuditorError, Interrupted
from auditor.fleet.connection import LOCAL, FleetOptions, open_scheduler
from auditor.fleet.dispatch import Dispatch, site_resource
from auditor.fleet.messages import ClusterTask
from auditor.fleet.privacy import Privacy
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import RecordedTopology
from auditor.run import RunContext, RunOptions

log = logging.getLogger(__name__)


def survey_fleet(
    clusters: Sequence[ClusterSettings],
    options: RunOptions,
    context: RunContext,
    fleet: FleetOptions,
) -> tuple[ClusterFacts, ...]:
    """Ask every cluster on a worker, and return the facts in the order of the clusters.

    Raises:
        ConfigError: a file of probes is wrong, or there is no scheduler; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every task is cancelled.
    """
    load_probes(settings.probes for settings in clusters)
    tasks = [_build_task(each, options, context, fleet.privacy) for each in clusters]
    resources = {site_resource(task.settings): 1.0 for task in tasks if task.settings.site}
    address = None if fleet.scheduler == LOCAL else fleet.scheduler
    context.progress("", SchedulerAwaited(address))
    with open_scheduler(fleet, len(tasks), resources) as client:
        dispatch = Dispatch(client, context, fleet)
        try:
            facts = dispatch.run(tasks)
        except KeyboardInterrupt:
            dispatch.cancel()
            raise Interrupted("interrupted; nothing was written.") from None
    # Here, because the database of one cluster shows what holds for another.
    return add_peer_settings(clusters, [facts[settings.name] for settings in clusters])


def _build_task(
    settings: ClusterSettings, options: RunOptions, context: RunContext, privacy: Privacy
) -> ClusterTask:
    return ClusterTask(
        replace(settings, ca_bundle=None, probes=None, waivers=None),
        context.workers,
        ("auditor", context.run_id, settings.name),
        privacy=privacy,
        insecure=options.insecure,
        reread_after_s=options.reread_after_s,
        ca_bundle=_read_optional(settings.ca_bundle),
        probes=_read_optional(settings.probes),
        recorded=_recall_topology(settings, context),
    )


def _read_optional(path: Path | None) -> str | None:
    return None if path is None else path.read_text(encoding="utf-8")


def _recall_topology(settings: ClusterSettings, context: RunContext) -> RecordedTopology | None:
    """Return the recorded topology where a worker may need it, for it has no history."""
    if settings.nodes:
        return None
    try:
        return context.recall_topology(settings.name, settings.cucm_name)
    except AuditorError as fault:
        log.warning("the history has no nodes of %s: %s", settings.name, fault)
        return None
