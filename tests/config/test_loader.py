"""The configuration file as it should be: every key lands where the program looks for it."""

from pathlib import Path

import pytest

from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import (
    ClusterSettings,
    DeclaredNode,
    ServerAddress,
    password_variable_name,
)
from auditor.errors import ConfigError
from auditor.models.evidence import Origin
from auditor.models.findings import Severity
from auditor.models.nodes import Role
from auditor.models.settings import ExternalDatabase, Reach, Setting

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "config" / "contract.toml"
SMALL = '[[cluster]]\nname = "lab"\ncucm_publisher = "cucm.example.test"\nusername = "audit-ro"\n'


def cluster_of(tmp_path: Path, more: str = "") -> ClusterSettings:
    """Load a file of one small cluster with more keys."""
    path = tmp_path / "auditor.toml"
    path.write_text(SMALL + more, encoding="utf-8")
    return load_configuration(path).clusters[0]


def test_one_pin_needs_no_list(tmp_path: Path) -> None:
    pin = "AB" * 32
    lab = cluster_of(tmp_path, f'[cluster.pins]\n"imp.example.test" = "{pin}"\n')

    assert lab.pins == {"imp.example.test": (pin.lower(),)}


def test_every_key_of_the_contracts_example_lands() -> None:
    configuration = load_configuration(EXAMPLE)
    lab = configuration.clusters[0]
    cucm = "cucm-pub.example.test"

    assert (configuration.path, configuration.workers) == (EXAMPLE, 16)
    assert (lab.name, lab.username, lab.password_command) == (
        "lab",
        "audit-ro",
        "pass show uc/audit",
    )
    assert (lab.cucm_name, lab.cucm_publisher) == (
        cucm,
        ServerAddress(cucm, 8443, cucm, f"{cucm}:8443"),
    )
    assert (lab.workers, lab.timeout_s, lab.settle_s) == (16, 10.0, 3.0)
    assert (lab.backoff_s, lab.fail_on, lab.proxy) == ((2.0, 5.0, 10.0), Severity.LOW, False)
    assert lab.ca_bundle == EXAMPLE.parent / "lab-ca.pem"
    assert (lab.axl_version, lab.legacy_tls, lab.high_availability) == ("auto", False, True)
    assert lab.planned_nodes == ()
    assert lab.pins == {"imp-pub.example.test": ("abcdef0123456789" * 4,)}
    assert lab.address_of("imp-pub.example.test") == ServerAddress(
        "127.0.0.1", 18443, "imp-pub.example.test", "127.0.0.1:18443"
    )
    assert lab.nodes == (
        DeclaredNode("imp-pub.example.test", Role.PUBLISHER, "DefaultCUPSubCluster"),
    )
    assert lab.databases == (
        ExternalDatabase(
            name="tcmadb",
            host="db.example.test",
            port=5432,
            type="postgresql",
            used_by=frozenset({"permanent_chat", "compliance"}),
            nodes=frozenset({"imp-pub.example.test"}),
            reach=Reach.UNKNOWN,
            origin=Origin.DECLARED,
        ),
    )
    assert lab.peers == ("imp-b1.example.test",)
    assert lab.named == {
        "addresses": ("imp-pub.example.test",),
        "pins": ("imp-pub.example.test",),
        "node": ("imp-pub.example.test",),
        "node.redundancy_group": ("DefaultCUPSubCluster",),
        "deployment.sip_federation": ("imp-sub.example.test",),
        "deployment.intercluster_synced_from": ("DefaultCUPSubCluster",),
        "external_database[tcmadb].nodes": ("imp-pub.example.test",),
    }


def test_every_deployment_key_of_the_example_becomes_one_declared_setting() -> None:
    settings = load_configuration(EXAMPLE).clusters[0].settings

    on = {key for key, (setting,) in settings.items() if setting.on}
    assert on == {
        "bulk_administration",
        "chat",
        "xmpp_clients",
        "sip_federation",
        "intercluster",
        "intercluster_synced_from",
    }
    assert len(settings) == 20
    assert settings["sip_federation"] == (
        Setting(
            on=True,
            origin=Origin.DECLARED,
            source='contract.toml, cluster "lab", deployment.sip_federation',
            nodes=frozenset({"imp-sub.example.test"}),
        ),
    )


def test_a_file_needs_only_the_server_and_the_account(tmp_path: Path) -> None:
    lab = cluster_of(tmp_path)

    assert lab.settings == {}
    assert lab.high_availability is None
    assert (lab.workers, lab.timeout_s, lab.settle_s) == (64, 20.0, 3.0)
    assert (lab.backoff_s, lab.fail_on) == ((2.0, 5.0, 10.0), Severity.LOW)
    assert (lab.ca_bundle, lab.password_command, lab.axl_version) == (None, None, "auto")


def test_a_cluster_may_override_each_default(tmp_path: Path) -> None:
    path = tmp_path / "auditor.toml"
    path.write_text(
        '[defaults]\nusername = "all"\nworkers = 8\nfail_on = "high"\nproxy = true\n'
        'password_command = "show all"\ntimeout_s = 20\nsettle_s = 5\nbackoff_s = [1]\n'
        '[[cluster]]\nname = "a"\ncucm_publisher = "a.test"\n'
        '[[cluster]]\nname = "b"\ncucm_publisher = "b.test"\nusername = "own"\nworkers = 2\n'
        'fail_on = "low"\nproxy = false\npassword_command = "show b"\ntimeout_s = 2.5\n'
        "settle_s = 0\nbackoff_s = []\n"
    )
    configuration = load_configuration(path)
    told = [
        (c.username, c.workers, c.fail_on, c.proxy, c.password_command)
        for c in load_configuration(path).clusters
    ]
    times = [(c.timeout_s, c.settle_s, c.backoff_s) for c in configuration.clusters]

    assert configuration.workers == 8
    assert told == [
        ("all", 8, Severity.HIGH, True, "show all"),
        ("own", 2, Severity.LOW, False, "show b"),
    ]
    assert times == [(20.0, 5.0, (1.0,)), (2.5, 0.0, ())]


