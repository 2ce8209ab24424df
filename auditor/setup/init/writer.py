"""Writes the commented configuration file: each key with the source of its value, or a question.

Whatever a cluster answered is written as a TOML value or comment, so it stays data.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.config.value_checks import InvalidValue, validate_text
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import NodeFacts, Role
from auditor.models.profile import ProfileEntry, ProfileValue
from auditor.models.settings import ExternalDatabase
from auditor.report.profile_toml import (
    QUESTION_PREFIX,
    comment_out,
    profile_entry_lines,
    toml_comment,
    toml_pair,
    toml_table,
)
from auditor.setup.init.addresses import propose_addresses
from auditor.text import join_names

_KEYS_NEEDING_DATABASE = ("permanent_chat", "compliance", "managed_file_transfer")


def database_blocks(facts: ClusterFacts, profile: Sequence[ProfileEntry]) -> Iterator[list[str]]:
    """Yield a block for each external database; no interface reports its host."""
    used = tuple(
        entry.key for entry in profile if entry.key in _KEYS_NEEDING_DATABASE and not entry.off
    )
    discovered = [d for d in facts.databases if d.origin is Origin.DISCOVERED]
    for database in discovered:
        yield [
            *toml_comment(f"The database of the cluster lists {database.name} ({database.type})."),
            *toml_comment(
                "Which host is it on, and what is it used for? Without this block the checks of "
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
    if used and not discovered:
        yield [
            *toml_comment(
                f"Which external database does {' and '.join(used)} use? Without this block an "
                "audit assumes that there is none.",
                mark=QUESTION_PREFIX,
            ),
            *comment_out(
                [toml_table("[[cluster.external_database]]", _example_database_table(used))]
            ),
        ]


def _discovered_database_table(
    database: ExternalDatabase, used: tuple[str, ...]
) -> dict[str, ProfileValue | int]:
    table: dict[str, ProfileValue | int] = {**_example_database_table(used), "name": database.name}
    # The loader takes no other type, and the block is there to be uncommented.
    if database.type in ("postgresql", "oracle", "mssql"):
        table["type"] = database.type
    if database.nodes is not None:
        table["nodes"] = tuple(sorted(database.nodes))
    return table


def _example_database_table(used: tuple[str, ...]) -> dict[str, ProfileValue | int]:
    return {
        # The name is that of the sample in Cisco's CLI reference.
        "name": "tcmadb",
        "host": "db.example.test",
        "port": 5432,
        "type": "postgresql",
        "used_by": used or _KEYS_NEEDING_DATABASE,
    }


def peer_blocks(facts: ClusterFacts, profile: Sequence[ProfileEntry]) -> Iterator[list[str]]:
    """Yield a block for each peer in the database; commented out unless intercluster is on."""
    intercluster = next(entry for entry in profile if entry.key == "intercluster")
    for address in facts.peers:
        block = toml_table("[[cluster.intercluster_peer]]", {"address": address})
        comment = toml_comment("Discovered in the database of the cluster.")
        yield [*comment, block] if intercluster.on else [*comment, *comment_out([block])]


_WARNING_HEADER = """\
READ THIS {capitals} AND CORRECT IT before you rely on an audit.

It describes what the cluster IS, not what it should be: an unwanted service looks like a feature
in use, and one that was turned off by mistake looks like a feature that is not in use. Until you
correct this {part}, an audit proves only that nothing has changed since.
"""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """How to reach the cluster, from the options; `ca_bundle` as the file will name it."""

    name: str
    cucm_publisher: str
    username: str
    ca_bundle: str | None = None
    pins: tuple[tuple[str, str], ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class ConfigurationContent:
    """The content of the file. `golden` names the cluster whose profile it takes, if any."""

    access: ConnectionSettings
    facts: ClusterFacts
    profile: tuple[ProfileEntry, ...]
    golden: str = ""
    golden_high_availability: bool | None = None


def render_configuration(content: ConfigurationContent) -> str:
    """Return the text of the configuration file."""
    title = f"auditor.toml for {content.access.name}, written by `auditor init`."
    return _join_sections(
        _header_lines(content, title, part="file"),
        _defaults_section(content.access),
        *_cluster_sections(content, _cluster_section(content)),
    )


def render_added_cluster(content: ConfigurationContent, default_username: str | None) -> str:
    """Return a cluster to be added to a file, in which `default_username` is the account of all."""
    cluster = _cluster_section(content)
    if content.access.username != default_username:
        cluster.insert(1, toml_pair("username", content.access.username))
    title = f"Cluster {content.access.name}, added by `auditor init`."
    return _join_sections(
        _header_lines(content, title, part="part"), *_cluster_sections(content, cluster)
    )


def _join_sections(*sections: list[str]) -> str:
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _cluster_sections(content: ConfigurationContent, cluster: list[str]) -> Iterator[list[str]]:
    """Yield a cluster's own keys, and the tables that belong to it."""
    # In TOML a key after a sub-table belongs to it, so the cluster's own keys come first.
    yield cluster
    yield _pins_section(content.access)
    yield _addresses_section(content.access, propose_addresses(content.facts))
    yield from (_node_section(content.facts, node) for node in content.facts.nodes)
    yield _deployment_section(content.profile)
    yield from database_blocks(content.facts, content.profile)
    yield from peer_blocks(content.facts, content.profile)


