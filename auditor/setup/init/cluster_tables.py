"""The tables of a cluster in the file: pins, addresses, nodes, deployment, databases and peers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from auditor.config.value_checks import is_valid_text
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
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


def pins_section(pins: Iterable[tuple[str, str]]) -> list[str]:
    """Return the digests of certificates by server; empty for none."""
    digests: dict[str, tuple[str, ...]] = {}
    for name, digest in pins:
        digests[name] = (*digests.get(name, ()), digest)
    return [toml_table("[cluster.pins]", digests)] if digests else []


def addresses_section(addresses: Mapping[str, str], proposals: Mapping[str, str]) -> list[str]:
    """Return the addresses of servers, and names from their certificates as questions."""
    if not (addresses or proposals):
        return []
    # A header without keys is valid, so an answer is the removal of one "#".
    lines = [toml_table("[cluster.addresses]", addresses)]
    for server, name in proposals.items():
        in_place = server in addresses
        lines += toml_comment(
            f"The certificate of {server} is issued to {name}, and nothing was sent there. Is that "
            f"its name?{' This line is for the place of the one above.' if in_place else ''}",
            mark=QUESTION_PREFIX,
        )
        lines += comment_out([toml_pair(server, name)])
    return lines


def node_section(facts: ClusterFacts, node: NodeFacts) -> list[str]:
    """Return a node with its role and group; a role that is unknown is a question."""
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
    if group is not None and is_valid_text(group):
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


def deployment_section(profile: Iterable[ProfileEntry]) -> list[str]:
    """Return the deployment keys, each with the source of its value."""
    lines = ["[cluster.deployment]"]
    for entry in profile:
        lines += ["", *profile_entry_lines(entry)]
    return lines


_KEYS_NEEDING_DATABASE = ("permanent_chat", "compliance", "managed_file_transfer")


def database_sections(facts: ClusterFacts, profile: Sequence[ProfileEntry]) -> Iterator[list[str]]:
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


def peer_sections(facts: ClusterFacts, profile: Sequence[ProfileEntry]) -> Iterator[list[str]]:
    """Yield a block for each peer in the database; commented out unless intercluster is on."""
    intercluster = next(entry for entry in profile if entry.key == "intercluster")
    for address in facts.peers:
        block = toml_table("[[cluster.intercluster_peer]]", {"address": address})
        comment = toml_comment("Discovered in the database of the cluster.")
        yield [*comment, block] if intercluster.on else [*comment, *comment_out([block])]
