"""Writes the whole file: every key with where its value comes from, or with what to ask.

The blocks of the file for external databases and intercluster peers.

Writes values and comments as TOML; whatever a cluster answered stays data.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.config.value_checks import InvalidValue, validate_text
from auditor.models.facts import ClusterFacts, ExternalDatabase, Group, NodeFacts, Origin, Role
from auditor.setup.init.questions import QUESTION_PREFIX, ProfileEntry, ProfileValue
from auditor.text import escape_unprintable, join_names

_COMMENT_WIDTH = 98
_TOML_ESCAPES = {'"': '\\"', "\\": "\\\\"}


def toml_string(value: str) -> str:
    """Return a basic string; what does not print is written as an escape."""
    return f'"{"".join(map(_escape_toml_character, value))}"'


def _escape_toml_character(sign: str) -> str:
    if sign in _TOML_ESCAPES:
        return _TOML_ESCAPES[sign]
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def toml_value(given: ProfileValue | int) -> str:
    """Return true or false, a number, a string, or a list of strings."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int):
        return str(given)
    if isinstance(given, str):
        return toml_string(given)
    return f"[{', '.join(map(toml_string, given))}]"


def toml_pair(key: str, given: ProfileValue | int) -> str:
    """Return `key = value`; a key that is no bare one is quoted."""
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return f"{key if bare else toml_string(key)} = {toml_value(given)}"


def toml_table(head: str, content: Mapping[str, ProfileValue | int]) -> str:
    """Return a table with its header."""
    return "\n".join([head, *(toml_pair(key, given) for key, given in content.items())])


def toml_comment(*sentences: str, mark: str = "#") -> list[str]:
    """Return each text as wrapped lines of comment, the first of them behind `mark`."""
    lines: list[str] = []
    for sentence in filter(None, sentences):
        wrapped = textwrap.wrap(
            escape_unprintable(sentence), _COMMENT_WIDTH - len(mark), break_on_hyphens=False
        )
        lines += [f"{mark if not number else '#'} {line}" for number, line in enumerate(wrapped)]
    return lines


def comment_out(lines: Iterable[str]) -> list[str]:
    """Return lines that are to be uncommented by a person."""
    return [f"# {line}" if line else "#" for text in lines for line in text.splitlines()]


_KEYS_NEEDING_DATABASE = ("permanent_chat", "compliance", "managed_file_transfer")


def database_blocks(facts: ClusterFacts, profile: Sequence[ProfileEntry]) -> Iterator[list[str]]:
    """Yield what is known of external databases; where one stands, only people know."""
    used = tuple(
        line.key for line in profile if line.key in _KEYS_NEEDING_DATABASE and not line.off
    )
    found = [d for d in facts.databases if d.origin is Origin.DISCOVERED]
    for database in found:
        yield [
            *toml_comment(f"The database of the cluster lists {database.name} ({database.type})."),
            *toml_comment(
                "Where does it stand, and what is it used for? Without this block the verdicts on "
                "prerequisites stay unknown.",
                mark=QUESTION_PREFIX,
            ),
            *comment_out(
                [
                    toml_table(
                        "[[cluster.external_database]]", _discovered_database_table(database, used)
                    )
                ]
            ),
        ]
    if used and not found:
        yield [
            *toml_comment(
                f"Which external database does {' and '.join(used)} use? Without this block an "
                "audit takes it that there is none.",
                mark=QUESTION_PREFIX,
            ),
            *comment_out(
                [toml_table("[[cluster.external_database]]", _example_database_table(used))]
            ),
        ]


def _discovered_database_table(
    database: ExternalDatabase, used: tuple[str, ...]
) -> dict[str, ProfileValue | int]:
    known: dict[str, ProfileValue | int] = {**_example_database_table(used), "name": database.name}
    if database.type in ("postgresql", "oracle", "mssql"):
        known["type"] = database.type
    if database.nodes is not None:
        known["nodes"] = tuple(sorted(database.nodes))
    return known


def _example_database_table(used: tuple[str, ...]) -> dict[str, ProfileValue | int]:
    return {
        "name": "tcmadb",
        "host": "db.example.test",
        "port": 5432,
        "type": "postgresql",
        "used_by": used or _KEYS_NEEDING_DATABASE,
    }


