"""What a pack must have right beyond its shape: known names, and a remedy for each drift."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from auditor import names
from auditor.findings import Kind, SubjectKind
from auditor.recommendations.blocks import Block
from auditor.recommendations.vocabulary import DEPLOYMENT_KEYS, Expectation, Mode
from auditor.shape import meant
from auditor.showing import shown

_KINDS: Mapping[Expectation, frozenset[Kind]] = {
    Expectation.RUNNING: frozenset({Kind.NOT_ACTIVATED, Kind.STOPPED, Kind.UNSTABLE}),
    Expectation.NOT_ACTIVATED: frozenset({Kind.MISPLACED, Kind.UNNEEDED}),
    Expectation.OPTIONAL: frozenset(),
    Expectation.STAYS_UP: frozenset({Kind.UNSTABLE}),
    Expectation.ANSWERS: frozenset({Kind.NOT_ANSWERING}),
    Expectation.PAIR_HEALTHY: frozenset({Kind.HA_ABNORMAL}),
    Expectation.GROUPED: frozenset({Kind.NOT_GROUPED}),
    Expectation.PROFILE_AGREES: frozenset({Kind.PROFILE_CONFLICT}),
    Expectation.PROFILE_NAMES_EXIST: frozenset({Kind.PROFILE_CONFLICT}),
    Expectation.ABSENT_FEATURE_IS_OFF: frozenset({Kind.PROFILE_CONFLICT}),
    Expectation.CONFIRMED: frozenset(),
}
"""The kinds of drift of each expectation, all others being prerequisites."""

_PREREQUISITE = frozenset({Kind.PREREQUISITE_MISSING, Kind.PROFILE_CONFLICT})

_SUBJECTS = {
    Expectation.PAIR_HEALTHY: SubjectKind.GROUP,
    Expectation.PROFILE_AGREES: SubjectKind.KEY,
    Expectation.PROFILE_NAMES_EXIST: SubjectKind.KEY,
    Expectation.ABSENT_FEATURE_IS_OFF: SubjectKind.KEY,
    Expectation.CONFIRMED: SubjectKind.CLUSTER,
}
"""The subject of each expectation, all others being judged on nodes."""

_WITHOUT_SERVICE = frozenset({*_SUBJECTS, Expectation.GROUPED})


def disagreements(rows: Sequence[Block], origin: str) -> Iterator[str]:
    """Yield a line for everything in the blocks that does not fit together."""
    counts = Counter(row.id for row in rows)
    for name, count in counts.items():
        if count > 1:
            yield f"{origin}: {name}: the id stands {count} times"
    for row in rows:
        parts = (_service(row), _frame(row), _remedies(row), _watches(row), _source(row))
        for problem in chain.from_iterable(parts):
            yield f"{origin}: {row.id}: {problem}"


def _service(row: Block) -> Iterator[str]:
    if row.expects in _WITHOUT_SERVICE:
        if row.service is not None:
            yield f"`service` has no place beside expects = `{row.expects}`"
        return
    if row.service is None:
        yield f"the key `service` is missing; expects = `{row.expects}` needs it"
        return
    yield from _known(row.service, "service")
    if row.network is not (names.deployable(row.service) is False):
        yield f"`network` must be {str(not row.network).lower()} for {row.service}"


def _source(row: Block) -> Iterator[str]:
    if (row.source.section is None) == (row.source.passage is None):
        yield "`source` needs `section`, the title as Cisco has it, or else `passage`"


def _known(service: str, key: str) -> Iterator[str]:
    if not names.is_known(service):
        near = meant(service, names.FEATURE_SERVICES | names.NETWORK_SERVICES)
        yield f"`{key}` names no service of IM and Presence: `{shown(service)}`{near}"
    elif names.canonical(service) != service:
        yield f"`{key}` must be spelled `{names.canonical(service)}`, not `{shown(service)}`"


def _frame(row: Block) -> Iterator[str]:
    subject = _SUBJECTS.get(row.expects, SubjectKind.NODE)
    if row.subject is not subject:
        yield f"`subject` must be `{subject}` beside expects = `{row.expects}`"
    if (row.mode is Mode.PRECHECK) is not (row.expects is Expectation.CONFIRMED):
        yield "`mode` = `precheck` and expects = `confirmed` belong together"
    if row.expects is Expectation.NOT_ACTIVATED:
        if row.kind not in _KINDS[row.expects]:
            yield "`kind` must be `misplaced` or `unneeded` beside expects = `not_activated`"
    elif row.kind is not None:
        yield f"`kind` has no place beside expects = `{row.expects}`"


def _remedies(row: Block) -> Iterator[str]:
    needed = _needed(row)
    for kind in sorted(needed - row.remedy.keys()):
        yield f"the key `remedy.{kind}` is missing"
    for kind in sorted(row.remedy.keys() - needed):
        yield f"`remedy.{kind}` can never be needed"


def _needed(row: Block) -> frozenset[Kind]:
    if row.network:
        return frozenset({Kind.STOPPED, Kind.UNSTABLE})
    if row.expects is Expectation.NOT_ACTIVATED:
        return frozenset({row.kind} if row.kind else ())
    return _KINDS.get(row.expects, _PREREQUISITE)


def _watches(row: Block) -> Iterator[str]:
    if bool(row.watches) is not (row.expects is Expectation.ABSENT_FEATURE_IS_OFF):
        yield "`watches` and expects = `absent_feature_is_off` belong together"
    for watch in row.watches:
        if watch.key not in DEPLOYMENT_KEYS:
            near = meant(watch.key, DEPLOYMENT_KEYS)
            yield f"`watches.key` is no deployment key: `{shown(watch.key)}`{near}"
        for service in watch.services:
            yield from _known(service, "watches.services")
