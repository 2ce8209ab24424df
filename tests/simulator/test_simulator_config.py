"""The configuration that a simulator writes can be used as it is."""

import shlex
import socket
import ssl
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Start, Wire

NODE, OTHER, CUCM = "imp1.lab.test", "imp2.lab.test", "cucm-pub.lab.test"


def written(wire: "Wire", tmp_path: Path) -> dict[str, Any]:
    """Write the configuration and return it as read."""
    path = wire.sim.write_config(tmp_path / "auditor.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_file_has_the_cluster_and_its_addresses(healthy: "Wire", tmp_path: Path) -> None:
    config = written(healthy, tmp_path)
    (cluster,) = config["cluster"]
    assert config["defaults"] == {"username": healthy.sim.username}
    assert cluster["name"] == healthy.sim.cluster_name
    assert cluster["cucm_publisher"] == CUCM
    places = {**healthy.sim.nodes, CUCM: healthy.sim.cucm}
    assert cluster["addresses"] == {n: f"{host}:{port}" for n, (host, port) in places.items()}


def test_every_server_verifies_against_the_bundle_beside_it(
    healthy: "Wire", tmp_path: Path
) -> None:
    (cluster,) = written(healthy, tmp_path)["cluster"]
    assert "/" not in cluster["ca_bundle"]
    context = ssl.create_default_context(cafile=tmp_path / cluster["ca_bundle"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    for name, place in cluster["addresses"].items():
        host, port = place.split(":")
        with (
            socket.create_connection((host, int(port)), timeout=5) as line,
            context.wrap_socket(line, server_hostname=name) as secure,
        ):
            names = secure.getpeercert()
        assert names is not None
        assert names["subjectAltName"] == (("DNS", name),)


def test_servers_can_share_the_names_of_their_certificates(start: "Start") -> None:
    names = ["imp-ms.lab.test", "imp1.lab.test", "imp2.lab.test"]
    wire = start(
        group=[{"name": "Pair", "nodes": ["imp1", "imp2"]}],
        node=[{"name": name, "certificate_names": names} for name in ("imp1", "imp2")],
    )
    with wire.connect("imp1", server_hostname=OTHER) as line:
        shown = line.getpeercert()
    assert shown is not None
    assert shown["subjectAltName"] == tuple(("DNS", name) for name in names)
    assert ((("commonName", names[0]),),) == shown["subject"]


def test_the_file_names_the_cucm_subscribers(start: "Start", tmp_path: Path) -> None:
    wire = start(cluster={"name": "lab", "cucm_subscribers": ["cucm-sub.lab.test"]})
    (cluster,) = written(wire, tmp_path)["cluster"]
    assert cluster["cucm_subscribers"] == ["cucm-sub.lab.test"]
    assert set(cluster["addresses"]) == {NODE, OTHER, CUCM, "cucm-sub.lab.test"}


def test_the_file_holds_no_password(healthy: "Wire", tmp_path: Path) -> None:
    path = healthy.sim.write_config(tmp_path / "auditor.toml")
    assert healthy.sim.password not in path.read_text(encoding="utf-8")


def test_the_file_declares_the_profile_except_what_the_scenario_leaves_out(
    start: "Start", tmp_path: Path
) -> None:
    wire = start(
        deployment={"chat": [NODE], "web_clients": True},
        undeclared=["web_clients", "intercluster"],
        declared={"sip_federation": ["gone.lab.test"]},
    )
    profile = written(wire, tmp_path)["cluster"][0]["deployment"]
    assert profile["chat"] == [NODE]
    assert profile["sip_federation"] == ["gone.lab.test"]
    assert profile["bulk_administration"] is False
    assert not {"web_clients", "intercluster"} & profile.keys()


def test_defaults_and_cluster_keys_can_be_added(start: "Start", tmp_path: Path) -> None:
    wire = start(config={"high_availability": False, "pins": {NODE: ["AB:CD"]}})
    path = wire.sim.write_config(tmp_path / "auditor.toml", {"settle_s": 0, "backoff_s": [0, 1]})
    config = tomllib.loads(path.read_text(encoding="utf-8"))
    assert config["defaults"]["settle_s"] == 0
    assert config["defaults"]["backoff_s"] == [0, 1]
    assert config["cluster"][0]["high_availability"] is False
    assert config["cluster"][0]["pins"] == {NODE: ["AB:CD"]}


def test_high_availability_is_declared_for_the_groups_that_have_it(
    start: "Start", tmp_path: Path
) -> None:
    pair = {"name": "Pair", "nodes": [NODE, OTHER]}
    off = {"name": "Off", "nodes": ["imp3.lab.test", "imp4.lab.test"], "ha_enabled": False}
    assert written(start(group=[pair, off]), tmp_path)["cluster"][0]["high_availability"] == [
        "Pair"
    ]
    assert written(start(group=[pair]), tmp_path)["cluster"][0]["high_availability"] is True
    assert written(start(group=[off]), tmp_path)["cluster"][0]["high_availability"] is False


def test_databases_have_addresses_that_listen_or_not(start: "Start", tmp_path: Path) -> None:
    wire = start(
        external_database=[
            {"name": "up", "used_by": ["compliance"], "nodes": [NODE], "probe": True},
            {"name": "down", "used_by": ["permanent_chat"], "listening": False},
        ]
    )
    up, down = written(wire, tmp_path)["cluster"][0]["external_database"]
    assert (up["type"], up["used_by"], up["nodes"]) == ("postgresql", ["compliance"], [NODE])
    assert "nodes" not in down
    socket.create_connection((up["host"], up["port"]), timeout=1).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((down["host"], down["port"]), timeout=1)


def test_peers_are_written(healthy: "Wire", tmp_path: Path) -> None:
    (cluster,) = written(healthy, tmp_path)["cluster"]
    assert cluster["intercluster_peer"] == [{"address": "imp-b1.peer.test"}]


def test_nodes_are_declared_if_cucm_is_too_old_to_list_them(start: "Start", tmp_path: Path) -> None:
    wire = start(cluster={"name": "lab", "release": "9.1.1.10000-8"})
    assert written(wire, tmp_path)["cluster"][0]["node"] == [
        {"name": NODE, "role": "publisher", "redundancy_group": "Pair"},
        {"name": OTHER, "role": "subscriber", "redundancy_group": "Pair"},
    ]


def test_the_command_is_quoted_for_a_shell(healthy: "Wire", tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "auditor.toml"
    words = shlex.split(healthy.sim.command(path))
    assert words == [
        f"AUDITOR_PASSWORD={healthy.sim.password}",
        "auditor",
        "audit",
        "--config",
        str(path),
    ]
