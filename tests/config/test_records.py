"""Where the file sends history, waivers and notifications, relative to itself."""

from pathlib import Path
from typing import Any

import pytest

from auditor.config.loader import build_configuration
from auditor.config.settings import Configuration
from auditor.errors import ConfigError

CLUSTER = {"name": "lab", "cucm_publisher": "cucm.example.test", "username": "audit-ro"}
HERE = Path("/etc/auditor/auditor.toml")


def configured(**defaults: object) -> Configuration:
    raw: dict[str, Any] = {"defaults": defaults, "cluster": [CLUSTER]}
    return build_configuration(raw, HERE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("off", "off"),
        ("sqlite:///runs.sqlite3", "sqlite:////etc/auditor/runs.sqlite3"),
        ("sqlite:////var/lib/runs.sqlite3", "sqlite:////var/lib/runs.sqlite3"),
        ("sqlite:///~/runs.sqlite3", "sqlite:///~/runs.sqlite3"),
        ("postgresql://audit@db.example.test/auditor",) * 2,
    ],
)
def test_a_database_file_is_found_beside_the_configuration(written: str, meant: str) -> None:
    assert configured(history=written).history == meant


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://audit:s3cret@db.example.test/auditor",
        "postgresql+psycopg://audit:s3/cr@et@db.example.test/auditor",
        "postgresql://db.example.test/auditor?user=audit&password=s3cret",
        "postgresql://db.example.test/auditor?sslpassword=s3cret",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        configured(history=url)
    assert "must not hold a password" in str(refused.value)
    assert "s3" not in str(refused.value)


def test_a_colon_in_a_file_name_is_no_password() -> None:
    assert configured(history="sqlite:////var/a:b@c.sqlite3").history is not None


def test_addresses_of_notifications_are_in_no_repr() -> None:
    configuration = configured(notify=["json://hooks.example.test/s3cret"])
    assert configuration.notify == ("json://hooks.example.test/s3cret",)
    assert "s3cret" not in repr(configuration)


def test_waivers_of_a_cluster_outrank_those_of_all() -> None:
    own = {"name": "other", "cucm_publisher": "cucm2.example.test", "username": "audit-ro"}
    own["waivers"] = "/srv/own.toml"
    raw: dict[str, Any] = {"defaults": {"waivers": "all.toml"}, "cluster": [CLUSTER, own]}
    first, second = build_configuration(raw, HERE).clusters
    assert (first.waivers, second.waivers) == (Path("/etc/auditor/all.toml"), Path("/srv/own.toml"))
