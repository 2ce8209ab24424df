"""Writes the commented configuration file: each key with the source of its value, or a question.

Whatever a cluster answered is written as a TOML value or comment, so it stays data.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.config.value_checks import is_valid_text
from auditor.models.facts import ClusterFacts, Group
from auditor.models.profile import ProfileEntry
from auditor.report.profile_toml import (
    QUESTION_PREFIX,
    profile_entry_lines,
    toml_comment,
    toml_pair,
    toml_table,
)
from auditor.setup.init.addresses import propose_addresses
from auditor.setup.init.cluster_tables import (
    addresses_section,
    database_sections,
    deployment_section,
    node_section,
    peer_sections,
    pins_section,
)
from auditor.text import join_names

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
    yield pins_section(content.access.pins)
    yield addresses_section(dict(content.access.addresses), propose_addresses(content.facts))
    yield from (node_section(content.facts, node) for node in content.facts.nodes)
    yield deployment_section(content.profile)
    yield from database_sections(content.facts, content.profile)
    yield from peer_sections(content.facts, content.profile)


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
        or not all(map(is_valid_text, on))
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


def _planned_nodes_lines(facts: ClusterFacts) -> list[str]:
    # A node that is down for now looks the same as one that is not installed yet.
    unread = [node.name for node in facts.nodes if not node.services]
    question = "Which nodes are in CUCM's server list, and not installed yet?"
    if not unread:
        return profile_entry_lines(ProfileEntry("planned_nodes", (), "Every node answered."))
    why = f"Control Center of {join_names(unread)} did not answer."
    return profile_entry_lines(ProfileEntry("planned_nodes", tuple(unread), why, question))
