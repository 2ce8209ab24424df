"""The examples that ship are right, as far as a test can tell."""

import configparser
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from auditor.cli.app import COMMAND_MODULES, app, load_command
from auditor.cli.examples import read_examples
from auditor.config.loader import build_configuration
from auditor.report import prometheus
from tests.report import samples

COMMANDS: Mapping[str, Any] = {name: load_command(name) for name in COMMAND_MODULES}
TEXTS = read_examples()
NAMES = ("cron", "github-actions", "kubernetes", "nagios", "prometheus", "systemd")


def _files(name: str) -> dict[str, str]:
    """Return the files of an example by the path that stands above each."""
    _, *parts = re.split(r"^# File: (.+)$", TEXTS[name], flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _only(name: str) -> str:
    (text,) = _files(name).values()
    return text


def _calls(name: str) -> list[list[str]]:
    """Return every call of auditor in an example, as words, its head included."""
    text = TEXTS[name].replace("\\\n", " ")
    if name == "kubernetes":
        job = list(yaml.safe_load_all(_only(name)))[-1]
        container = _pod(job)["containers"][0]
        return [["auditor", *container["args"]]]
    known = "|".join(COMMANDS)
    found = re.findall(rf"(?<![-\w.])auditor (?:{known})\b[^\n`|#{{\"]*", text)
    return [shlex.split(call.replace("$ARG1$", "lab")) for call in found]


def _pod(job: Mapping[str, Any]) -> Mapping[str, Any]:
    pod: Mapping[str, Any] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


def test_all_examples_are_listed_with_what_they_are() -> None:
    result = CliRunner().invoke(app, ["examples"])
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ")]
    assert tuple(listed) == NAMES
    assert "an audit every night" in result.stdout


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_printed_as_it_ships(name: str) -> None:
    result = CliRunner().invoke(app, ["examples", name])
    assert result.exit_code == 0
    assert result.stdout == TEXTS[name]
    assert "# File: " in result.stdout


def test_an_unknown_example_names_the_nearest() -> None:
    result = CliRunner().invoke(app, ["examples", "promethues"])
    assert result.exit_code == 2
    assert "did you mean `prometheus`?" in result.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_in_an_example_exists(name: str) -> None:
    calls = _calls(name)
    assert calls
    for _, command, *words in calls:
        known = {o for p in COMMANDS[command].params for o in (*p.opts, *p.secondary_opts)}
        used = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert used <= known, (name, used - known)


@pytest.mark.parametrize("name", NAMES)
def test_every_output_in_an_example_is_a_format_with_a_place(name: str) -> None:
    from auditor.report.formats import parse_output_targets

    for _, command, *words in _calls(name):
        flat = [part for word in words for part in word.split("=", 1)]
        told = [value for at, value in enumerate(flat) if at and flat[at - 1] == "--output"]
        if command == "audit":
            assert parse_output_targets(told)


@pytest.mark.parametrize("name", NAMES)
def test_no_example_has_a_password_on_a_command_line(name: str) -> None:
    for call in _calls(name):
        assert not re.search(r"passw|secret|token", " ".join(call), re.IGNORECASE)
    assert re.search(r"password", TEXTS[name]) or name == "prometheus"


@pytest.mark.parametrize("name", ["systemd", "cron", "nagios"])
def test_the_password_command_of_an_example_is_good_configuration(name: str) -> None:
    lines = [line[6:] for line in TEXTS[name].splitlines() if line.startswith("#     ")]
    assert lines[0] == "[defaults]"
    cluster = '\nusername = "a"\n[[cluster]]\nname = "lab"\ncucm_publisher = "c.test"\n'
    text = "\n".join(lines[:2]) + cluster
    (settings,) = build_configuration(tomllib.loads(text), Path("auditor.toml")).clusters
    assert settings.password_command is not None
    assert settings.password_command.startswith("cat /")


def _cron_job(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the line of the crontab with a lock in this folder, and an audit that finds drift."""
    if shutil.which("flock") is None:
        pytest.skip("no flock on this machine")
    audit = folder / "auditor"
    audit.write_text("#!/bin/sh\necho drift\nexit 3\n")
    audit.chmod(0o755)
    line = _only("cron").splitlines()[-1].split(" auditor ", 1)[1]
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("/var/lib/auditor/lock", str(folder / "lock"))],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_cron_reports_an_audit_that_still_runs(tmp_path: Path) -> None:
    """Else a night without an audit would look like a night without news."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        job = _cron_job(tmp_path)
    assert "still runs; nothing was audited now." in job.stdout
    assert "drift" not in job.stdout


def test_cron_mails_the_output_of_the_audit_only(tmp_path: Path) -> None:
    job = _cron_job(tmp_path)
    assert (job.stdout, job.stderr) == ("drift\n", "")


def test_the_units_pass_the_check_of_systemd(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on this machine")
    for path, text in _files("systemd").items():
        # The program stands elsewhere here; the check wants it to be there.
        unit = text.replace("/usr/local/bin/auditor", shutil.which("true") or "/bin/true")
        (tmp_path / Path(path).name).write_text(unit)
    paths = [str(path) for path in sorted(tmp_path.glob("auditor.*"))]
    assert len(paths) == 2
    ended = subprocess.run(
        [analyze, "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    told = [line for line in ended.stderr.splitlines() if "auditor." in line]
    assert (ended.returncode, told) == (0, [])


class Unit(configparser.ConfigParser):
    """A unit file, in which the case of a key counts."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def test_the_service_takes_verdicts_for_success_and_hides_the_password() -> None:
    parser = Unit(interpolation=None, strict=True)
    parser.read_string(_files("systemd")["/etc/systemd/system/auditor.service"])
    service = parser["Service"]
    assert service["SuccessExitStatus"].split() == ["3", "4"]
    credential, _, path = service["LoadCredential"].partition(":")
    assert f"/run/credentials/auditor.service/{credential}" in TEXTS["systemd"]
    assert path in TEXTS["systemd"]


def test_the_line_for_cron_is_one() -> None:
    *_, line = _only("cron").strip().splitlines()
    *when, account, command = line.split(maxsplit=6)
    assert len(when) == 5
    assert all(re.fullmatch(r"\*|\d+", field) for field in when)
    assert account == "auditor"
    assert "%" not in command
    assert "--quiet" in command


def test_the_cron_job_of_kubernetes_repeats_no_verdict() -> None:
    config, claim, job = yaml.safe_load_all(_only("kubernetes"))
    assert (config["kind"], claim["kind"], job["kind"]) == (
        "ConfigMap",
        "PersistentVolumeClaim",
        "CronJob",
    )
    spec = job["spec"]["jobTemplate"]["spec"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert {3, 4} <= set(rule["onExitCodes"]["values"])
    assert 1 not in rule["onExitCodes"]["values"]
    pod = _pod(job)
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy demands it
    (container,) = pod["containers"]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}
    (secret,) = [e for e in container["env"] if e["name"] == "AUDITOR_PASSWORD"]
    assert "secretKeyRef" in secret["valueFrom"]


def test_the_configuration_for_kubernetes_is_good(tmp_path: Path, lab_ca: str) -> None:
    config, *_ = yaml.safe_load_all(_only("kubernetes"))
    (tmp_path / "lab-ca.pem").write_text(lab_ca)
    path = tmp_path / "auditor.toml"
    (cluster,) = build_configuration(tomllib.loads(config["data"]["auditor.toml"]), path).clusters
    assert cluster.ca_bundle is not None
    assert cluster.ca_bundle.name in config["data"]


@pytest.fixture
def lab_ca() -> str:
    """Return some authority in PEM form."""
    from auditor.simulator.certificates import CertificateAuthority

    return CertificateAuthority.create("lab").pem().decode()


@pytest.mark.parametrize(
    ("code", "ends", "told"),
    [(0, 0, "code=0"), (3, 0, "code=3"), (4, 0, "code=4"), (1, 1, "code=1"), (2, 2, "code=2")],
)
def test_the_workflow_goes_on_after_a_verdict_and_stops_at_a_crash(
    tmp_path: Path, code: int, ends: int, told: str
) -> None:
    workflow = yaml.safe_load(_only("github-actions"))
    steps = workflow["jobs"]["audit"]["steps"]
    (audit,) = [step for step in steps if step.get("id") == "audit"]
    assert audit["env"]["AUDITOR_PASSWORD"] == "${{ secrets.AUDITOR_PASSWORD }}"
    assert workflow["permissions"]["security-events"] == "write"
    assert "'3'" in steps[-1]["if"]
    fake = tmp_path / "auditor"
    fake.write_text(f"#!/bin/sh\necho report > auditor.md\nexit {code}\n")
    fake.chmod(0o755)
    output, summary = tmp_path / "output", tmp_path / "summary"
    ended = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", audit["run"]],
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == ends, ended.stderr
    assert output.read_text().strip() == told
    assert ("::warning::" in ended.stdout) is (code in (3, 4))
    assert summary.exists() is (ends == 0)


def test_the_objects_of_nagios_are_whole() -> None:
    text = _only("nagios")
    blocks = dict(re.findall(r"define (\w+) \{\n(.*?)\n\}", text, flags=re.DOTALL))
    assert set(blocks) == {"command", "service"}
    command = dict(line.split(maxsplit=1) for line in blocks["command"].splitlines())
    service = dict(line.split(maxsplit=1) for line in blocks["service"].splitlines())
    assert service["check_command"].split("!")[0] == command["command_name"]


def _metrics() -> dict[str, set[str]]:
    """Return the labels of every metric that the textfile holds, by its name."""
    text = prometheus.render(samples.waived())
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_and_label_in_the_alerts_exists() -> None:
    metrics = _metrics()
    (group,) = yaml.safe_load(_only("prometheus"))["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))
    for rule in group["rules"]:
        used = re.findall(r"(auditor_\w+)(?:\{([^}]*)\})?", rule["expr"])
        assert used
        for metric, selectors in used:
            assert metric in metrics
            assert set(re.findall(r"(\w+)[=!]", selectors)) <= metrics[metric]
        labels = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        assert labels <= set.union(*(metrics[metric] for metric, _ in used))
        assert rule["expr"].count("(") == rule["expr"].count(")")


@pytest.mark.parametrize("about", ["auditor_drift", "last_complete_run", "unknown", "absent("])
def test_the_alerts_cover_drift_gaps_and_silence(about: str) -> None:
    rules = yaml.safe_load(_only("prometheus"))["groups"][0]["rules"]
    assert any(about in rule["expr"] for rule in rules)
