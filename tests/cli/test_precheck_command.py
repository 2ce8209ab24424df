"""`auditor precheck` as an engineer runs it before a change window."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.text import join_names
from tests.lab import Lab

Start = Callable[..., Lab]
NODE = "imp4.lab.test"
SIP = "Cisco SIP Proxy"
ARCHIVER = "Cisco XCP Message Archiver"


@pytest.fixture
def healthy(lab: Start) -> Lab:
    """Return a healthy cluster."""
    return lab("healthy")


def test_a_wanted_service_is_a_go_and_its_comparison_expects_it(
    healthy: Lab, tmp_path: Path
) -> None:
    """The whole window: snapshot, check, change, compare."""
    healthy.simulator.change({"deactivate": {"node": NODE, "service": SIP}})
    before, expected = tmp_path / "before.json", tmp_path / "expected.json"
    healthy.run("snapshot", "--to", str(before))
    words = ("healthy", "--activate", "cisco  sip proxy", "--on", NODE.upper())
    result = healthy.run("precheck", *words, "--confirm", "--expectation", str(expected))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("GO: ")
    assert result.stderr == f"Expectation written to {expected}.\n"
    for act in ("activate", "start"):
        healthy.simulator.change({act: {"node": NODE, "service": SIP}})
    result = healthy.run("diff", str(before), "live", "--expect", str(expected))
    assert result.exit_code == 0, result.stdout
    assert "Expected changes (1)" in result.stdout


def test_services_and_features_can_be_named_in_variables(healthy: Lab) -> None:
    """Their names hold blanks, so semicolons and line breaks part them."""
    environment = {
        **healthy.environment,
        "AUDITOR_ON": NODE,
        "AUDITOR_ACTIVATE": "Cisco XCP Web Connection Manager;\nCisco SIP Proxy",
        "AUDITOR_FEATURE": f'web_clients=true; chat=["{NODE}", "imp3.lab.test"]',
    }
    words = ["precheck", "-c", str(healthy.config), "-o", "json"]
    result = CliRunner(env=environment).invoke(app, words)
    assert result.exit_code != 2, result.output
    changes = json.loads(result.stdout)["changes"]
    assert [change["service"] for change in changes] == ["Cisco XCP Web Connection Manager", SIP]


def test_services_can_be_named_as_tables_print_them(healthy: Lab) -> None:
    """Without their maker's name, in any case."""
    words = ("--activate", f"xcp directory  service@{NODE}", "--activate", "sip proxy")
    output = healthy.run("precheck", "healthy", *words, "--on", NODE, "-o", "json").stdout
    named = {change["service"] for change in json.loads(output)["changes"]}
    assert named == {"Cisco XCP Directory Service", SIP}


def test_it_sends_nothing_that_writes(healthy: Lab) -> None:
    """It only looks."""
    words = ("healthy", "--deactivate", SIP, "--on", NODE)
    assert healthy.run("precheck", *words).exit_code == 3
    assert not any(request.writes for request in healthy.simulator.requests)


def test_json_holds_every_check(healthy: Lab) -> None:
    """Scripts can read it."""
    words = ("healthy", "--deactivate", SIP, "--on", NODE, "-o", "json")
    output = json.loads(healthy.run("precheck", *words).stdout)
    assert (output["answer"], output["exit_code"]) == ("no-go", 3)
    broken = [p for p in output["points"] if p["topic"] == "what the change would break"]
    assert any("SIP-01" in point["text"] for point in broken)


def test_a_feature_can_be_tested_before_it_is_true(healthy: Lab) -> None:
    """Web clients are meant to come."""
    service = "Cisco XCP Web Connection Manager"
    words = ["healthy", "--activate", service, "--on", NODE, "--confirm", "--feature"]
    assert healthy.run("precheck", *words, "web_clients=false").exit_code == 3
    assert healthy.run("precheck", *words, "web_clients=true").exit_code == 0


