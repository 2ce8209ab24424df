"""Scenarios: what they may say, what follows from the deployment, and the files that ship."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from auditor.simulator import ScenarioError, Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Start, Wire

AST = "{http://schemas.cisco.com/ast/soap}"
NODE, OTHER = "imp1.lab.test", "imp2.lab.test"
SHIPPED = sorted((Path(__file__).parents[2] / "fixtures" / "scenarios").glob("*.toml"))
PERFMON = {"interface": "perfmon"}
GROUP = {"name": "Pair", "nodes": [NODE, OTHER]}


def rows(wire: "Wire", node: str = NODE) -> dict[str, dict[str, str]]:
    """Return every service's row by name."""
    items = wire.control_center(node).xml.iter(f"{AST}item")
    entries = [{str(etree.QName(e).localname): e.text or "" for e in row} for row in items]
    return {row["ServiceName"]: row for row in entries}


def activated(wire: "Wire", node: str) -> set[str]:
    """Return the services of a node that the scenario does not declare as not activated."""
    return {name for name, row in rows(wire, node).items() if row["ReasonCode"] != "-1068"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_runs(path: Path, tmp_path: Path) -> None:
    with Simulator(path, tmp_path / "simulator") as sim:
        assert sim.cluster_name
        assert sim.nodes


def test_the_scenarios_that_the_program_names_are_shipped() -> None:
    assert {"healthy", "demo", "all-drift", "failed-over"} <= {path.stem for path in SHIPPED}


def test_the_deployment_decides_what_is_activated_where(start: "Start") -> None:
    wire = start(
        deployment={
            "bulk_administration": True,
            "chat": [OTHER],
            "web_clients": True,
            "sip_federation": [OTHER],
            "xmpp_federation": "expressway",
        }
    )
    first, second = activated(wire, NODE), activated(wire, OTHER)
    assert {"Cisco Bulk Provisioning Service", "Cisco Serviceability Reporter"} == first - second
    assert {
        "Cisco XCP Text Conference Manager",
        "Cisco XCP SIP Federation Connection Manager",
    } == second - first
    assert "Cisco XCP Web Connection Manager" in first & second
    assert "Cisco XCP XMPP Federation Connection Manager" not in first | second


def test_routing_nodes_keep_the_proxy_only(start: "Start") -> None:
    wire = start(deployment={"chat": True, "routing_nodes": [OTHER]})
    services = activated(wire, OTHER)
    assert "Cisco SIP Proxy" in services
    assert not {"Cisco Presence Engine", "Cisco XCP Connection Manager"} & services


def test_a_node_entry_holds_only_differences(start: "Start") -> None:
    wire = start(
        node=[
            {
                "name": NODE,
                "activated": ["cisco xcp message archiver"],
                "not_activated": ["Cisco SIP Proxy"],
                "stopped": ["Cisco Presence Engine"],
                "starting": ["Cisco XCP Router"],
                "missing": ["Cisco OAM Agent"],
                "service": {
                    "Cisco Sync Agent": {"status": "Running", "reason": -1, "text": "odd"},
                    "Cisco Config Agent": {"uptime": 30},
                },
            }
        ]
    )
    entries = rows(wire)
    assert entries["Cisco XCP Message Archiver"]["ServiceStatus"] == "Started"
    assert entries["Cisco SIP Proxy"]["ReasonCode"] == "-1068"
    assert entries["Cisco Presence Engine"]["ReasonCode"] == "-1069"
    assert entries["Cisco XCP Router"]["ServiceStatus"] == "Starting"
    assert "Cisco OAM Agent" not in entries
    assert entries["Cisco Sync Agent"]["ReasonCodeString"] == "odd"
    assert 30 <= int(entries["Cisco Config Agent"]["UpTime"]) < 60
    assert entries["Cisco XCP Authentication Service"]["ServiceStatus"] == "Started"


def test_start_times_are_the_same_in_every_run_and_different_on_every_node(
    start: "Start",
) -> None:
    first, second = start(), start()
    once = {name: row["StartTime"] for name, row in rows(first).items() if row["StartTime"]}
    again = {name: row["StartTime"] for name, row in rows(second).items() if row["StartTime"]}
    other = {name: row["StartTime"] for name, row in rows(first, OTHER).items()}
    assert once == again
    assert once["Cisco AXL Web Service"] == "Tue Jan 20 04:00:00 2026"
    assert all(other[name] != text for name, text in once.items())


AGENTS = ("Cisco XCP Router", "Cisco Client Profile Agent", "Cisco Sync Agent")


@pytest.mark.parametrize("critical", [True, False])
def test_idle_can_stop_the_router_and_the_agents_and_a_fallback_starts_them(
    start: "Start", critical: bool
) -> None:
    group = {**GROUP, "ha": ["idle", "backup"], "idle_stops_critical": critical}
    wire = start(group=[group])
    shown = {(rows(wire)[name]["ServiceStatus"], rows(wire)[name]["ReasonCode"]) for name in AGENTS}
    assert shown == ({("Stopped", "-1069")} if critical else {("Started", "-1")})
    assert rows(wire)["Cisco Presence Engine"]["ReasonCode"] == "-1069"
    assert {rows(wire, OTHER)[name]["ServiceStatus"] for name in AGENTS} == {"Started"}
    for _ in range(2):
        wire.sim.change({"ha": {"group": "Pair", "step": "fallback"}})
    assert {rows(wire)[name]["ServiceStatus"] for name in AGENTS} == {"Started"}


def test_a_restarting_service_has_restarted_between_two_readings(start: "Start") -> None:
    service = "Cisco XCP Directory Service"
    wire = start(
        deployment={"third_party_ldap_search": True},
        node=[{"name": NODE, "service": {service: {"restarting": True}}}],
    )
    looks = [int(rows(wire)[service]["UpTime"]) for _ in range(4)]
    assert looks == [45, 4, 45, 4]


def test_a_service_can_differ_between_control_center_and_axl(start: "Start") -> None:
    entry = {"name": NODE, "service": {"Cisco SIP Proxy": {"active_in_axl": False}}}
    wire = start(node=[entry])
    search = f"<searchCriteria><processNodeName>{NODE}</processNodeName></searchCriteria>"
    listed = wire.axl("cucm-pub.lab.test", "listProcessNodeService", search).child[0]
    assert {r.findtext("service"): r.findtext("isActive") for r in listed}[
        "Cisco SIP Proxy"
    ] == "false"
    assert rows(wire)["Cisco SIP Proxy"]["ServiceStatus"] == "Started"


def test_tables_of_the_scenario_replace_the_default_ones(start: "Start") -> None:
    wire = start(
        cluster={"name": "lab", "drop_tables": ["tcaliases"]},
        table=[{"name": "xmpps2snodes", "columns": ["pkid", "cp"], "rows": [["1", "x"]]}],
    )
    assert wire.sql(NODE, "select cp from xmpps2snodes").texts("cp") == ["x"]
    assert wire.sql(NODE, "select cp_id from xmpps2snodes").status == 500
    catalogue = wire.sql(NODE, "select tabname from systables").texts("tabname")
    assert "tcaliases" not in catalogue


def test_planned_nodes_are_listed_and_do_not_answer(start: "Start") -> None:
    wire = start(cluster={"name": "lab", "planned": ["imp3.lab.test"]})
    search = "<searchCriteria><name>imp%</name></searchCriteria>"
    names = wire.axl("cucm-pub.lab.test", "listProcessNode", search).texts("name")
    assert names == [NODE, OTHER, "imp3.lab.test"]
    assert set(wire.sim.nodes) == {NODE, OTHER}


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({"group": [GROUP]}, "the key `cluster` is missing"),
        ({"cluster": {"name": "x"}}, "the cluster has no node"),
        (
            {"cluster": {"name": "x", "relaese": "14"}, "group": [GROUP]},
            "cluster: there is no key `relaese`; did you mean `release`",
        ),
        ({"cluster": {"name": "x", "release": "new"}, "group": [GROUP]}, "`new` is no release"),
        (
            {"cluster": {"name": "x"}, "group": [{**GROUP, "ha": ["normal"]}]},
            "one HA state a node",
        ),
        (
            {"cluster": {"name": "x"}, "group": [{**GROUP, "ha": ["normal", "sleepy"]}]},
            'group "Pair": there is no HA state `sleepy`',
        ),
        (
            {"cluster": {"name": "x"}, "group": [GROUP], "undeclared": ["chta"]},
            "no key `chta`; did you mean `chat`",
        ),
        (
            {
                "cluster": {"name": "x"},
                "group": [GROUP],
                "node": [{"name": NODE, "stopped": ["Cisco Tea"]}],
            },
            "there is no service `Cisco Tea`",
        ),
        (
            {"cluster": {"name": "x", "cucm_subscribers": [NODE]}, "group": [GROUP]},
            "the server `imp1.lab.test` is there twice",
        ),
        (
            {
                "cluster": {"name": "x", "cucm_subscribers": ["cucm-sub.lab.test"]},
                "group": [GROUP],
                "cucm_node": [{"name": "cucm-sbu.lab.test"}],
            },
            "cucm_node: there is no CUCM node `cucm-sbu.lab.test`; did you mean",
        ),
        (
            {
                "cluster": {"name": "x"},
                "group": [GROUP],
                "node": [{"name": NODE, "certificate_days": "soon"}],
            },
            'node "imp1.lab.test": `certificate_days`',
        ),
        (
            {
                "cluster": {"name": "x"},
                "group": [GROUP],
                "fault": [{"fault": "hang", "interface": "imp-axl", "object": "Cisco XCP CM"}],
            },
            'fault "hang": `object` is for PerfMon, and there is none on imp-axl',
        ),
        (
            {
                "cluster": {"name": "x"},
                "group": [GROUP],
                "fault": [{"fault": "hang", "element": "nodeUsage"}],
            },
            'fault "hang": hang takes no `element`',
        ),
        (
            {"cluster": {"name": "x"}, "group": [GROUP], "fault": [{"fault": "rain"}]},
            "`fault` cannot be `rain`",
        ),
    ],
)
def test_a_wrong_scenario_is_refused_with_its_mistake(
    scenario: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match=words):
        Simulator(scenario, tmp_path)