def _header_lines(content: ConfigurationContent, title: str, *, part: str) -> list[str]:
    access = content.access
    lines = toml_comment(title)
    warning = _WARNING_HEADER.format(capitals=part.upper(), part=part).splitlines()
    lines += ["#", *(f"# {line}".rstrip() for line in warning), "#"]
    if content.golden:
        lines += toml_comment(
            f'The deployment is that of the golden cluster "{content.golden}"; each key says beside'
            " it what this cluster shows."
        )
        lines.append("#")
    lines += toml_comment(
        f'A line that begins with "{QUESTION_PREFIX}" asks what no interface reports: answer it in'
        ' the key below it, and remove the "#" before that key. If you leave a key out, the checks'
        " that need it are unknown."
    )
    if access.insecure:
        lines += [
            "#",
            *toml_comment(
                "It was written with --insecure: the servers did not prove who they are."
            ),
        ]
    return lines


def _defaults_section(access: ConnectionSettings) -> list[str]:
    return [
        toml_table("[defaults]", {"username": access.username}),
        *toml_comment(
            "No key holds a password: set AUDITOR_PASSWORD, use the system keyring, or name a "
            "command that prints it."
        ),
        '# password_command = "pass show uc/audit"',
        "# workers = 64          # nodes asked at once, one request at a time on each",
        "# timeout_s = 20",
        "# settle_s = 3",
        '# fail_on = "low"       # the least severity that makes exit code 3',
        "# certificate_days = 30 # how many more days certificates must be valid",
    ]


def _cluster_section(content: ConfigurationContent) -> list[str]:
    access = content.access
    lines = [toml_table("[[cluster]]", {"name": access.name})]
    lines.append(toml_pair("cucm_publisher", access.cucm_publisher))
    lines += _cucm_subscribers_lines(content.facts)
    if access.ca_bundle is not None:
        lines.append(toml_pair("ca_bundle", access.ca_bundle))
    else:
        lines += ['# ca_bundle = "ca.pem"   # who signs the certificates; else this system decides']
    lines += _release_lines(content.facts)
    lines += profile_entry_lines(_high_availability_entry(content))
    return lines + _planned_nodes_lines(content.facts)


def _cucm_subscribers_lines(facts: ClusterFacts) -> list[str]:
    if not facts.cucm_subscribers:
        return []
    # AXL has to be activated on a subscriber, and only that server itself says whether it is.
    why = f"CUCM also lists {join_names(facts.cucm_subscribers)}."
    question = (
        "On which of these does Cisco AXL Web Service run? They are asked while the publisher "
        "cannot be reached."
    )
    return profile_entry_lines(
        ProfileEntry("cucm_subscribers", facts.cucm_subscribers, why, question)
    )


def _release_lines(facts: ClusterFacts) -> list[str]:
    return [
        *toml_comment(f"Release: {facts.release or 'not known'}."),
        '# axl_version = "auto"',
        "# legacy_tls = false     # true for releases 9.x to 10.x, which speak TLS 1.0",
    ]


