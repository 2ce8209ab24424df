"""The program's own side: one audit in this process, live or written down question by question."""

import gc
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from auditor.__main__ import GC_ALLOCATION_THRESHOLD, GC_OLDER_THRESHOLDS
from auditor.audit import audit_clusters
from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.models.report import Report
from auditor.run import RunContext, RunOptions
from auditor.soap.messages import Endpoint, RequestLimits, SoapRequest, SoapResponse
from auditor.soap.network import LiveNetwork, Network, ServerSession
from tests.benchmarks.farm import Farm


@dataclass(slots=True)
class Asked:
    """The questions that one server was asked, in order."""

    endpoint: Endpoint
    questions: list[SoapRequest] = field(default_factory=list)


class _Noting(LiveNetwork):
    """A live wire that keeps what was asked of each server."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        line = super().open_session(endpoint, credentials, limits)
        server = Asked(endpoint)
        self.asked.append(server)
        post = line.post

        def noted(request: SoapRequest) -> SoapResponse:
            server.questions.append(request)
            return post(request)

        line.post = noted  # type: ignore[method-assign] # the one place to stand in between
        return line


def prepared(farm: Farm) -> Callable[[Network], Report]:
    """Read configuration and packs; return what audits every cluster of the farm once."""
    configuration = load_configuration(farm.config)
    login = Credentials(farm.username, Secret(farm.password))
    options = RunOptions()

    def run(wire: Network) -> Report:
        world = RunContext(
            network=wire,
            workers=configuration.workers,
            run_id="benchmark",
            clock=lambda: datetime.now(UTC),
            progress=lambda _cluster, _server: None,
        )
        return audit_clusters(
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


def questions(run: Callable[[Network], Ended]) -> list[Asked]:
    """Run once and return what each server was asked.

    Raises RuntimeError if anything stayed unknown: a number would say nothing then.
    """
    with closing(_Noting()) as wire:
        report = run(wire)
    if report.exit_code:
        raise RuntimeError(f"the run ended with exit code {int(report.exit_code)}")
    return wire.asked


def seconds(run: Callable[[Network], Ended]) -> float:
    """Run once, from settings to what it comes to, and return how long it took.

    Garbage is collected as seldom as the program itself lets it.
    """
    before = gc.get_threshold()
    gc.set_threshold(GC_ALLOCATION_THRESHOLD, *GC_OLDER_THRESHOLDS)
    try:
        began = time.perf_counter()
        with closing(LiveNetwork()) as wire:
            run(wire)
        return time.perf_counter() - began
    finally:
        gc.set_threshold(*before)
