"""A profile that declares nothing: one block of answers to paste, filled with what was seen."""

import tomllib
from collections.abc import Callable
from dataclasses import replace

import pytest
import tomlkit

from auditor.config.loader import load_configuration
from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Verdict
from auditor.report.answers import render_answers
from auditor.report.formats import ReportFormat
from auditor.report.profile_toml import QUESTION_PREFIX
from tests.lab import Lab
from tests.report.rendering import render_report

Start = Callable[..., Lab]

HEADER = "[cluster.deployment]\n"


def without_profile(text: str) -> str:
    """Return a configuration whose one cluster declares no deployment."""
    document = tomlkit.parse(text)
    for key in ("deployment", "external_database"):
        document["cluster"][0].pop(key, None)
    return tomlkit.dumps(document)


def waiting(cluster: ClusterReport) -> int:
    return sum(bool(finding.awaited_keys) for finding in cluster.findings)


def pasted(lines: str) -> Callable[[str], str]:
    """Return an edit that puts the lines where the report says."""
    return lambda text: f"{without_profile(text)}\n{HEADER}{lines}"


SCENARIOS = ("healthy", "demo", "all-drift", "all-drift-absent", "one-node", "failed-over")


@pytest.mark.parametrize("name", SCENARIOS)
def test_pasted_answers_are_valid_and_leave_only_the_questions(lab: Start, name: str) -> None:
    running = lab(name)
    running.edit = without_profile
    before = running.cluster()
    answers = render_answers(before.proposed)
    questions = [line for line in answers.splitlines() if line.startswith(QUESTION_PREFIX)]
    running.edit = pasted(answers)
    after = running.cluster()
    open_keys = {key for finding in after.findings for key in finding.awaited_keys}
    declared = tomllib.loads(answers)
    assert waiting(after) < waiting(before)
    assert not open_keys & set(declared)
    assert len(open_keys) <= len(questions)


@pytest.mark.parametrize("name", ["healthy", "demo"])
def test_once_its_questions_are_answered_too_nothing_waits(lab: Start, name: str) -> None:
    running = lab(name)
    running.edit = without_profile
    proposed = running.cluster().proposed
    answered = render_answers(tuple(replace(entry, question="") for entry in proposed))
    running.edit = pasted(answered)
    assert waiting(running.cluster()) == 0


def test_every_report_for_people_has_one_block_with_the_same_lines(lab: Start) -> None:
    running = lab("healthy")
    running.edit = without_profile
    report = running.audit()
    (cluster,) = report.clusters
    title = f"{waiting(cluster)} checks wait for these answers"
    lines = render_answers(cluster.proposed).splitlines()
    for form, mark in ((ReportFormat.TERMINAL, "? up to"), (ReportFormat.MARKDOWN, "- ?")):
        text = render_report(report, form, width=80, colour=False)
        assert text.count(title) == 1
        # One block in place of one for each key; what waits for a database has its own.
        assert text.count(f"\n{mark}") < 5
        assert set(lines) <= {line.strip() for line in text.splitlines()}
    narrow = render_report(report, ReportFormat.TERMINAL, width=40, colour=False)
    assert set(lines) <= set(narrow.splitlines())
    page = render_report(report, ReportFormat.HTML, width=80, colour=False)
    assert page.count(title) == 1
    assert "chat = true\n" in page


def test_reports_for_machines_keep_every_finding(lab: Start) -> None:
    running = lab("healthy")
    running.edit = without_profile
    document = running.json("--history", "off")
    unknown = [f for f in document["clusters"][0]["findings"] if f["verdict"] == Verdict.UNKNOWN]
    assert len(unknown) == document["summary"]["unknown"] > waiting(running.cluster()) / 2
    assert document["summary"]["exit_code"] == 4


def test_what_the_file_declares_is_neither_asked_again_nor_contradicted(lab: Start) -> None:
    """Permanent chat runs here, and needs chat, which the file rules out."""
    running = lab("healthy")
    running.edit = pasted("chat = false\n")
    cluster = running.cluster()
    keys = {entry.key for entry in cluster.proposed}
    assert "chat" not in keys
    running.edit = pasted(f"chat = false\n{render_answers(cluster.proposed)}")
    load_configuration(running.config)


def test_a_profile_without_gaps_has_no_block(lab: Start) -> None:
    running = lab("healthy")
    assert running.cluster().proposed == ()
    assert "wait for these answers" not in running.run("audit", "--history", "off").stdout
