"""One number means one thing: all outputs of a run, the plugin, the history and a notification."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.models.findings import Severity
from auditor.resources import scenario_folder
from auditor.simulator import Simulator, write_joint_config
from tests.audit import number_readers as readers
from tests.lab import PAIR, QUICK, SUB, scenario
from tests.notify.hook import Hook, listening

SCENARIOS = sorted(path.stem for path in scenario_folder().glob("*.toml"))
SIP, ENGINE = "Cisco SIP Proxy", "Cisco Presence Engine"


@dataclass
class Fleet:
    """Simulated clusters, one configuration, one history, and the night in which they are."""

    simulators: list[Simulator]
    folder: Path
    night: datetime = datetime(2026, 3, 1, 2, tzinfo=UTC)
    defaults: dict[str, Any] = field(default_factory=lambda: dict(QUICK))

    def run(self, *words: str) -> Result:
        """Run a command on all clusters."""
        config = write_joint_config(self.simulators, self.folder / "auditor.toml", self.defaults)
        runner = CliRunner(env={"AUDITOR_PASSWORD": self.simulators[0].password})
        return runner.invoke(app, [words[0], "-c", str(config), *words[1:]])

    def audit(self, *words: str, notify: str = "") -> dict[str, Any]:
        """Audit in the next night, compare all that is printed, and return the JSON report."""
        self.night += timedelta(days=1)
        outputs = [f"{form}:{self.folder / form}" for form in readers.READERS]
        options = [word for output in outputs for word in ("-o", output)]
        told = ["--notify", notify] if notify else []
        result = self.run("audit", *options, *told, *words)
        document: dict[str, Any] = json.loads((self.folder / "json").read_text())
        self._compare_results(document, words)
        for cluster in document["clusters"]:
            _compare_changes(document, cluster["name"], self)
        _check_exit_code(document, result.exit_code)
        return document

    def _compare_results(self, document: Mapping[str, Any], words: Sequence[str]) -> None:
        found = readers.read_outputs(self.folder)
        found["plugin"] = readers.read_plugin(self.run("nagios", *words).stdout)
        found["history"] = readers.read_history_page(self.run("history", "-o", "html").stdout)
        expected = found["json"]
        for name, numbers in found.items():
            assert numbers == {key: expected[key] for key in numbers}, name
        rows = self.run("history", "--limit", "50").stdout
        total = {"differences": 0, "unknown": 0, "waived": 0}
        for cluster in document["clusters"]:
            row = readers.read_history_row(rows, document["run"]["id"], cluster["name"])
            total = {key: total[key] + row[key] for key in total}
        assert total == {key: expected[key] for key in total}
        self._compare_estate(document)

    def _compare_estate(self, document: Mapping[str, Any]) -> None:
        """Hold the figures of the estate against those of the run that is its last one."""
        names = [cluster["name"] for cluster in document["clusters"]]
        page = readers.read_estate_page(self.run("history", *names, "-o", "html").stdout)
        estate = json.loads(self.run("history", *names, "-o", "json").stdout)
        drifts = dict.fromkeys(names, 0)
        for entry in estate["differences"]:
            is_drift = (entry["verdict"], entry["state"]) == ("drift", "confirmed")
            drifts[entry["cluster"]] += is_drift
        figures = {entry["cluster"]: entry for entry in estate["clusters"]}
        for cluster in document["clusters"]:
            counts, name = cluster["counts"], cluster["name"]
            last = figures[name]["last_run"]["counts"] | {"causes": figures[name]["causes"]}
            assert last == counts
            assert drifts[name] == counts["drift"]
            assert page[name] == {
                "causes": counts["causes"],
                "differences": counts["drift"],
                "unknown": counts["unknown"],
                "explained": counts["explained"],
                "waived": counts["waived"],
            }


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Fleet]]:
    """Return what starts a fleet of scenarios, given by name or content."""
    with ExitStack() as running:

        def start(*sources: str | Mapping[str, Any]) -> Fleet:
            simulators = [
                running.enter_context(
                    Simulator(
                        scenario(source) if isinstance(source, str) else source,
                        tmp_path / f"cluster-{number}",
                    )
                )
                for number, source in enumerate(sources)
            ]
            made = Fleet(simulators, tmp_path)
            monkeypatch.setattr("auditor.soap.network.LiveNetwork.now", lambda _wire: made.night)
            return made

        yield start


def _check_exit_code(document: Mapping[str, Any], code: int) -> None:
    """A difference at or above the threshold is 3, whatever is unknown; else see the contract."""
    run, clusters = document["run"], document["clusters"]
    threshold = Severity(run["fail_on"])
    verdicts = [
        (finding["verdict"], Severity(finding["severity"]).reaches(threshold))
        for cluster in clusters
        for finding in cluster["findings"]
    ]
    assert (code == 3) == (("drift", True) in verdicts)
    if code == 0 and not run["allow_unknown"]:
        assert document["summary"]["unknown"] == 0
    assert document["summary"]["exit_code"] == code


def _compare_changes(document: Mapping[str, Any], cluster: str, fleet: Fleet) -> None:
    """Hold the numbers of changes against each other, and against those of today."""
    past = (document["run"]["past"] or {}).get(cluster)
    if not past or not past["previous_run"]:
        return
    changes = readers.count_categories(document, cluster)
    (today,) = [entry["counts"] for entry in document["clusters"] if entry["name"] == cluster]
    of_today = [changes.get(name, 0) for name in ("new", "worse", "still_there")]
    assert sum(of_today) == today["drift"]
    accepted = [changes.get(name, 0) for name in ("accepted", "still_accepted")]
    assert sum(accepted) == today["explained"] + today["waived"]
    printed = fleet.run("history", cluster, "--since", past["previous_run"]).stdout
    assert readers.read_history_changes(printed) == changes
    page = (fleet.folder / "html").read_text()
    if len(document["clusters"]) == 1:
        assert readers.read_page_changes(page) == changes
        told = {k: n for k, n in changes.items() if k not in readers.UNPRINTED_CATEGORIES}
        for form in ("terminal", "markdown"):
            text = (fleet.folder / form).read_text()
            assert readers.read_since_line(text) == told, form
    else:
        rows = readers.find_on_page(page, "//table[@id='fleet']/tbody/tr")
        (row,) = (row for row in rows if row.xpath("string(th)") == cluster)
        # A screen reader reads "none", and the eye "-".
        (new,) = row.xpath("td[@data-of='new']")
        shown = {"none-": "0"}.get(cell := new.xpath("string()").strip(), cell)
        assert shown == str(changes.get("new", 0))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_numbers_of_a_scenario_agree_over_three_nights(
    fleet: Callable[..., Fleet], name: str
) -> None:
    """As it is; then with a service stopped and a node lost; then as it was."""
    estate = fleet(name)
    nodes = [node["name"] for node in estate.audit()["clusters"][0]["nodes"]]
    (simulator,) = estate.simulators
    simulator.change({"stop": {"node": nodes[0], "service": SIP}})
    simulator.change({"fault": {"fault": "http-503", "node": nodes[-1]}})
    estate.audit()
    simulator.change({"clear": {}})
    simulator.change({"start": {"node": nodes[0], "service": SIP}})
    estate.audit()


def _waive(folder: Path, recommendation: str, expires: str) -> str:
    path = folder / "waivers.toml"
    path.write_text(
        f"[[waiver]]\nrecommendation = '{recommendation}'\ncluster = 'pair'\nsubject = '{SUB}'\n"
        f"reason = 'Known.'\nowner = 'uc-team'\nexpires = {expires}\n"
    )
    return str(path)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def test_the_numbers_of_many_nights_agree(fleet: Callable[..., Fleet], hook: Hook) -> None:
    """New, still there, waived, waived no longer, unread, back and resolved, each in its night."""
    estate = fleet(PAIR)
    (simulator,) = estate.simulators

    def categories(*words: str) -> dict[str, int]:
        return readers.count_categories(estate.audit(*words, notify=hook.url), "pair")

    estate.audit(notify=hook.url)
    simulator.change({"stop": {"node": SUB, "service": SIP}})
    assert categories() == {"new": 1}
    simulator.change({"stop": {"node": SUB, "service": ENGINE}})
    assert categories() == {"new": 1, "still_there": 1}
    waivers = _waive(estate.folder, "SIP-01", "2026-03-06")
    assert categories("--waivers", waivers) == {"accepted": 1, "still_there": 1}
    assert categories("--waivers", waivers) == {"still_accepted": 1, "still_there": 1}
    # Its last day is over.
    assert categories("--waivers", waivers) == {"worse": 1, "still_there": 1}
    simulator.change({"fault": {"fault": "http-503", "node": SUB}})
    lost = categories()
    assert lost["unknown"] == 2
    assert lost["unproven"] > 10
    simulator.change({"clear": {}})
    assert categories() == {"still_there": 2}
    simulator.change({"start": {"node": SUB, "service": SIP}})
    simulator.change({"start": {"node": SUB, "service": ENGINE}})
    assert categories() == {"resolved": 2}
    titles = [readers.read_title(message["title"]) for message in hook.told]
    assert titles == [
        {"new": 1},
        {"new": 1},
        {"worse": 1},
        {"unread": 1},
        {"back": 1},
        {"resolved": 2},
    ]


@pytest.mark.parametrize(
    "words", [(), ("--fail-on", "high"), ("--fail-on", "critical", "--allow-unknown")]
)
def test_a_threshold_hides_no_difference(
    fleet: Callable[..., Fleet], words: tuple[str, ...]
) -> None:
    """Neither in the text of a plugin nor in a number; it changes the exit code alone."""
    estate = fleet("demo")
    document = estate.audit(*words)
    assert document["summary"]["drift"] == 9
    line = estate.run("nagios", *words).stdout
    assert "7 causes, 9 differences" in line


def test_the_numbers_of_several_clusters_agree(fleet: Callable[..., Fleet]) -> None:
    """One drifts, one is explained, one cannot be audited at all."""
    estate = fleet("demo", "failed-over", "one-node")
    estate.audit()
    drifting, _, single = estate.simulators
    drifting.change({"stop": {"node": "imp-pub.campus.test", "service": SIP}})
    single.change({"fault": {"fault": "http-401"}})
    document = estate.audit()
    assert document["clusters"][2]["status"] == "unauditable"
    single.change({"clear": {}})
    estate.audit()
    estate.audit("--allow-unknown")