def _high_availability_entry(content: ConfigurationContent) -> ProfileEntry:
    """Return the entry of `high_availability`: where it should be on, only people know."""
    key, groups = "high_availability", [g for g in content.facts.groups if len(g.nodes) > 1]
    on = tuple(g.name for g in groups if g.ha_enabled)
    shown = ", ".join(f"{g.name} {_ha_switch_label(g)}" for g in groups) or "no group of two nodes"
    why = f"High availability is switched: {shown}."
    question = "For which groups is high availability meant to be on? true, false or a list."
    if content.golden_high_availability is not None:
        return ProfileEntry(
            key,
            content.golden_high_availability,
            f'From the golden cluster "{content.golden}". Here: {why}',
        )
    if (
        any(g.ha_enabled is None for g in groups)
        or not content.facts.groups_known
        or not _are_valid_texts(on)
    ):
        return ProfileEntry(key, True, why, question)
    if not groups:
        return ProfileEntry(key, False, f"There is {shown}.")
    off = [g.name for g in groups if not g.ha_enabled]
    # Written as false, a switch that was left off after maintenance would never be drift.
    if off:
        question = (
            f"Should it be on for {join_names(off)}? If yes, write true; if no, list the groups "
            "where it is on."
        )
        return ProfileEntry(key, True, why, question)
    return ProfileEntry(key, True, why)


def _ha_switch_label(group: Group) -> str:
    return {True: "on", False: "off", None: "not known"}[group.ha_enabled]


def _are_valid_texts(texts: Iterable[str]) -> bool:
    """Return whether the file may hold these texts."""
    try:
        for text in texts:
            validate_text(text)
    except InvalidValue:
        return False
    return True


def _planned_nodes_lines(facts: ClusterFacts) -> list[str]:
    # A node that is down for now looks the same as one that is not installed yet.
    unread = [node.name for node in facts.nodes if not node.services]
    question = "Which nodes are in CUCM's server list, and not installed yet?"
    if not unread:
        return profile_entry_lines(ProfileEntry("planned_nodes", (), "Every node answered."))
    why = f"Control Center of {join_names(unread)} did not answer."
    return profile_entry_lines(ProfileEntry("planned_nodes", tuple(unread), why, question))


def _pins_section(access: ConnectionSettings) -> list[str]:
    if not access.pins:
        return []
    pins: dict[str, tuple[str, ...]] = {}
    for name, digest in access.pins:
        pins[name] = (*pins.get(name, ()), digest)
    return [toml_table("[cluster.pins]", pins)]


def _addresses_section(access: ConnectionSettings, proposals: Mapping[str, str]) -> list[str]:
    if not (access.addresses or proposals):
        return []
    # A header without keys is valid, so an answer is the removal of one "#".
    lines = [toml_table("[cluster.addresses]", dict(access.addresses))]
    for server, name in proposals.items():
        in_place = server in dict(access.addresses)
        lines += toml_comment(
            f"The certificate of {server} is issued to {name}, and nothing was sent there. Is that "
            f"its name?{' This line is for the place of the one above.' if in_place else ''}",
            mark=QUESTION_PREFIX,
        )
        lines += comment_out([toml_pair(server, name)])
    return lines


def _node_section(facts: ClusterFacts, node: NodeFacts) -> list[str]:
    lines = ["[[cluster.node]]", toml_pair("name", node.name)]
    # A role that is only discovered would count as declared once it is in the file.
    if node.role is Role.UNKNOWN or node.role_origin is Origin.DISCOVERED:
        question = f"Is {node.name} the publisher or a subscriber?"
        role = Role.SUBSCRIBER if node.role is Role.UNKNOWN else node.role
        return [
            *toml_comment(question, mark=QUESTION_PREFIX),
            *comment_out([*lines, toml_pair("role", role.value)]),
        ]
    lines.append(toml_pair("role", node.role.value))
    group = node.redundancy_group
    if group is not None and _are_valid_texts([group]):
        return [
            *lines,
            *_discovered_group_comment(facts, group),
            toml_pair("redundancy_group", group),
        ]
    comment = "It is in no redundancy group." if node.group_known else "Its group is unknown."
    return [*lines, *toml_comment(comment)]


def _discovered_group_comment(facts: ClusterFacts, group: str) -> list[str]:
    """Return a comment for a group that only the publisher's database lists."""
    if not any(g.name == group and g.origin is Origin.DISCOVERED for g in facts.groups):
        return []
    publisher = next(n.name for n in facts.nodes if n.role is Role.PUBLISHER)
    return toml_comment(
        f"Discovered: enterprisenode in the database of {publisher} (seen in public scripts)."
    )


def _deployment_section(profile: Sequence[ProfileEntry]) -> list[str]:
    lines = ["[cluster.deployment]"]
    for entry in profile:
        lines += ["", *profile_entry_lines(entry)]
    return lines
