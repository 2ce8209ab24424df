"""Writes the whole file: every key with where its value comes from, or with what to ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from auditor.cluster import ClusterFacts, Group
from auditor.config import values
from auditor.config.values import Refused
from auditor.facts import NodeFacts, Origin, Role
from auditor.inference import blocks, toml
from auditor.inference.lines import MARK, Line, listed

_HEAD = """\
READ THIS FILE AND CORRECT IT before you rely on an audit.

It describes what the cluster IS, not what it is meant to be: a service that nobody wants any more
looks like a feature in use, and one that somebody turned off by mistake like a feature that is
not. With a profile that nobody corrected, an audit proves only that nothing has changed since.
"""


@dataclass(frozen=True, slots=True)
class Access:
    """How the cluster is reached, as the options said; `ca_bundle` as it is to be written."""

    name: str
    cucm_publisher: str
    username: str
    ca_bundle: str | None = None
    pins: tuple[tuple[str, str], ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What the file is to say."""

    access: Access
    facts: ClusterFacts
    profile: tuple[Line, ...]
    golden: str = ""
    meant: bool | None = field(default=None)


def write(page: Page) -> str:
    """Return the text of the configuration file."""
    sections = [
        _head(page),
        _defaults(page.access),
        _cluster(page),
        _pins(page.access),
        _addresses(page.access),
        *(_node(page.facts, node) for node in page.facts.nodes),
        _deployment(page.profile),
        *blocks.databases(page.facts, page.profile),
        *blocks.peers(page.facts, page.profile),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(page: Page) -> list[str]:
    access = page.access
    lines = toml.comment(f"auditor.toml for {access.name}, written by `auditor init`.")
    lines += ["#", *(f"# {line}".rstrip() for line in _HEAD.splitlines()), "#"]
    if page.golden:
        lines += toml.comment(
            f'The deployment is that of the golden cluster "{page.golden}"; each key says beside '
            "it what this cluster shows."
        )
        lines.append("#")
    lines += toml.comment(
        f'A line that begins with "{MARK}" asks what no interface tells: answer it in the key '
        'below it, and take the "#" of that key away. A key that is left out is unknown, and so is '
        "every verdict that hangs on it."
    )
    if access.insecure:
        lines += ["#", *toml.comment("It was written with --insecure: nobody proved who answered.")]
    return lines


def _defaults(access: Access) -> list[str]:
    return [
        toml.table("[defaults]", {"username": access.username}),
        *toml.comment(
            "No key holds a password: set AUDITOR_PASSWORD, use the system keyring, or name a "
            "command that prints it."
        ),
        '# password_command = "pass show uc/audit"',
        "# workers = 16          # nodes asked at once, one request at a time on each",
        "# timeout_s = 10",
        "# settle_s = 3",
        '# fail_on = "low"       # the least severity that makes exit code 3',
    ]


def _cluster(page: Page) -> list[str]:
    access = page.access
    lines = [toml.table("[[cluster]]", {"name": access.name})]
    lines.append(toml.pair("cucm_publisher", access.cucm_publisher))
    if access.ca_bundle is not None:
        lines.append(toml.pair("ca_bundle", access.ca_bundle))
    else:
        lines += ['# ca_bundle = "ca.pem"   # who signs the certificates; else this system decides']
    lines += _release(page.facts)
    lines += _keyed(_high_availability(page))
    return lines + _planned(page.facts)


def _release(facts: ClusterFacts) -> list[str]:
    return [
        *toml.comment(f"Release: {facts.release or 'not known'}."),
        '# axl_version = "auto"',
        "# legacy_tls = false     # true for releases 9.x to 10.x, which speak TLS 1.0",
    ]


def _high_availability(page: Page) -> Line:
    """Say for which groups high availability is meant to be on, which only people know."""
    key, groups = "high_availability", [g for g in page.facts.groups if len(g.nodes) > 1]
    on = tuple(g.name for g in groups if g.ha_enabled)
    shown = ", ".join(f"{g.name} {_switch(g)}" for g in groups) or "no group of two nodes"
    why = f"High availability is switched: {shown}."
    question = "For which groups is high availability meant to be on? true, false or a list."
    if page.meant is not None:
        return Line(key, page.meant, f'From the golden cluster "{page.golden}". Here: {why}')
    if any(g.ha_enabled is None for g in groups) or not page.facts.groups_known or not _fits(on):
        return Line(key, True, why, question)
    if not groups:
        return Line(key, False, f"There is {shown}.")
    off = [g.name for g in groups if not g.ha_enabled]
    if off:
        question = f"Is it meant to be off for {listed(off)}? If not, true; else those where it is."
        return Line(key, True, why, question)
    return Line(key, True, why)


def _switch(group: Group) -> str:
    return {True: "on", False: "off", None: "not known"}[group.ha_enabled]


def _fits(texts: Iterable[str]) -> bool:
    """Tell whether the file may hold these texts."""
    try:
        for text in texts:
            values.text(text)
    except Refused:
        return False
    return True


def _planned(facts: ClusterFacts) -> list[str]:
    silent = [node.name for node in facts.nodes if not node.services]
    question = "Which nodes are in CUCM's server list, and not installed yet?"
    if not silent:
        return _keyed(Line("planned_nodes", (), "Every node answered."))
    why = f"Control Center of {listed(silent)} did not answer."
    return _keyed(Line("planned_nodes", tuple(silent), why, question))


def _pins(access: Access) -> list[str]:
    if not access.pins:
        return []
    pins: dict[str, tuple[str, ...]] = {}
    for name, digest in access.pins:
        pins[name] = (*pins.get(name, ()), digest)
    return [toml.table("[cluster.pins]", pins)]


def _addresses(access: Access) -> list[str]:
    if not access.addresses:
        return []
    return [toml.table("[cluster.addresses]", dict(access.addresses))]


def _node(facts: ClusterFacts, node: NodeFacts) -> list[str]:
    lines = ["[[cluster.node]]", toml.pair("name", node.name)]
    if node.role is Role.UNKNOWN:
        question = f"Is {node.name} the publisher or a subscriber?"
        return [
            *toml.comment(question, mark=MARK),
            *toml.commented([*lines, 'role = "subscriber"']),
        ]
    lines.append(toml.pair("role", node.role.value))
    group = node.redundancy_group
    if group is not None and _fits([group]):
        return [*lines, *_guess(facts, group), toml.pair("redundancy_group", group)]
    seen = "It is in no redundancy group." if node.group_known else "Its group is not known."
    return [*lines, *toml.comment(seen)]


def _guess(facts: ClusterFacts, group: str) -> list[str]:
    """Say of a group that only the publisher's database listed it."""
    if not any(g.name == group and g.origin is Origin.DISCOVERED for g in facts.groups):
        return []
    publisher = next(n.name for n in facts.nodes if n.role is Role.PUBLISHER)
    return toml.comment(
        f"Discovered: enterprisenode in the database of {publisher} (seen in public scripts)."
    )


def _deployment(profile: Sequence[Line]) -> list[str]:
    lines = ["[cluster.deployment]"]
    for line in profile:
        lines += ["", *_keyed(line)]
    return lines


def _keyed(line: Line) -> list[str]:
    lines = toml.comment(line.why)
    if line.question:
        lines += toml.comment(line.question, mark=MARK)
        return [*lines, f"# {toml.pair(line.key, line.value)}"]
    return [*lines, toml.pair(line.key, line.value)]