@pytest.mark.parametrize("nodes", ["imp3", "imp3.lab.test", "IMP3,", '["imp3"]', "imp1,imp3"])
def test_nodes_can_be_named_by_their_first_label(healthy: Lab, nodes: str) -> None:
    """Those of a feature, and that of the change."""
    words = ("healthy", "--activate", f"{ARCHIVER}@imp3", "--confirm", "-o", "json")
    output = json.loads(healthy.run("precheck", *words, "--feature", f"compliance={nodes}").stdout)
    assert [change["node"] for change in output["changes"]] == ["imp3.lab.test"]
    (feature,) = output["features"]
    assert '"imp3.lab.test"' in feature["tested"]
    placement = [
        p for p in output["points"] if "ARC-01" in p["text"] and p["about"] == "imp3.lab.test"
    ]
    assert {point["answer"] for point in placement} == {"go"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--activate", "proxy", "--on", NODE),
            "unknown service 'proxy'; did you mean `Cisco SIP Proxy`?",
        ),
        (("--activate", "XCP Config Manager", "--on", NODE), "Cisco XCP Config Manager is a net"),
        (
            ("--activate", "federation connection manager", "--on", NODE),
            "may be Cisco XCP SIP Federation Connection Manager or Cisco XCP XMPP Federation",
        ),
        (("--restart", "datastore", "--on", NODE), "Cisco Route Datastore or"),
        (("--activate", "Cisco SIP Prox", "--on", NODE), "did you mean `Cisco SIP Proxy`?"),
        (("--activate", SIP, "--on", "imp4.lab"), f"did you mean `{NODE}`?"),
        (("--activate", SIP, "--on", "imp9"), "cluster healthy has no node 'imp9'"),
        (("--activate", "Cisco XCP Router", "--on", NODE), "network service"),
        (("--on", NODE), "name a service"),
        (("--activate", SIP), f"name the node of {SIP} with --on, or as SERVICE@NODE."),
        (("--activate", f"{SIP}@"), f"{SIP}@: name the node after the @."),
        (
            ("--activate", f"{SIP}@imp4", "--deactivate", f"{SIP}@{NODE}"),
            "at once on imp4.lab.test",
        ),
        (("--activate", f"{SIP}@{NODE}", "--on", NODE), "--on: every service names its node"),
        (("--activate", f"{SIP}@{NODE}", "--deactivate", SIP, "--on", NODE.upper()), "at once"),
        (("--activate", SIP, "--deactivate", SIP, "--on", NODE), "at once"),
        (
            ("--restart", SIP, "--deactivate", SIP, "--on", NODE),
            "deactivated and restarted at once",
        ),
        (("--restart", SIP), f"name the node of {SIP} with --on, or as SERVICE@NODE."),
        (("--restart", "Cisco SIP Prox", "--on", NODE), "did you mean `Cisco SIP Proxy`?"),
        (("--restart", "A Cisco DB", "--on", NODE), "only the CLI stops and starts it"),
        (("--restart", f"tomcat@{NODE}"), "`utils service restart Cisco Tomcat`"),
        (
            ("--restart", f"{ARCHIVER}@imp3.lab.test"),
            f"{ARCHIVER} cannot be restarted on imp3.lab.test: it is not activated there."
            " It can be restarted on imp1.lab.test and imp2.lab.test.",
        ),
        (
            ("--activate", SIP, "--on", NODE, "--feature", "chatt=true"),
            'auditor: --feature chatt: cluster "healthy": key `deployment.chatt`: unknown key',
        ),
        (("--activate", SIP, "--on", NODE, "--feature", "chat"), "KEY=VALUE"),
        (
            ("--activate", SIP, "--on", NODE, "--feature", "chat=imp3,imp9"),
            "--feature chat: cluster healthy has no node 'imp9'",
        ),
        (("--activate", SIP, "--on", NODE, "--feature", "chat=ture"), "must be true, false or"),
    ],
)
def test_what_does_not_exist_is_a_usage_error(
    healthy: Lab, words: tuple[str, ...], message: str
) -> None:
    """With the nearest names."""
    result = healthy.run("precheck", "healthy", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_refused_password_is_no_missing_node(
    healthy: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could be read, so the change is undecided."""
    monkeypatch.setattr(type(healthy), "environment", {"AUDITOR_PASSWORD": "not-the-password"})
    words = ("healthy", "--activate", SIP, "--on", NODE)
    result = healthy.run("precheck", *words)
    assert result.exit_code == 4
    why = "cucm-pub.lab.test refused the user name or password"
    assert result.stdout.startswith(f"UNDECIDED: the cluster could not be asked ({why}).\n")
    assert "401" in result.stdout


def test_a_no_go_names_its_most_severe_reason_first(healthy: Lab) -> None:
    """It is in the first line."""
    engine = "Cisco Presence Engine"
    words = ("healthy", "--deactivate", engine, "--on", NODE)
    first, *_ = healthy.run("precheck", *words).stdout.splitlines()
    assert first.startswith(f"NO-GO: {NODE}: With the change, PE-01: {engine} is not")


def test_findings_with_the_change_have_no_evidence(healthy: Lab) -> None:
    """They were not observed."""
    words = ("healthy", "--deactivate", SIP, "--on", NODE, "-o", "json")
    output = json.loads(healthy.run("precheck", *words).stdout)
    would = [p for p in output["points"] if p["topic"] == "what the change would break"]
    assert all(p["text"].startswith("With the change, ") for p in would)
    assert not any(p["evidence"] or p["remedy"] for p in would)


def test_a_change_that_was_already_made_is_reported_first(healthy: Lab) -> None:
    """It needs no change window."""
    words = ("healthy", "--activate", SIP, "--on", NODE, "--confirm")
    result = healthy.run("precheck", *words)
    assert result.exit_code == 0
    first, second, third, *_ = result.stdout.splitlines()
    assert first == f"NOTHING TO CHANGE: {SIP} is activated on {NODE} already."
    assert second.startswith("GO: ")
    assert third == f"  activate {SIP} on {NODE} (it is already)"


def test_a_cluster_that_cannot_be_read_is_json_too(
    healthy: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Scripts read it whatever happens."""
    monkeypatch.setattr(type(healthy), "environment", {"AUDITOR_PASSWORD": "not-the-password"})
    words = ("healthy", "--activate", SIP, "--on", NODE, "-o", "json")
    expected = tmp_path / "expected.json"
    result = healthy.run("precheck", *words, "--expectation", str(expected))
    output = json.loads(result.stdout)
    assert (output["answer"], output["exit_code"]) == ("cannot tell", 4)
    assert "expected.json: not written" in result.stderr
    assert not expected.exists()


def test_an_expectation_file_never_replaces_another(healthy: Lab, tmp_path: Path) -> None:
    """A later comparison would use the wrong one; nothing is asked."""
    expected = tmp_path / "expected.json"
    expected.write_text("of another window")
    words = ("healthy", "--activate", SIP, "--on", NODE, "--confirm")
    requests = len(healthy.simulator.requests)
    result = healthy.run("precheck", *words, "--expectation", str(expected))
    assert result.exit_code == 2
    output = f"--expectation {expected}: it exists already and is not replaced."
    assert output in result.stderr
    assert expected.read_text() == "of another window"
    assert len(healthy.simulator.requests) == requests


def test_a_no_go_writes_no_expectation(healthy: Lab, tmp_path: Path) -> None:
    """The change should not be made, so it is not expected."""
    expected = tmp_path / "expected.json"
    words = ("healthy", "--deactivate", SIP, "--on", NODE)
    result = healthy.run("precheck", *words, "--expectation", str(expected))
    assert result.exit_code == 3
    assert f"--expectation {expected}: not written, because the result is no-go." in result.stderr
    assert not expected.exists()


def test_services_can_have_nodes_of_their_own(healthy: Lab) -> None:
    """One window may turn one thing on here, and take it away there."""
    web = "Cisco XCP Web Connection Manager"
    words = ["--activate", f"cisco sip proxy@{NODE.upper()}", "--activate", f"{web}@imp3.lab.test"]
    words += ["--deactivate", f"{SIP}@imp3.lab.test", "--activate", f"{SIP}@{NODE}"]
    output = json.loads(
        healthy.run("precheck", "healthy", *words, "-o", "json").stdout,
    )
    assert [(c["node"], c["service"], c["action"]) for c in output["changes"]] == [
        (NODE, SIP, "activate"),
        ("imp3.lab.test", web, "activate"),
        ("imp3.lab.test", SIP, "deactivate"),
    ]


def test_a_service_at_a_node_can_be_mixed_with_on(healthy: Lab) -> None:
    """`--on` is for the services that name none."""
    web = "Cisco XCP Web Connection Manager"
    words = ("--activate", f"{SIP}@{NODE}", "--activate", web, "--on", "imp3.lab.test")
    output = json.loads(
        healthy.run("precheck", "healthy", *words, "-o", "json").stdout,
    )
    made = [(c["node"], c["service"]) for c in output["changes"]]
    assert made == [(NODE, SIP), ("imp3.lab.test", web)]


def declared(text: str) -> str:
    """Let the configuration declare one of the nodes, as for a CUCM that is down."""
    return f'{text}\n[[cluster.node]]\nname = "imp1.lab.test"\nrole = "publisher"\n'


def test_an_unlisted_node_is_undecided(healthy: Lab, tmp_path: Path) -> None:
    """It may well exist: CUCM did not answer, and the file declares another one only."""
    healthy.edit = declared
    healthy.simulator.change(
        {"fault": {"fault": "connection-refused", "node": "cucm-pub.lab.test"}}
    )
    expected = tmp_path / "expected.json"
    words = ["healthy", "--activate", f"{SIP}@{NODE}", "--activate"]
    words += [f"{SIP}@imp1.lab.test", "--expectation", str(expected)]
    result = healthy.run("precheck", *words, "-o", "json")
    output = json.loads(result.stdout)
    assert (output["answer"], output["exit_code"], result.exit_code) == ("cannot tell", 4, 4)
    (point,) = output["points"]
    assert point["about"] == NODE
    assert "CUCM did not list all nodes of the cluster. " in point["text"]
    assert "cucm-pub.lab.test" in point["text"]
    assert "declare imp4.lab.test as [[cluster.node]]" in point["remedy"]
    assert not expected.exists()


def test_a_declared_node_is_judged_without_cucm(healthy: Lab) -> None:
    """The file says that it is there."""
    healthy.edit = declared
    healthy.simulator.change(
        {"fault": {"fault": "connection-refused", "node": "cucm-pub.lab.test"}}
    )
    words = ("healthy", "--activate", f"{SIP}@imp1.lab.test", "-o", "json")
    output = json.loads(healthy.run("precheck", *words).stdout)
    assert [change["node"] for change in output["changes"]] == ["imp1.lab.test"]


def test_a_feature_with_two_values_is_a_usage_error(healthy: Lab) -> None:
    """One of them would be ignored silently."""
    words = ("healthy", "--activate", SIP, "--on", NODE)
    features = ("--feature", "chat=true", "--feature", "chat=false")
    result = healthy.run("precheck", *words, *features)
    assert result.exit_code == 2
    assert "chat has two values; give one." in result.stderr


WEB = "Cisco XCP Web Connection Manager"


def test_a_feature_from_the_check_to_the_profile(lab: Start, tmp_path: Path) -> None:
    """Elsewhere it is asked for; afterwards the old profile is no unexpected drift."""
    running = lab("healthy")
    running.edit = lambda text: text.replace("web_clients = true", "web_clients = false")
    nodes = list(running.simulator.nodes)
    for node in nodes:
        running.simulator.change({"deactivate": {"node": node, "service": WEB}})
    before, expected = tmp_path / "before.json", tmp_path / "expected.json"
    assert running.run("snapshot", "--to", str(before)).exit_code == 0
    words = ["healthy", "--activate", WEB, "--feature", "web_clients=true"]
    words += ["--confirm", "--expectation", str(expected)]
    alone = running.run("precheck", *words, "--on", nodes[0])
    assert alone.exit_code == 3
    first, *others = nodes[1:]
    text = " ".join(alone.stdout.split())
    assert f"no-go: {first}: With web_clients = true, WEB-01: " in text
    assert text.count("no-go: ") == 1
    assert f"The same holds for {join_names(others)}." in text
    assert f"Name {join_names(nodes[1:])} with --on too." in text
    every = running.run("precheck", *words, *(w for node in nodes for w in ("--on", node)))
    assert every.exit_code == 0, every.stdout
    for node in nodes:
        for act in ("activate", "start"):
            running.simulator.change({act: {"node": node, "service": WEB}})
    live = ("diff", str(before), "live")
    result = running.run(*live, "--expect", str(expected))
    assert result.exit_code == 0, result.stdout
    assert "Only until the profile is updated (1)" in result.stdout
    assert "The profile still has web_clients = false; set web_clients = true." in result.stdout
    running.edit = str
    followed = running.run(*live, "--expect", str(expected))
    assert followed.exit_code == 0, followed.stdout
    assert "Only until" not in followed.stdout
    assert running.run(*live).exit_code == 3


def test_what_only_the_tested_feature_needs_is_not_a_fix(lab: Start) -> None:
    """It does not differ today; and a database is not added by naming a node."""
    running = lab("healthy")
    archiver = "Cisco XCP Message Archiver"
    words = ("--activate", archiver, "--on", NODE, "--feature", "compliance=true", "-o", "json")
    output = json.loads(running.run("precheck", "healthy", *words).stdout)
    assert not any(point["topic"] == "what the change would mend" for point in output["points"])


def test_a_feature_takes_names_with_commas(lab: Start) -> None:
    """As a list of the file, which a shell would ask to be quoted."""
    running = lab("healthy")
    names = f"imp1.lab.test, {NODE}"
    words = ("--activate", "XCP Message Archiver", "--on", NODE, "--feature", f"compliance={names}")
    output = json.loads(running.run("precheck", "healthy", *words, "-o", "json").stdout)
    (feature,) = output["features"]
    assert feature["tested"] == f'["imp1.lab.test", "{NODE}"]'
    assert any(f"`compliance` names {NODE} (--feature)" in p["text"] for p in output["points"])


def test_a_restart_from_the_check_to_the_comparison(healthy: Lab, tmp_path: Path) -> None:
    """What was to restart is expected, and so are the sessions that are back."""
    before, expected = tmp_path / "before.json", tmp_path / "expected.json"
    words = ("--restart", f"{SIP}@{NODE}", "--confirm", "--expectation", str(expected))
    result = healthy.run("precheck", "healthy", *words)
    assert result.exit_code == 0, result.stdout
    healthy.run("snapshot", "--to", str(before))
    compare = ("diff", str(before), "live", "--expect", str(expected))
    left_out = healthy.run(*compare)
    assert left_out.exit_code == 3
    assert f"{SIP} was to be restarted, and was not." in left_out.stdout
    healthy.simulator.change({"restart": {"node": NODE, "service": SIP}})
    result = healthy.run(*compare)
    assert result.exit_code == 0, result.stdout
    assert "Expected changes (1)" in result.stdout
    engine = {"node": NODE, "service": "Cisco Presence Engine"}
    healthy.simulator.change({"stop": engine})
    lost = healthy.run(*compare)
    assert lost.exit_code == 3
    assert "It had 120 users' sessions, and has 0. More than a tenth are missing" in lost.stdout
    assert not any(request.writes for request in healthy.simulator.requests)


def test_a_precheck_asks_each_node_at_most_seven_times(healthy: Lab) -> None:
    """HA state, replication and sessions are PerfMon's; the publisher's tables come on top."""
    words = ("--restart", f"{SIP}@{NODE}")
    healthy.run("precheck", "healthy", *words)
    asked = [operation for node, operation in healthy.asked() if node == NODE]
    assert len(asked) <= 7
    assert asked.count("perfmonCollectCounterData") == 4
