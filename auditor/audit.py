"""The use case: settings of clusters in, one report out. The only place with a broad except."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from auditor import names
from auditor.collect.crew import Crew
from auditor.collect.survey import Progress, Survey
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import AuditorError, Bug, Interrupted
from auditor.facts import ClusterFacts
from auditor.findings import ClusterReport, Report, Run, Severity
from auditor.recommendations.engine import judge
from auditor.recommendations.model import Recommendation
from auditor.soap.exchange import Wire

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line decides for a whole run; `fail_on` None: as the file says."""

    recommendations: tuple[Recommendation, ...]
    fail_on: Severity | None = None
    insecure: bool = False
    allow_unknown: bool = False
    mode: str = "audit"


def audit(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: Options,
    *,
    wire: Wire,
    workers: int,
    run_id: str,
    clock: Callable[[], datetime],
    progress: Progress,
) -> Report:
    """Ask and judge every cluster; `logins` is keyed by cluster name.

    Raises:
        Interrupted: the user pressed Ctrl-C; every open connection is cut.
    """
    started = clock()
    surveys = [
        Survey(
            settings,
            logins[settings.name],
            insecure=options.insecure,
            wire=wire,
            guard=guard,
            progress=progress,
        )
        for settings in clusters
    ]
    with Crew(workers) as crew:
        for survey in surveys:
            survey.start(crew)
        try:
            crew.wait()
        except KeyboardInterrupt:
            wire.interrupt()
            raise Interrupted("Interrupted; nothing was written.") from None
    run = Run(
        id=run_id,
        mode=options.mode,
        started_at=_iso(started),
        finished_at=_iso(clock()),
        fail_on=_threshold(clusters, options),
        insecure=options.insecure,
        allow_unknown=options.allow_unknown,
    )
    return Report(run, tuple(_judged(survey, options) for survey in surveys))


def _iso(moment: datetime) -> str:
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


def _judged(survey: Survey, options: Options) -> ClusterReport:
    facts = survey.facts
    if facts is None:
        raise RuntimeError(f"the survey of {survey.settings.name} ended without facts")
    return ClusterReport(
        name=facts.name,
        release=facts.release,
        fail_on=options.fail_on or survey.settings.fail_on,
        nodes=facts.nodes,
        findings=judge(options.recommendations, facts),
        coverage=facts.coverage,
        notices=notices(facts),
    )


def notices(facts: ClusterFacts) -> tuple[str, ...]:
    """Return what the reader should know although no recommendation speaks of it."""
    where: dict[str, list[str]] = {}
    for one in facts.nodes:
        for service in one.services:
            if not names.is_known(service):
                where.setdefault(service, []).append(one.name)
    return tuple(
        f'Service "{service}" is on no list that auditor knows; it was not judged '
        f"({', '.join(sorted(on))})."
        for service, on in sorted(where.items())
    )
