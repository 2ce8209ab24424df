"""Asks the clusters what tells how a pair stands, and the database for what PerfMon keeps back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.audit import Options, World, survey
from auditor.cluster import ClusterFacts, Group
from auditor.collect.topics import FAILOVER, Errand, Topic
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import Reason
from auditor.facts import NodeFacts, Role
from auditor.failover.groups import nodes_of
from auditor.failover.request import Request


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Who is asked, with which accounts, by which way."""

    clusters: Sequence[ClusterSettings]
    logins: Mapping[str, Credentials]
    request: Request
    world: World

    def begin(self) -> Sequence[ClusterFacts]:
        """Ask every cluster about all that matters, in the groups that are wanted or in all."""
        only = frozenset(group.casefold() for group in self.request.groups) or None
        return self._ask(self.clusters, Errand(FAILOVER, groups=only, hurries=True), None)

    def again(self, errand: Errand, known: Mapping[str, ClusterFacts]) -> Sequence[ClusterFacts]:
        """Ask the known clusters once more, and put what they tell over it."""
        chosen = [settings for settings in self.clusters if settings.name in known]
        return self._ask(chosen, errand, known)

    def _ask(
        self,
        chosen: Sequence[ClusterSettings],
        errand: Errand,
        known: Mapping[str, ClusterFacts] | None,
    ) -> Sequence[ClusterFacts]:
        options = Options((), insecure=self.request.insecure, discover=False, errand=errand)
        found = survey(chosen, self.logins, options, self.world, known)
        return [
            self._with_database(settings, facts, options)
            for settings, facts in zip(chosen, found, strict=True)
        ]

    def _with_database(
        self, settings: ClusterSettings, facts: ClusterFacts, options: Options
    ) -> ClusterFacts:
        """Fill HA states that PerfMon did not tell from the IM&P database, if there is one to ask.

        PerfMon documents the state from release 12.5 on; the database's word is only discovered.
        """
        publisher = next((n for n in facts.nodes if n.role is Role.PUBLISHER), None)
        if publisher is None or not _lacks_states(facts, options.errand):
            return facts
        errand = Errand(frozenset({Topic.AXL}), nodes=frozenset({publisher.name.casefold()}))
        asking = replace(options, discover=True, only_probes=frozenset({"groups"}), errand=errand)
        known = {settings.name: facts}
        (told,) = survey([settings], self.logins, asking, self.world, known)
        return told


def _lacks_states(facts: ClusterFacts, errand: Errand) -> bool:
    """Tell whether states were asked for and are missing, and no password was refused."""
    refused = any(entry.reason is Reason.CREDENTIALS for entry in facts.coverage)
    lacking = any(_silent(facts, group) for group in facts.groups)
    return lacking and not refused and Topic.HA in errand.topics


def _silent(facts: ClusterFacts, group: Group) -> Sequence[NodeFacts]:
    """Return the nodes of a pair that answered, and did not tell their HA state."""
    if group.ha_enabled is False or len(group.nodes) < 2:
        return ()
    return [n for n in nodes_of(facts, group) if n.services and n.ha_state is None]
