"""Writes the configuration with which the simulated cluster can be audited."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from auditor.simulator.scenario import Scenario, parse_release_text
from auditor.simulator.servers import SocketAddress

_CLUSTER_TABLE_HEADER = "[[cluster]]"
_OWNERSHIP_MARK = "# Written by `auditor simulate`, which may write over it.\n"


def write_marked_file(path: Path, content: str) -> None:
    """Write a file that may be written over later."""
    path.write_text(f"{_OWNERSHIP_MARK}{content}", encoding="utf-8", newline="\n")


def is_overwritable(path: Path) -> bool:
    """Return whether nothing is lost when a file is written: none, an empty one, or one of ours."""
    try:
        with path.open("rb") as file:
            return file.read(len(_OWNERSHIP_MARK)) in (b"", _OWNERSHIP_MARK.encode())
    except FileNotFoundError:
        return True
    except OSError:
        return False


def ca_bundle_path(path: Path) -> Path:
    """Return where the CA of a configuration is written."""
    return path.with_name(f"{path.stem}-ca.pem")


def render_config(
    scenario: Scenario,
    addresses: Mapping[str, SocketAddress],
    databases: Mapping[str, SocketAddress],
    ca_bundle: str,
    defaults: Mapping[str, object],
) -> str:
    """Return the file; `addresses` maps every server, and `databases` each name, to where it is.

    Everything the scenario is used for is declared, except its `undeclared` keys, and as its
    `declared` says where that differs from the truth.
    """
    cluster: dict[str, object] = {
        "name": scenario.cluster.name,
        "cucm_publisher": scenario.cucm,
        "ca_bundle": ca_bundle,
        "high_availability": _high_availability_value(scenario),
        "planned_nodes": list(scenario.cluster.planned),
    }
    if scenario.cluster.cucm_subscribers:
        cluster["cucm_subscribers"] = list(scenario.cluster.cucm_subscribers)
    cluster.update(scenario.config)
    tables = {key: value for key, value in cluster.items() if isinstance(value, Mapping)}
    plain = {key: value for key, value in cluster.items() if key not in tables}
    places = {name: f"{host}:{port}" for name, (host, port) in addresses.items()}
    parts = [
        _config_table_text("[defaults]", defaults),
        _config_table_text(_CLUSTER_TABLE_HEADER, plain),
        _config_table_text("[cluster.addresses]", {**places, **tables.pop("addresses", {})}),
        *(_config_table_text(f"[cluster.{key}]", value) for key, value in tables.items()),
        *_node_tables(scenario),
        _config_table_text("[cluster.deployment]", _declared_profile(scenario)),
        *_external_database_tables(scenario, databases),
        *(
            _config_table_text("[[cluster.intercluster_peer]]", {"address": peer.address})
            for peer in scenario.intercluster_peer
        ),
    ]
    return "\n".join(parts)


def merge_configs(texts: Sequence[str]) -> str:
    """Return one file for several clusters: the defaults of the first, and every cluster."""
    parts = [text.partition(_CLUSTER_TABLE_HEADER) for text in texts]
    return "".join([parts[0][0], *(f"{head}{cluster}\n" for _, head, cluster in parts)])


def _high_availability_value(scenario: Scenario) -> bool | list[str]:
    with_ha = [g.name for g in scenario.group if g.ha_enabled and len(g.nodes) > 1]
    pairs = [g.name for g in scenario.group if len(g.nodes) > 1]
    return with_ha if with_ha and with_ha != pairs else bool(with_ha)


def _declared_profile(scenario: Scenario) -> Mapping[str, object]:
    profile = {**scenario.deployment.model_dump(), **scenario.declared}
    return {key: value for key, value in profile.items() if key not in scenario.undeclared}


def _node_tables(scenario: Scenario) -> list[str]:
    """Declare the nodes where AXL cannot list them: a CUCM older than 10.0."""
    if parse_release_text(scenario.cucm_release) >= (10, 0):
        return []
    groups = {name: group.name for group in scenario.group for name in group.nodes}
    entries = []
    for position, name in enumerate(scenario.node_names):
        entry = {"name": name, "role": "subscriber" if position else "publisher"}
        if name in groups:
            entry["redundancy_group"] = groups[name]
        entries.append(_config_table_text("[[cluster.node]]", entry))
    return entries


def _external_database_tables(scenario: Scenario, places: Mapping[str, SocketAddress]) -> list[str]:
    entries = []
    for database in scenario.external_database:
        host, port = places[database.name]
        entry: dict[str, object] = {
            "name": database.name,
            "host": host,
            "port": port,
            "type": database.type,
            "used_by": database.used_by,
        }
        if database.nodes is not None:
            entry["nodes"] = database.nodes
        if database.probe is not None:
            entry["probe"] = database.probe
        entries.append(_config_table_text("[[cluster.external_database]]", entry))
    return entries


def _config_table_text(head: str, content: Mapping[str, object]) -> str:
    # A JSON string, number, boolean or list of them reads the same in TOML.
    lines = [f"{_config_key_text(key)} = {json.dumps(value)}" for key, value in content.items()]
    return "\n".join([head, *lines, ""])


def _config_key_text(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key)
