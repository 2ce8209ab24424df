"""Judges spoilt replies: what the program makes of one must follow from a strict reading of it."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random

from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.findings import Verdict
from auditor.soap.messages import SoapResponse
from tests.fuzz.mutations import mutate
from tests.fuzz.reader import read_reply
from tests.fuzz.recording import Recording

CLEAN = frozenset({Verdict.PASS, Verdict.EXPLAINED, Verdict.NOT_APPLICABLE})
"""Verdicts that ask for nothing, so that a reply must prove them."""

Verdicts = Mapping[tuple[str, str], Verdict]


@dataclass(frozen=True)
class Mutant:
    """A spoilt reply in place of one exchange; `how` names the mutations."""

    recording: int
    exchange: int
    reply: SoapResponse
    how: str


@dataclass
class FuzzJudge:
    """Audits each mutant, and what a strict reader makes of it, and compares."""

    recordings: list[Recording]
    _known: dict[tuple[int, int, bytes | None], ClusterReport] = field(default_factory=dict)

    @cached_property
    def service_names(self) -> frozenset[str]:
        """Return the names of all services in the genuine replies, as they are written there."""
        bodies = (e.reply.body for recording in self.recordings for e in recording.exchanges)
        found = (name for body in bodies for name in re.findall(rb"ServiceName>([^<]+)<", body))
        return frozenset(html.unescape(name.decode()) for name in found)

    def make_mutant(self, seed: int, number: int) -> Mutant:
        """Return a mutant, the same for the same seed and number."""
        chance = Random(f"{seed}:{number}")  # noqa: S311 - to be repeated, not to be secret
        which = chance.randrange(len(self.recordings))
        exchanges = self.recordings[which].exchanges
        place = chance.randrange(len(exchanges))
        reply, how = mutate(chance, exchanges[place].reply, exchanges)
        return Mutant(which, place, reply, how)

    def find_fault(self, mutant: Mutant) -> str:
        """Return what is wrong with the program's judgement of a mutant; empty if nothing is."""
        recording = self.recordings[mutant.recording]
        try:
            report = recording.audit({mutant.exchange: mutant.reply})
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the fuzzer looks for
            return f"{type(error).__name__}: {error}"
        if any(entry.reason is Reason.BUG for entry in report.coverage):
            return "bug"
        # A page that refuses a version of AXL proves nothing by itself: the next reply does.
        if recording.exchanges[mutant.exchange].reply.status != 200:
            return ""
        fault = _compare(report, self._audit_strictly(mutant))
        # A reply that the program refuses whole proves nothing, and asks no more than one that is
        # missing: what passes without it is proved by others.
        return fault if _compare(report, self._audit_without(mutant)) else ""

    def _audit_strictly(self, mutant: Mutant) -> ClusterReport:
        operation = self.recordings[mutant.recording].exchanges[mutant.exchange].operation
        return self._audit_body(mutant, read_reply(mutant.reply, operation, self.service_names))

    def _audit_without(self, mutant: Mutant) -> ClusterReport:
        return self._audit_body(mutant, None)

    def _audit_body(self, mutant: Mutant, body: bytes | None) -> ClusterReport:
        """Audit with this body in place of the mutant's; None is one that nobody can read."""
        recording = self.recordings[mutant.recording]
        key = mutant.recording, mutant.exchange, body
        if key not in self._known:
            genuine = recording.exchanges[mutant.exchange].reply
            reply = replace(
                genuine, status=200, content_type="text/xml", body=body or b"<nothing/>"
            )
            self._known[key] = recording.audit({mutant.exchange: reply})
        return self._known[key]


def _verdicts(report: ClusterReport) -> Verdicts:
    return {(f.recommendation, f.subject.name): f.verdict for f in report.findings}


def _compare(report: ClusterReport, proved: ClusterReport) -> str:
    verdicts, proved_verdicts = _verdicts(report), _verdicts(proved)
    unproved = [
        f"{row} on {subject}: {verdict}, not {proved_verdicts.get((row, subject))}"
        for (row, subject), verdict in verdicts.items()
        if verdict in CLEAN and not _is_proved(row, verdict, proved_verdicts.get((row, subject)))
    ]
    if unproved:
        return "; ".join(unproved[:4])
    if report.status is ClusterStatus.COMPLIANT and proved.status is not ClusterStatus.COMPLIANT:
        return f"compliant, not {proved.status}"
    return ""


def _is_proved(recommendation: str, verdict: Verdict, proved: Verdict | None) -> bool:
    # PROFILE-01 compares the file with what was read; where that is refused, it compares nothing.
    if (recommendation, verdict) == ("PROFILE-01", Verdict.NOT_APPLICABLE):
        return proved is not None
    return verdict is proved
