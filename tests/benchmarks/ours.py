"""The program's own side: one audit in this process, live or written down question by question."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from auditor.audit import Options, World, audit
from auditor.config.loader import load
from auditor.credentials import Credentials, Secret
from auditor.recommendations.model import load_packs
from auditor.runs import Report
from auditor.soap.endpoint import Endpoint, Limits
from auditor.soap.exchange import Answer, LiveWire, Question, Wire
from auditor.soap.transport import LiveLine
from tests.benchmarks.farm import Farm


@dataclass(slots=True)
class Asked:
    """The questions that one server was asked, in order."""

    endpoint: Endpoint
    questions: list[Question] = field(default_factory=list)


class _Noting(LiveWire):
    """A live wire that keeps what was asked of each server."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def line(self, endpoint: Endpoint, credentials: Credentials, limits: Limits) -> LiveLine:
        line = super().line(endpoint, credentials, limits)
        asked = Asked(endpoint)
        self.asked.append(asked)
        post = line.post

        def noted(question: Question) -> Answer:
            asked.questions.append(question)
            return post(question)

        line.post = noted  # type: ignore[method-assign] # the one place to stand in between
        return line


def prepared(farm: Farm) -> Callable[[Wire], Report]:
    """Read configuration and packs; return what audits every cluster of the farm once."""
    configuration = load(farm.config)
    login = Credentials(farm.username, Secret(farm.password))
    options = Options(load_packs())

    def run(wire: Wire) -> Report:
        world = World(
            wire=wire,
            workers=configuration.workers,
            run_id="benchmark",
            clock=lambda: datetime.now(UTC),
            progress=lambda _cluster, _server: None,
        )
        return audit(
            configuration.clusters,
            {cluster.name: login for cluster in configuration.clusters},
            options,
            world,
        )

    return run


class Ended(Protocol):
    """Whatever a run comes to, with the code that it would exit with."""

    @property
    def exit_code(self) -> int:
        """Return 0 if everything was good and known."""


def questions(run: Callable[[Wire], Ended]) -> list[Asked]:
    """Run once and return what each server was asked.

    Raises RuntimeError if anything stayed unknown: a number would say nothing then.
    """
    with closing(_Noting()) as wire:
        report = run(wire)
    if report.exit_code:
        raise RuntimeError(f"the run ended with exit code {int(report.exit_code)}")
    return wire.asked


def seconds(run: Callable[[Wire], Ended]) -> float:
    """Run once, from settings to what it comes to, and return how long it took."""
    began = time.perf_counter()
    with closing(LiveWire()) as wire:
        run(wire)
    return time.perf_counter() - began
