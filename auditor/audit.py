"""The use case: settings of clusters in, one report out. The only place with a broad except."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from auditor import names
from auditor.cluster import ClusterFacts
from auditor.collect import intercluster, probe_file
from auditor.collect.crew import Crew
from auditor.collect.probes import Probe
from auditor.collect.survey import Survey
from auditor.collect.terms import Progress, Terms
from auditor.collect.topics import EVERYTHING, Errand
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import AuditorError, Bug, Interrupted
from auditor.findings import ClusterReport, Severity
from auditor.recommendations.model import Recommendation
from auditor.runs import Report, Run
from auditor.soap.exchange import Wire
from auditor.soap.hiding import Notice

if TYPE_CHECKING:
    from auditor.history.store import History
    from auditor.waivers.gathering import Accepted

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line decides for a whole run.

    `fail_on` None: as the file says. `watch_s`: look at every service twice, that far apart;
    None: only where a second look is due. `discover` False: the IM&P database is not asked;
    `only_probes` are the ids of what it is asked for, None: all.
    `errand`: what to ask of which nodes. `waivers` are the accepted differences by cluster name.
    """

    recommendations: tuple[Recommendation, ...]
    fail_on: Severity | None = None
    insecure: bool = False
    allow_unknown: bool = False
    mode: str = "audit"
    watch_s: float | None = None
    discover: bool = True
    only_probes: frozenset[str] | None = None
    errand: Errand = EVERYTHING
    waivers: "Mapping[str, Accepted]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What a run needs from outside: the seam to the network, time, identity, an onlooker."""

    wire: Wire
    workers: int
    run_id: str
    clock: Callable[[], datetime]
    progress: Progress
    notice: Notice = field(default_factory=Notice)


def audit(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: Options,
    world: World,
    history: "History | None" = None,
) -> Report:
    """Ask and judge every cluster; `logins` is keyed by cluster name.

    `history` tells which services the run before found on their way; nothing is recorded here.

    Raises:
        ConfigError: the history cannot be read; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every open connection is cut.
    """
    earlier = {c.name: history.previous(c.name, c.cucm_name) for c in clusters} if history else {}
    started = world.clock()
    facts = [
        replace(known, moved_before=before.moving) if (before := earlier.get(known.name)) else known
        for known in survey(clusters, logins, options, world)
    ]
    return report_on(clusters, facts, options, world, started)


def survey(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: Options,
    world: World,
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
    probes = probe_file.load(settings.probes for settings in asking)
    surveys = [
        Survey(
            settings,
            _terms(logins[settings.name], options, world, probes.get(settings.probes, ())),
            (known or {}).get(settings.name),
        )
        for settings in clusters
    ]
    with Crew(world.workers) as crew:
        for one in surveys:
            one.start(crew)
        try:
            crew.wait()
        except KeyboardInterrupt:
            world.wire.interrupt()
            raise Interrupted("interrupted; nothing was written.") from None
    return intercluster.told_by_peers(clusters, [one.facts for one in surveys])


def _terms(login: Credentials, options: Options, world: World, probes: Sequence[Probe]) -> Terms:
    return Terms(
        login,
        world.wire,
        guard,
        world.progress,
        insecure=options.insecure,
        watch_s=options.watch_s,
        probes=_wanted(probes, options),
        errand=options.errand,
        notice=world.notice,
    )


def _wanted(probes: Sequence[Probe], options: Options) -> tuple[Probe, ...]:
    wanted = options.only_probes
    return tuple(probe for probe in probes if wanted is None or probe.id in wanted)


def report_on(
    clusters: Sequence[ClusterSettings],
    facts: Sequence[ClusterFacts],
    options: Options,
    world: World,
    started: datetime,
) -> Report:
    """Judge what is known of each cluster, and put the run's circumstances around it."""
    run = Run(
        id=world.run_id,
        mode=options.mode,
        started_at=iso(started),
        finished_at=iso(world.clock()),
        fail_on=_threshold(clusters, options),
        insecure=options.insecure,
        allow_unknown=options.allow_unknown,
        packs=tuple(dict.fromkeys(row.pack for row in options.recommendations)),
    )
    return Report(
        run,
        tuple(
            _accepted(judged(known, options, settings.fail_on), options, started.date())
            for settings, known in zip(clusters, facts, strict=True)
        ),
    )


def judged(facts: ClusterFacts, options: Options, fail_on: Severity) -> ClusterReport:
    """Return one cluster's facts with the findings on them."""
    # Only now, because nobody waits for it while the clusters are asked.
    from auditor.recommendations.engine import judge

    return ClusterReport(
        name=facts.name,
        release=facts.release,
        fail_on=options.fail_on or fail_on,
        nodes=facts.nodes,
        findings=judge(options.recommendations, facts),
        coverage=facts.coverage,
        notices=notices(facts),
    )


def _accepted(cluster: ClusterReport, options: Options, today: date) -> ClusterReport:
    """Return the cluster with its waivers applied, and what is to be said of them."""
    accepted = options.waivers.get(cluster.name)
    if accepted is None:
        return cluster
    from auditor.waivers.applying import waive

    ids = {row.id for row in options.recommendations}
    waived = waive(cluster, accepted.rules, today, ids)
    return replace(waived, notices=(*waived.notices, *accepted.notices))


def iso(moment: datetime) -> str:
    """Return a time of this machine as the reports write it: ISO 8601, UTC, whole seconds."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _threshold(clusters: Sequence[ClusterSettings], options: Options) -> Severity:
    """Return the threshold of the run; of several in the file, the strictest is named."""
    return options.fail_on or max((c.fail_on for c in clusters), key=lambda s: s.rank)


def guard(question: Callable[[], T]) -> T:
    """Run one collector's question; a fault of ours becomes coverage of reason `bug`."""
    try:
        return question()
    except AuditorError:
        raise
    except Exception as fault:
        log.exception("a collector failed")
        raise Bug(
            f"auditor itself failed here ({type(fault).__name__}).",
            "Run again with --verbose for the trace, and report it.",
        ) from fault


def notices(facts: ClusterFacts) -> tuple[str, ...]:
    """Return what the reader should know although no recommendation speaks of it."""
    where: dict[str, list[str]] = {}
    for one in facts.nodes:
        for service in one.services:
            if not names.is_known(service):
                where.setdefault(service, []).append(one.name)
    unheard = tuple(
        f'Service "{service}" is on no list that auditor knows; it was not judged '
        f"({', '.join(sorted(on))})."
        for service, on in sorted(where.items())
    )
    return (*unheard, *facts.notes)