def test_all_mistakes_of_a_scenario_are_reported_at_once(tmp_path: Path) -> None:
    scenario = {
        "cluster": {"name": "x", "relaese": "14"},
        "group": [{**GROUP, "nods": []}],
        "node": [{"name": NODE, "service": {"Cisco SIP Proxy": {"statsu": "Stopped"}}}],
        "fault": [{"fault": "hang", "interfce": "perfmon"}, {"fault": "starting", **PERFMON}],
        "deployment": {"chat": 5, "web_clients": "yes"},
        "tables": [],
    }
    with pytest.raises(ScenarioError) as refused:
        Simulator(scenario, tmp_path)
    assert refused.value.problems == (
        "scenario: cluster: there is no key `relaese`; did you mean `release`?",
        'scenario: group "Pair": there is no key `nods`; did you mean `nodes`?',
        'scenario: node "imp1.lab.test": service "Cisco SIP Proxy": there is no key `statsu`; '
        "did you mean `status`?",
        "scenario: deployment: `chat` must be true or false or a list.",
        "scenario: deployment: `web_clients` must be true or false.",
        'scenario: fault "hang": there is no key `interfce`; did you mean `interface`?',
        'scenario: fault "starting": starting cannot be shown on perfmon.',
        "scenario: there is no key `tables`; did you mean `table`?",
    )


