"""What a run is given: its options, and what it needs from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.collect.progress import SurveyProgress
from auditor.collect.scope import AUDIT_SCOPE, SurveyScope
from auditor.models.findings import Severity
from auditor.models.nodes import TopologyRecall, recall_nothing
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.soap.network import Network
from auditor.soap.redaction import RedactionWarnings

if TYPE_CHECKING:
    from auditor.waivers.apply import ClusterWaivers


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run, from the command line.

    `packs` are the names of the packs to judge by. `fail_on` None: as the file says.
    `reread_after_s`: read all services a second time after so many seconds; None: only where it is
    due. `discover` False: the IM&P database is not asked; `only_probes` are the ids of the probes
    to run, None: all. `scope` limits topics and nodes. `waivers` are the accepted differences by
    cluster name.
    """

    packs: tuple[str, ...] = BUILT_IN_PACKS
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
