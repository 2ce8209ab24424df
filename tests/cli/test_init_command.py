"""`auditor init` as a newcomer runs it: a file that loads, says from what, and hides nothing."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.config.loader import load_configuration
from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.findings import Finding, Verdict
from auditor.report.profile_toml import QUESTION_PREFIX
from auditor.report.sentences import render_sentence, render_sentences
from auditor.resources import scenario_folder
from tests.lab import PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]
UNREACHABLE = "lost-data-centre"
"""Its CUCM publisher is gone, and `init` asks no subscriber."""
SCENARIOS = sorted(
    path.stem for path in scenario_folder().glob("*.toml") if path.stem != UNREACHABLE
)
OLD = "all-drift-9x"
"""Its CUCM cannot list IM&P nodes, so the options do."""


def words(lab: Lab, output: Path) -> list[str]:
    """Return the command with what it needs to reach the simulated cluster."""
    simulator = lab.simulator
    places = {**simulator.nodes, simulator.scenario.cucm: simulator.cucm}
    given = ["init", "--cucm", simulator.scenario.cucm, "--username", simulator.username]
    given += ["--name", "lab", "--ca-bundle", str(simulator.ca_path), "--to", str(output)]
    for name, (host, port) in places.items():
        given += ["--address", f"{name}={host}:{port}"]
    return given


def init(lab: Lab, output: Path, *more: str) -> Result:
    """Run the command."""
    return CliRunner(env=lab.environment).invoke(app, [*words(lab, output), *more])


def roles(lab: Lab) -> list[str]:
    """Return the options that name the nodes of a CUCM that cannot list them."""
    publisher, *others = lab.simulator.nodes
    pairs = [f"{publisher}=publisher", *(f"{name}=subscriber" for name in others)]
    return [word for pair in pairs for word in ("--node", pair)]


class Written(Lab):
    """The lab with the file that `init` wrote in place of its own."""

    @property
    def config(self) -> Path:
        """Return that file."""
        return self.folder / "written.toml"


def written(lab: Lab, *more: str) -> Written:
    """Run the command, and return the lab that audits by what it wrote."""
    result = init(lab, lab.folder / "written.toml", *more)
    assert result.exit_code == 0, result.output
    return Written(lab.simulator, lab.folder)


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_audit_by_the_written_file_leaves_open_only_what_it_asks(lab: Start, name: str) -> None:
    """Every unknown leads to a question of the file, or to what no file could know."""
    running = lab(name)
    by_file = written(running, *(roles(running) if name == OLD else []))
    text = by_file.config.read_text()
    declared = tomllib.loads(text)["cluster"][0].get("deployment", {})
    open_keys = set(DEPLOYMENT_KEYS) - declared.keys()
    cluster = by_file.cluster()

    for key in open_keys:
        assert f"\n# {key} = " in text
    for finding in cluster.findings:
        if finding.verdict is Verdict.UNKNOWN:
            assert _asked(finding, open_keys, text), finding
    assert load_configuration(by_file.config).clusters[0].name == "lab"


def _asked(finding: Finding, open_keys: set[str], text: str) -> bool:
    remedy = render_sentences(finding.remedy)
    keys = set(re.findall(r"`([a-z_0-9]+)`", f"{render_sentence(finding.because)} {remedy}"))
    if keys & open_keys or finding.recommendation == "HA-01":
        return True
    if "external_database" in remedy:
        return "# [[cluster.external_database]]" in text
    return finding.recommendation in ("AXL-04", "DIR-03") or "Restart" in remedy


@pytest.mark.parametrize("has_database_table", [True, False])
@pytest.mark.parametrize(
    "release",
    [
        "9.1.1.10000-8",
        "10.5.2.10000-5",
        "11.5.1.10000-4",
        "12.5.1.10000-22",
        "14.0.1.13900-8",
        "15.0.1.10000-1",
    ],
)
def test_a_healthy_cluster_has_no_drift_right_after_init(
    lab: Start, release: str, *, has_database_table: bool
) -> None:
    """Every feature is in use; what the file does not say of databases, the services show."""
    features = [
        "chat",
        "permanent_chat",
        "compliance",
        "web_clients",
        "xmpp_clients",
        "xmpp_federation",
        "third_party_ldap_search",
        "third_party_ldap_search_configured",
        "sip_federation",
        "bulk_administration",
    ]
    uses = ["permanent_chat", "compliance"]
    # Releases before 11.0 have no Cisco XCP File Transfer Manager.
    if not release.startswith(("9", "10")):
        features += ["managed_file_transfer", "file_server_configured"]
        uses.append("managed_file_transfer")
    running = lab(
        {
            "cluster": {"name": "all", "release": release},
            "group": [{"name": "Default", "nodes": [PUB, SUB]}],
            "deployment": dict.fromkeys(features, True)
            | {"xmpp_federation_enabled_on": [PUB, SUB]},
            "external_database": [{"name": "store", "type": "postgresql", "used_by": uses}],
        }
    )
    by_file = written(running, *(roles(running) if release.startswith("9") else []))
    # The table is undocumented, so a release may lack it; the services still prove the databases.
    (cluster,) = by_file.audit(discover=has_database_table).clusters
    drift = [f for f in cluster.findings if f.verdict is Verdict.DRIFT]
    assert drift == []
    assert cluster.unread == ()


def test_the_file_of_a_healthy_cluster_reads_as_it_should(
    lab: Start, compare_golden: Callable[[Path, str], None]
) -> None:
    """The whole file, as a newcomer sees it."""
    running = lab("healthy")
    text = written(running).config.read_text()
    for name, (_, port) in {**running.simulator.nodes, "cucm": running.simulator.cucm}.items():
        text = text.replace(f":{port}", f":<port of {name}>")

    compare_golden(Path(__file__).parent / "golden" / "init-healthy.toml", text)


def test_every_value_names_its_evidence(lab: Start) -> None:
    """No key of the profile stands without a comment above it."""
    text = written(lab("demo")).config.read_text()
    profile = text.partition("[cluster.deployment]\n")[2].partition("\n[[")[0]
    blocks = [block for block in profile.split("\n\n") if block.strip()]

    assert [b for b in blocks if not b.strip().startswith("#")] == []
    assert "# Cisco XCP Message Archiver is activated on imp-sub2.campus.test.\n" in text


def test_the_file_warns_of_itself(lab: Start) -> None:
    running = lab("one-node")
    text = written(running).config.read_text()

    assert "READ THIS FILE AND CORRECT IT" in text.splitlines()[2]
    assert "proves only that nothing has changed since" in text


def test_high_availability_that_is_off_is_asked_and_not_taken_for_meant(lab: Start) -> None:
    """In the demo somebody forgot to switch it on again."""
    by_file = written(lab("demo"))

    assert f"{QUESTION_PREFIX} Should it be on for East?" in by_file.config.read_text()
    findings = by_file.cluster().findings
    (east,) = [f for f in findings if (f.recommendation, f.subject.name) == ("HA-01", "East")]
    assert east.verdict in (Verdict.UNKNOWN, Verdict.DRIFT)


def test_the_password_is_nowhere_in_the_file(lab: Start) -> None:
    running = lab("one-node")
    text = written(running).config.read_text()

    assert running.simulator.password not in text


def test_the_next_steps_are_printed(lab: Start, tmp_path: Path) -> None:
    result = init(lab("one-node"), tmp_path / "auditor.toml")

    assert "Read it, correct it, and answer its" in result.stdout
    assert f"auditor audit --config {tmp_path / 'auditor.toml'}" in result.stdout


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_nothing_that_exists_is_overwritten_and_nothing_is_asked(
    lab: Start, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "auditor.toml"
    if kind == "file":
        path.write_text("mine")
    elif kind == "link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.mkdir()
    running = lab("one-node")
    result = init(running, path)

    assert result.exit_code == 2
    assert "it exists already and is not replaced" in result.stderr
    assert running.simulator.requests == []
    assert kind != "file" or path.read_text() == "mine"


def test_a_file_that_appears_meanwhile_is_left_as_it_is(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "auditor.toml"
    running = lab("one-node")
    monkeypatch.setattr("auditor.cli.init.require_new_file", lambda *_: path.write_text("mine"))
    result = init(running, path)

    assert result.exit_code == 1
    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".auditor")] == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--to", "/nowhere/auditor.toml"], "the folder /nowhere does not exist"),
        (["--pin", "imp1"], "--pin imp1: must be written as NODE=VALUE"),
        (["--pin", "imp1=12"], "--pin imp1: a SHA-256 fingerprint is 64 hexadecimal digits"),
        (["--address", "imp1="], "--address imp1=: must be written as NODE=VALUE"),
        (["--address", "imp1=a b"], "--address imp1: must be a host or host:port"),
        (["--cucm", "not a host"], "auditor: --cucm: must be a host or host:port"),
        (["--username", "a:b"], "--username: must not hold a colon"),
        (["--ca-bundle", "/nowhere.pem"], "auditor: --ca-bundle: /nowhere.pem cannot be read"),
        (["--node", "imp1=boss"], "--node imp1: must be one of publisher, subscriber"),
        (["--profile-from", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
    ],
)
def test_a_wrong_option_stops_before_anything_is_asked(
    lab: Start, tmp_path: Path, more: list[str], expected: str
) -> None:
    running = lab("one-node")
    result = init(running, tmp_path / "auditor.toml", *more)

    assert result.exit_code == 2
    assert expected in result.stderr
    assert running.simulator.requests == []
    assert not (tmp_path / "auditor.toml").exists()


def test_no_password_is_a_usage_error(lab: Start, tmp_path: Path) -> None:
    running = lab("one-node")
    result = CliRunner().invoke(app, words(running, tmp_path / "auditor.toml"))

    assert result.exit_code == 2
    assert "AUDITOR_PASSWORD_LAB" in result.stderr
    assert running.simulator.requests == []


def test_a_wrong_password_is_tried_once_and_writes_nothing(lab: Start, tmp_path: Path) -> None:
    running = lab("one-node")
    given = words(running, tmp_path / "auditor.toml")
    result = CliRunner(env={"AUDITOR_PASSWORD": "wrong"}).invoke(app, given)

    assert result.exit_code == 5
    assert "no node could be asked" in result.stderr
    assert "the password came from AUDITOR_PASSWORD" in result.stderr
    assert "it was not tried again" in result.stderr
    assert len(running.simulator.requests) == 1
    assert not (tmp_path / "auditor.toml").exists()


def test_a_self_signed_certificate_is_answered_with_the_pin_to_give(
    lab: Start, tmp_path: Path
) -> None:
    """There is no file yet that a key could stand in; the option pasted is believed."""
    running = lab("one-node")
    (name,) = running.simulator.nodes
    running.simulator.change({"fault": {"fault": "self-signed-certificate", "node": name}})
    refused = init(running, tmp_path / "auditor.toml")
    pasted = re.search(r"give --pin (\S+=[0-9A-F:]{95})\.", refused.stderr)

    assert "[cluster." not in refused.stderr
    assert pasted is not None
    result = init(running, tmp_path / "auditor.toml", "--pin", pasted[1])
    assert result.exit_code == 0, result.output


def test_the_name_in_a_certificate_is_proposed_and_not_trusted(lab: Start, tmp_path: Path) -> None:
    short, full = "imp2", "imp2.lab.test"
    running = lab(
        {
            "cluster": {"name": "pair"},
            "group": [{"name": "Default", "nodes": ["imp1.lab.test", short]}],
            "node": [{"name": short, "certificate_names": [full]}],
        }
    )
    output = tmp_path / "auditor.toml"
    result = init(running, output)
    assert result.exit_code == 4
    assert f"(--address {short}={full})" in result.stderr
    text = output.read_text()
    assert f'\n# {short} = "{full}"\n' in text
    assert tomllib.loads(text)["cluster"][0]["addresses"][short].startswith("127.0.0.1:")
    assert short not in {node for node, _ in running.asked()}


def test_the_other_cucm_servers_are_named_and_not_taken(lab: Start) -> None:
    """Whether AXL runs there is not in the list."""
    other = "cucm-sub.lab.test"
    running = lab({**PAIR, "cluster": {"name": "pair", "cucm_subscribers": [other]}})
    text = written(running).config.read_text()
    assert f'\n# cucm_subscribers = ["{other}"]\n' in text
    assert "cucm_subscribers" not in tomllib.loads(text)["cluster"][0]


def test_a_node_that_does_not_answer_is_asked_for_in_the_file(lab: Start, tmp_path: Path) -> None:
    """The file is written all the same, and the exit code says that it is not whole."""
    running = lab("healthy")
    running.simulator.change({"fault": {"fault": "connection-refused", "node": "imp4.lab.test"}})
    path = tmp_path / "auditor.toml"
    result = init(running, path)
    text = path.read_text()

    assert result.exit_code == 4
    assert "imp4.lab.test" in result.stderr
    assert '# planned_nodes = ["imp4.lab.test"]' in text
    assert "It is not known whether Cisco XCP Text Conference Manager is activated on" in text
    assert "chat" not in tomllib.loads(text)["cluster"][0]["deployment"]


def test_a_golden_cluster_becomes_the_profile(lab: Start, tmp_path: Path) -> None:
    golden = tmp_path / "golden.toml"
    golden.write_text(
        '[[cluster]]\nname = "north"\nusername = "x"\ncucm_publisher = "north.example.test"\n'
        "high_availability = true\n"
        '[[cluster.node]]\nname = "g1"\nrole = "publisher"\n'
        '[[cluster.node]]\nname = "g2"\nrole = "subscriber"\n'
        '[cluster.deployment]\nchat = true\nweb_clients = true\ncompliance = ["g1"]\n'
        'sip_federation = ["g1", "g2"]\n'
        '[[cluster]]\nname = "south"\nusername = "x"\ncucm_publisher = "south.example.test"\n'
    )
    by_file = written(lab("demo"), "--profile-from", f"{golden}#north")
    text = by_file.config.read_text()
    told = tomllib.loads(text)["cluster"][0]

    assert told["deployment"]["compliance"] == ["imp-pub.campus.test"]
    assert told["deployment"]["sip_federation"] is True
    assert told["high_availability"] is True
    assert 'From the golden cluster "north": its publisher.' in text
    drifting = {f.recommendation for f in by_file.cluster().findings if f.verdict == "drift"}
    assert {"WEB-01", "ARC-01", "SIPFED-01", "HA-01"} <= drifting


def test_of_several_golden_clusters_one_must_be_named(lab: Start, tmp_path: Path) -> None:
    golden = tmp_path / "golden.toml"
    block = '[[cluster]]\nname = "{0}"\nusername = "x"\ncucm_publisher = "{0}.example.test"\n'
    golden.write_text(block.format("north") + block.format("south"))
    running = lab("one-node")
    result = init(running, tmp_path / "auditor.toml", "--profile-from", str(golden))

    assert result.exit_code == 2
    assert f"name one as {golden}#NAME: north, south" in result.stderr
    assert running.simulator.requests == []


def test_hostile_names_stay_data(lab: Start) -> None:
    """What the database lists goes into comments, and cannot leave them."""
    evil = 'x"\n[cluster.deployment]\nchat = false\n#'
    columns = ["pkid", "databasetype", "databasename", "name"]
    listed = {"name": "externaldbassignment", "columns": columns, "rows": [["1", evil, evil, evil]]}
    scenario = {
        "cluster": {"name": "lab"},
        "group": [{"name": 'G "1" \\', "nodes": ["imp1.lab.test", "imp2.lab.test"]}],
        "deployment": {"chat": True},
        "table": [listed],
    }
    told = tomllib.loads(written(lab(scenario)).config.read_text())["cluster"][0]

    assert told["deployment"]["chat"] is True
    assert [n["redundancy_group"] for n in told["node"]] == ['G "1" \\', 'G "1" \\']


def test_a_cluster_that_cannot_list_its_nodes_gets_them_from_options(lab: Start) -> None:
    """The groups come from the database, and say so."""
    running = lab(OLD)
    text = written(running, *roles(running)).config.read_text()
    nodes = tomllib.loads(text)["cluster"][0]["node"]

    assert [n["redundancy_group"] for n in nodes] == ["DefaultCUPSubCluster"] * 2
    assert "# Discovered: enterprisenode in the database of imp1.lab.test" in text
