"""`auditor init --append` adds a cluster to a file, and touches nothing else in it."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.config.loader import load_configuration
from auditor.errors import ConfigError
from auditor.models.exit_codes import ExitCode
from auditor.setup.init.append import append_cluster
from tests.cli.test_init_command import init
from tests.lab import CUCM, PAIR, PUB, Lab

Start = Callable[..., Lab]

EXISTING = """\
# Ours: keep in order.
[defaults]
username    =   "somebody"   # of the team
history = "sqlite:///runs.sqlite3"

[[cluster]]   # the first
name='east'
cucm_publisher = "cucm-east.example.com"
[cluster.deployment]
chat = true # since 2024
"""


@pytest.fixture
def pair(lab: Start) -> Lab:
    return lab(PAIR)


@pytest.mark.parametrize(
    "before",
    [EXISTING, EXISTING.replace("\n", "\r\n"), EXISTING.rstrip(), "\ufeff" + EXISTING],
    ids=["plain", "windows", "no end of line", "byte order mark"],
)
def test_what_was_there_stays_byte_for_byte(pair: Lab, before: str) -> None:
    path = pair.folder / "all.toml"
    path.write_bytes(before.encode())
    result = init(pair, path, "--append")
    assert result.exit_code == 0, result.output
    assert "Added cluster lab" in result.stdout
    after = path.read_bytes()
    assert after.startswith(before.encode())
    assert (b"\r\n" in after) == ("\r\n" in before)
    configuration = load_configuration(path)
    assert [cluster.name for cluster in configuration.clusters] == ["east", "lab"]
    added = configuration.clusters[1]
    assert added.username == pair.simulator.username
    assert configuration.clusters[0].username == "somebody"
    assert added.nodes


def test_the_account_of_the_defaults_is_not_repeated(pair: Lab) -> None:
    path = pair.folder / "all.toml"
    path.write_text(EXISTING.replace("somebody", pair.simulator.username))
    assert init(pair, path, "--append").exit_code == 0
    assert "username" not in tomllib.loads(path.read_text())["cluster"][1]


def refused(pair: Lab, before: str) -> str:
    """Return why nothing was asked, with the file as it was."""
    path = pair.folder / "all.toml"
    path.write_text(before)
    result = init(pair, path, "--append")
    assert result.exit_code == ExitCode.USAGE, result.output
    assert path.read_text() == before
    assert pair.asked() == []
    return result.stderr


def test_a_name_that_is_there_is_refused_before_anything_is_asked(pair: Lab) -> None:
    assert "--name: another cluster has this name" in refused(pair, EXISTING.replace("east", "LAB"))


def test_a_cucm_that_is_there_is_refused_before_anything_is_asked(pair: Lab) -> None:
    host, port = pair.simulator.cucm
    said = refused(pair, EXISTING.replace("cucm-east.example.com", f"{host}:{port}"))
    assert "one host and port is one server" in said


def test_a_file_with_a_mistake_is_refused(pair: Lab) -> None:
    assert "all.toml:3: " in refused(pair, EXISTING.replace("username", "usrname"))


def test_a_file_that_takes_no_cluster_at_its_end_is_refused(pair: Lab) -> None:
    text = """cluster = [{name = "a", cucm_publisher = "c.example.com", username = "u"}]\n"""
    assert "write each as a [[cluster]]" in refused(pair, text)


def test_an_address_that_another_cluster_has_is_refused(pair: Lab) -> None:
    host, port = pair.simulator.nodes[PUB]
    before = f'{EXISTING}[cluster.addresses]\n"other.example.com" = "{host}:{port}"\n'
    assert "one host and port is one server" in refused(pair, before)


def test_a_cluster_that_the_loader_refuses_is_not_written(tmp_path: Path) -> None:
    """Such as a node of another cluster, which only CUCM knows."""
    path = tmp_path / "all.toml"
    path.write_text(EXISTING)
    block = '[[cluster]]\nname = "b"\ncucm_publisher = "cucm-east.example.com"\n'
    with pytest.raises(ConfigError, match="one host and port is one server"):
        append_cluster(path, block)
    assert path.read_text() == EXISTING


def test_a_cluster_that_gives_nothing_leaves_the_file_alone(pair: Lab) -> None:
    path = pair.folder / "all.toml"
    path.write_text(EXISTING)
    pair.simulator.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    assert init(pair, path, "--append").exit_code == ExitCode.UNAUDITABLE
    assert path.read_text() == EXISTING


def test_without_a_file_there_is_nothing_to_add_to(pair: Lab, tmp_path: Path) -> None:
    result = init(pair, tmp_path / "none.toml", "--append")
    assert result.exit_code == ExitCode.USAGE
    assert "none.toml: cannot be read" in result.stderr
