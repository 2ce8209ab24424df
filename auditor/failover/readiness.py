"""Before the event: is each pair ready for a failover, and if not, what comes first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.failover import action, states, verdict
from auditor.failover.findings import Check, GroupCheck, Standing, gravest
from auditor.failover.judged import Judged
from auditor.failover.losses import Loss, What, losses
from auditor.failover.states import listed
from auditor.findings import ExitCode, Verdict

_SPENT = (Standing.FAILED_OVER, Standing.BROKEN)
"""How a pair stands whose failover has happened: there is no partner left to go to."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The check, and what a failover would lose on top of it."""

    check: Check
    losses: tuple[Loss, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 if nothing would be lost, 3 if something would, 4 if that cannot be told."""
        codes = [self.check.exit_code]
        codes += [
            ExitCode.DRIFT if loss.verdict is Verdict.DRIFT else ExitCode.INCOMPLETE
            for loss in self.losses
        ]
        return gravest(codes)

    def of(self, group: GroupCheck) -> list[What]:
        """Return what a failover of a group would certainly lose."""
        return [
            x.what
            for x in self.losses
            if (x.cluster, x.group, x.verdict) == (group.cluster, group.name, Verdict.DRIFT)
        ]

    @property
    def verdict(self) -> str:
        """Return the first line."""
        against = list(_against(self))
        if against:
            return f"Not ready: {'; '.join(against)}."
        if self.exit_code is ExitCode.DRIFT:
            return f"Not ready: {_why(self.check)}"
        of = f" of {listed(map(self.check.title, self.check.groups))}" if self.check.groups else ""
        if self.exit_code is ExitCode.COMPLIANT:
            bad = [name for group in self.check.groups for name in group.bad_replication]
            but = f", but database replication of {listed(bad)} is bad" if bad else ""
            return f"Ready: nothing that can be read would be lost in a failover{of}{but}."
        good = self.check.exit_code is ExitCode.COMPLIANT
        why = self.losses[0].why if good else _why(self.check)
        return f"Cannot tell whether a failover{of} would lose anything: {why}"

    @property
    def action(self) -> str:
        """Return the second line."""
        wrecked = [group for group in self.check.groups if group.bad_replication]
        if self.exit_code is ExitCode.COMPLIANT and wrecked:
            return action.of_group(wrecked[0])
        if self.exit_code is ExitCode.COMPLIANT:
            return (
                "Do: keep a snapshot, to compare sessions afterwards (`auditor snapshot`). Do not: "
                "add, move or delete users while failed over."
            )
        spent = _of(self.check, *_SPENT)
        if spent:
            return action.of_group(spent[0])
        certain = [loss for loss in self.losses if loss.verdict is Verdict.DRIFT]
        if certain:
            return self._against(certain[0])
        if self.losses and self.check.exit_code is ExitCode.COMPLIANT:
            return _settle(self.losses[0])
        return action.of_all(self.check)

    def _against(self, loss: Loss) -> str:
        """Return the action for what the first line says would be lost."""
        group = next(
            g for g in self.check.groups if (g.cluster, g.name) == (loss.cluster, loss.group)
        )
        bad = group.code(accept_failed_over=False) is ExitCode.DRIFT
        if bad or group.standing is Standing.SWITCHED_OFF:
            return action.of_group(group)
        return _settle(loss)


def _settle(loss: Loss) -> str:
    how = f"{loss.remedy}." if loss.remedy else f"settle this first: {loss.why}"
    return f"Do: {how} Do not: fail over by hand before."


def _against(found: Readiness) -> Iterator[str]:
    """Yield what certainly stands against a failover: first the pairs that had one already."""
    spent = _of(found.check, *_SPENT)
    for group in spent:
        how = "failed over" if group.standing is Standing.FAILED_OVER else "broken"
        yield (
            f"{found.check.title(group)} is {how} already ({states.of_pair(group)}), so a further "
            "failure has no partner to go to"
        )
    losing = [
        (group, what)
        for group in found.check.groups
        if group not in spent
        if (what := found.of(group))
    ]
    if losing:
        told = ", ".join(dict.fromkeys(one for _, whats in losing for one in whats))
        where = listed(found.check.title(group) for group, _ in losing)
        yield f"a failover of {where} would lose {told}"


def _why(check: Check) -> str:
    """Return what the check says, without a word of verdict that the first line has already."""
    told = verdict.of_all(check)
    if told.startswith(("Cannot tell", "Not sound: ", "Not certain: ")):
        return told.partition(": ")[2]
    return told[:1].lower() + told[1:]


def _of(check: Check, *standings: Standing) -> list[GroupCheck]:
    return [group for group in check.groups if group.standing in standings]


def readiness(check: Check, clusters: Mapping[str, Judged]) -> Readiness:
    """Return what a failover of each group would lose; `clusters` are judged, by name."""
    found = (x for group in check.groups for x in losses(group, clusters[group.cluster]))
    return Readiness(check, tuple(dict.fromkeys(found)))