def test_unknown_names_in_a_scenario_are_reported_at_once(tmp_path: Path) -> None:
    scenario = {
        "cluster": {"name": "x"},
        "group": [GROUP, {"name": "Second", "nodes": [NODE]}],
        "deployment": {"chat": ["imp3.lab.test"]},
        "external_database": [{"name": "a", "used_by": ["compliance"], "nodes": ["elsewhere"]}],
        "fault": [{"fault": "hang", "node": "imp1.lab.tset"}],
        "undeclared": ["interclustre"],
    }
    with pytest.raises(ScenarioError) as refused:
        Simulator(scenario, tmp_path)
    assert [problem.partition("scenario: ")[2] for problem in refused.value.problems] == [
        "`imp1.lab.test` is in two groups.",
        "deployment: `chat`: there is no node `imp3.lab.test`; did you mean `imp2.lab.test`?",
        'external_database "a": there is no node `elsewhere`; there are: imp1.lab.test, '
        "imp2.lab.test.",
        'fault "hang": there is no node `imp1.lab.tset`; did you mean `imp1.lab.test`?',
        "undeclared: [deployment] has no key `interclustre`; did you mean `intercluster`?",
    ]


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[cluster", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"broken\.toml"):
        Simulator(path, tmp_path)
    with pytest.raises(ScenarioError, match=r"nowhere\.toml"):
        Simulator(tmp_path / "nowhere.toml", tmp_path)