def test_an_empty_list_is_false_and_expressway_is_a_word_of_its_own(tmp_path: Path) -> None:
    settings = cluster_of(
        tmp_path, '[cluster.deployment]\nchat = []\nxmpp_federation = "expressway"\n'
    ).settings

    assert (settings["chat"][0].on, settings["chat"][0].nodes) == (False, frozenset())
    assert (settings["xmpp_federation"][0].expressway, settings["chat"][0].expressway) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("value", "meant"),
    [("true", True), ("false", False), ('["G1"]', frozenset({"G1"})), ("[]", False)],
)
def test_high_availability_is_a_word_for_all_groups_or_a_list_of_them(
    tmp_path: Path, value: str, meant: bool | frozenset[str]
) -> None:
    assert cluster_of(tmp_path, f"high_availability = {value}\n").high_availability == meant


def test_a_database_that_is_not_to_be_tried_says_so(tmp_path: Path) -> None:
    (database,) = cluster_of(
        tmp_path,
        '[[cluster.external_database]]\nname = "d"\nhost = "10.0.0.9"\nport = 1521\n'
        'type = "oracle"\nused_by = ["managed_file_transfer"]\nprobe = false\n',
    ).databases

    assert (database.reach, database.nodes) == (Reach.NOT_TRIED, None)


@pytest.mark.parametrize(("written", "version"), [("14", "14.0"), ("12.5", "12.5")])
def test_an_axl_version_may_leave_out_the_zero(tmp_path: Path, written: str, version: str) -> None:
    assert cluster_of(tmp_path, f'axl_version = "{written}"\n').axl_version == version


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "auditor.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())

    assert load_configuration(path).clusters[0].name == "lab"


@pytest.mark.parametrize(
    ("override", "node", "dial"),
    [
        (None, "imp-a", ServerAddress("imp-a", 8443, "imp-a", "imp-a:8443")),
        ("10.0.0.1", "imp-a", ServerAddress("10.0.0.1", 8443, "imp-a", "10.0.0.1:8443")),
        ("10.0.0.1:9443", "IMP-A", ServerAddress("10.0.0.1", 9443, "IMP-A", "10.0.0.1:9443")),
        ("other.test", "imp-a", ServerAddress("other.test", 8443, "other.test", "other.test:8443")),
        ("[::1]:9443", "imp-a", ServerAddress("::1", 9443, "imp-a", "[::1]:9443")),
        ("2001:db8::7", "imp-a", ServerAddress("2001:db8::7", 8443, "imp-a", "[2001:db8::7]:8443")),
        (
            None,
            "2001:db8::7",
            ServerAddress("2001:db8::7", 8443, "2001:db8::7", "[2001:db8::7]:8443"),
        ),
    ],
)
def test_a_node_is_dialled_at_its_address_and_must_prove_its_name(
    tmp_path: Path, override: str | None, node: str, dial: ServerAddress
) -> None:
    more = f'[cluster.addresses]\n"imp-a" = "{override}"\n' if override else ""

    assert cluster_of(tmp_path, more).address_of(node) == dial


def test_the_cucm_publisher_follows_addresses_as_the_nodes_do(tmp_path: Path) -> None:
    lab = cluster_of(tmp_path, '[cluster.addresses]\n"CUCM.example.test" = "127.0.0.1:1"\n')

    assert lab.cucm_publisher == ServerAddress("127.0.0.1", 1, "cucm.example.test", "127.0.0.1:1")
    assert lab.named == {}


def test_clusters_are_selected_by_name_case_apart(tmp_path: Path) -> None:
    path = tmp_path / "auditor.toml"
    path.write_text(SMALL + SMALL.replace("lab", "Prod").replace("cucm.", "cucm2."))
    configuration = load_configuration(path)

    assert [c.name for c in configuration.select([])] == ["lab", "Prod"]
    assert [c.name for c in configuration.select(["PROD", "prod"])] == ["Prod"]


def test_an_unknown_cluster_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "auditor.toml"
    path.write_text(SMALL + SMALL.replace("lab", "Prod").replace("cucm.", "cucm2."))

    with pytest.raises(ConfigError) as refused:
        load_configuration(path).select(["prud", "lab", "zzz"])
    assert refused.value.problems == (
        f'{path}: no cluster "prud"; the file has lab, Prod; did you mean `Prod`?',
        f'{path}: no cluster "zzz"; the file has lab, Prod',
    )


def test_the_file_asked_for_outranks_the_one_here_and_that_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    own = tmp_path / "home" / ".config" / "auditor"
    here.mkdir()
    own.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))

    (own / "auditor.toml").touch()
    assert find_config_file(None) == own / "auditor.toml"
    (here / "auditor.toml").touch()
    assert find_config_file(None) == Path("auditor.toml")
    assert find_config_file(Path("other.toml")) == Path("other.toml")


def test_without_a_file_the_places_are_named_and_the_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError) as missing:
        find_config_file(None)
    assert str(tmp_path / "home" / ".config" / "auditor" / "auditor.toml") in str(missing.value)
    assert "working directory" in str(missing.value)
    assert "auditor demo" in str(missing.value)


def test_the_variable_for_a_password_follows_from_the_clusters_name() -> None:
    assert password_variable_name("lab") == "AUDITOR_PASSWORD_LAB"
    assert password_variable_name("eu-west 1") == "AUDITOR_PASSWORD_EU_WEST_1"