def peer_blocks(facts: ClusterFacts, profile: Sequence[ProfileEntry]) -> Iterator[list[str]]:
    """Yield the peers that the database lists; a peer says that there is intercluster."""
    intercluster = next(line for line in profile if line.key == "intercluster")
    for address in facts.peers:
        block = toml_table("[[cluster.intercluster_peer]]", {"address": address})
        told = toml_comment("Discovered in the database of the cluster.")
        yield [*told, block] if intercluster.on else [*told, *comment_out([block])]


_WARNING_HEADER = """\
READ THIS FILE AND CORRECT IT before you rely on an audit.

It describes what the cluster IS, not what it is meant to be: a service that nobody wants any more
looks like a feature in use, and one that somebody turned off by mistake like a feature that is
not. With a profile that nobody corrected, an audit proves only that nothing has changed since.
"""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """How the cluster is reached, as the options said; `ca_bundle` as it is to be written."""

    name: str
    cucm_publisher: str
    username: str
    ca_bundle: str | None = None
    pins: tuple[tuple[str, str], ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class ConfigurationContent:
    """What the file is to say."""

    access: ConnectionSettings
    facts: ClusterFacts
    profile: tuple[ProfileEntry, ...]
    golden: str = ""
    meant: bool | None = field(default=None)


def render_configuration(page: ConfigurationContent) -> str:
    """Return the text of the configuration file."""
    sections = [
        _file_header_lines(page),
        _defaults_section(page.access),
        _cluster_section(page),
        _pins_section(page.access),
        _addresses_section(page.access),
        *(_node_section(page.facts, node) for node in page.facts.nodes),
        _deployment_section(page.profile),
        *database_blocks(page.facts, page.profile),
        *peer_blocks(page.facts, page.profile),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _file_header_lines(page: ConfigurationContent) -> list[str]:
    access = page.access
    lines = toml_comment(f"auditor.toml for {access.name}, written by `auditor init`.")
    lines += ["#", *(f"# {line}".rstrip() for line in _WARNING_HEADER.splitlines()), "#"]
    if page.golden:
        lines += toml_comment(
            f'The deployment is that of the golden cluster "{page.golden}"; each key says beside '
            "it what this cluster shows."
        )
        lines.append("#")
    lines += toml_comment(
        f'A line that begins with "{QUESTION_PREFIX}" asks what no interface tells: answer it in'
        ' the key below it, and take the "#" of that key away. A key that is left out is unknown,'
        " and so is every verdict that hangs on it."
    )
    if access.insecure:
        lines += ["#", *toml_comment("It was written with --insecure: nobody proved who answered.")]
    return lines


def _defaults_section(access: ConnectionSettings) -> list[str]:
    return [
        toml_table("[defaults]", {"username": access.username}),
        *toml_comment(
            "No key holds a password: set AUDITOR_PASSWORD, use the system keyring, or name a "
            "command that prints it."
        ),
        '# password_command = "pass show uc/audit"',
        "# workers = 16          # nodes asked at once, one request at a time on each",
        "# timeout_s = 10",
        "# settle_s = 3",
        '# fail_on = "low"       # the least severity that makes exit code 3',
    ]


def _cluster_section(page: ConfigurationContent) -> list[str]:
    access = page.access
    lines = [toml_table("[[cluster]]", {"name": access.name})]
    lines.append(toml_pair("cucm_publisher", access.cucm_publisher))
    if access.ca_bundle is not None:
        lines.append(toml_pair("ca_bundle", access.ca_bundle))
    else:
        lines += ['# ca_bundle = "ca.pem"   # who signs the certificates; else this system decides']
    lines += _release_lines(page.facts)
    lines += _profile_entry_lines(_high_availability_entry(page))
    return lines + _planned_nodes_lines(page.facts)


def _release_lines(facts: ClusterFacts) -> list[str]:
    return [
        *toml_comment(f"Release: {facts.release or 'not known'}."),
        '# axl_version = "auto"',
        "# legacy_tls = false     # true for releases 9.x to 10.x, which speak TLS 1.0",
    ]


def _high_availability_entry(page: ConfigurationContent) -> ProfileEntry:
    """Say for which groups high availability is meant to be on, which only people know."""
    key, groups = "high_availability", [g for g in page.facts.groups if len(g.nodes) > 1]
    on = tuple(g.name for g in groups if g.ha_enabled)
    shown = ", ".join(f"{g.name} {_ha_switch_label(g)}" for g in groups) or "no group of two nodes"
    why = f"High availability is switched: {shown}."
    question = "For which groups is high availability meant to be on? true, false or a list."
    if page.meant is not None:
        return ProfileEntry(
            key, page.meant, f'From the golden cluster "{page.golden}". Here: {why}'
        )
    if (
        any(g.ha_enabled is None for g in groups)
        or not page.facts.groups_known
        or not _are_valid_texts(on)
    ):
        return ProfileEntry(key, True, why, question)
    if not groups:
        return ProfileEntry(key, False, f"There is {shown}.")
    off = [g.name for g in groups if not g.ha_enabled]
    if off:
        question = (
            f"Is it meant to be off for {join_names(off)}? If not, true; else those where it is."
        )
        return ProfileEntry(key, True, why, question)
    return ProfileEntry(key, True, why)


def _ha_switch_label(group: Group) -> str:
    return {True: "on", False: "off", None: "not known"}[group.ha_enabled]


def _are_valid_texts(texts: Iterable[str]) -> bool:
    """Tell whether the file may hold these texts."""
    try:
        for text in texts:
            validate_text(text)
    except InvalidValue:
        return False
    return True


def _planned_nodes_lines(facts: ClusterFacts) -> list[str]:
    silent = [node.name for node in facts.nodes if not node.services]
    question = "Which nodes are in CUCM's server list, and not installed yet?"
    if not silent:
        return _profile_entry_lines(ProfileEntry("planned_nodes", (), "Every node answered."))
    why = f"Control Center of {join_names(silent)} did not answer."
    return _profile_entry_lines(ProfileEntry("planned_nodes", tuple(silent), why, question))


def _pins_section(access: ConnectionSettings) -> list[str]:
    if not access.pins:
        return []
    pins: dict[str, tuple[str, ...]] = {}
    for name, digest in access.pins:
        pins[name] = (*pins.get(name, ()), digest)
    return [toml_table("[cluster.pins]", pins)]


def _addresses_section(access: ConnectionSettings) -> list[str]:
    if not access.addresses:
        return []
    return [toml_table("[cluster.addresses]", dict(access.addresses))]


def _node_section(facts: ClusterFacts, node: NodeFacts) -> list[str]:
    lines = ["[[cluster.node]]", toml_pair("name", node.name)]
    if node.role is Role.UNKNOWN:
        question = f"Is {node.name} the publisher or a subscriber?"
        return [
            *toml_comment(question, mark=QUESTION_PREFIX),
            *comment_out([*lines, 'role = "subscriber"']),
        ]
    lines.append(toml_pair("role", node.role.value))
    group = node.redundancy_group
    if group is not None and _are_valid_texts([group]):
        return [
            *lines,
            *_discovered_group_comment(facts, group),
            toml_pair("redundancy_group", group),
        ]
    seen = "It is in no redundancy group." if node.group_known else "Its group is not known."
    return [*lines, *toml_comment(seen)]


def _discovered_group_comment(facts: ClusterFacts, group: str) -> list[str]:
    """Say of a group that only the publisher's database listed it."""
    if not any(g.name == group and g.origin is Origin.DISCOVERED for g in facts.groups):
        return []
    publisher = next(n.name for n in facts.nodes if n.role is Role.PUBLISHER)
    return toml_comment(
        f"Discovered: enterprisenode in the database of {publisher} (seen in public scripts)."
    )


def _deployment_section(profile: Sequence[ProfileEntry]) -> list[str]:
    lines = ["[cluster.deployment]"]
    for line in profile:
        lines += ["", *_profile_entry_lines(line)]
    return lines


def _profile_entry_lines(line: ProfileEntry) -> list[str]:
    lines = toml_comment(line.why)
    if line.question:
        lines += toml_comment(line.question, mark=QUESTION_PREFIX)
        return [*lines, f"# {toml_pair(line.key, line.value)}"]
    return [*lines, toml_pair(line.key, line.value)]
