"""The blocks of the file for external databases and intercluster peers."""

from collections.abc import Iterator, Sequence

from auditor.cluster import ClusterFacts, Database
from auditor.facts import Origin
from auditor.inference import toml
from auditor.inference.lines import MARK, Line, Value

_NEEDING = ("permanent_chat", "compliance", "managed_file_transfer")


def databases(facts: ClusterFacts, profile: Sequence[Line]) -> Iterator[list[str]]:
    """Yield what is known of external databases; where one stands, only people know."""
    used = tuple(line.key for line in profile if line.key in _NEEDING and not line.off)
    found = [d for d in facts.databases if d.origin is Origin.DISCOVERED]
    for database in found:
        yield [
            *toml.comment(f"The database of the cluster lists {database.name} ({database.type})."),
            *toml.comment(
                "Where does it stand, and what is it used for? Without this block the verdicts on "
                "prerequisites stay unknown.",
                mark=MARK,
            ),
            *toml.commented([toml.table("[[cluster.external_database]]", _known(database, used))]),
        ]
    if used and not found:
        yield [
            *toml.comment(
                f"Which external database does {' and '.join(used)} use? Without this block an "
                "audit takes it that there is none.",
                mark=MARK,
            ),
            *toml.commented([toml.table("[[cluster.external_database]]", _blank(used))]),
        ]


def _known(database: Database, used: tuple[str, ...]) -> dict[str, Value | int]:
    known: dict[str, Value | int] = {**_blank(used), "name": database.name}
    if database.type in ("postgresql", "oracle", "mssql"):
        known["type"] = database.type
    if database.nodes is not None:
        known["nodes"] = tuple(sorted(database.nodes))
    return known


def _blank(used: tuple[str, ...]) -> dict[str, Value | int]:
    return {
        "name": "tcmadb",
        "host": "db.example.test",
        "port": 5432,
        "type": "postgresql",
        "used_by": used or _NEEDING,
    }


def peers(facts: ClusterFacts, profile: Sequence[Line]) -> Iterator[list[str]]:
    """Yield the peers that the database lists; a peer says that there is intercluster."""
    intercluster = next(line for line in profile if line.key == "intercluster")
    for address in facts.peers:
        block = toml.table("[[cluster.intercluster_peer]]", {"address": address})
        told = toml.comment("Discovered in the database of the cluster.")
        yield [*told, block] if intercluster.on else [*told, *toml.commented([block])]
