"""Where reports go: reading targets, trying places without a trace, writing whole files."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.cli.options import output_option
from auditor.errors import ConfigError, OutputError
from auditor.files import create_file, write_file
from auditor.report import json_report, terminal
from auditor.report.formats import (
    COMMAND_FORMATS,
    OutputTarget,
    ReportFormat,
    check_targets_writable,
    parse_output_targets,
    render_report_pieces,
)
from auditor.report.json_report import report_to_dict
from tests.report import samples
from tests.report.rendering import render_report


def problems(*values: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_output_targets(values)
    return caught.value.problems


def refused(*targets: OutputTarget) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        check_targets_writable(targets)
    return caught.value.problems


def json_to(path: Path) -> OutputTarget:
    return OutputTarget(ReportFormat.JSON, path)


def test_the_default_output_is_the_terminal_report() -> None:
    assert parse_output_targets([]) == (OutputTarget(ReportFormat.TERMINAL, None),)


def test_formats_and_paths_are_read_in_their_order() -> None:
    assert parse_output_targets(["json:out/a:b.json", "terminal"]) == (
        OutputTarget(ReportFormat.JSON, Path("out/a:b.json")),
        OutputTarget(ReportFormat.TERMINAL, None),
    )


def test_a_hyphen_is_standard_output_and_a_tilde_is_home() -> None:
    assert parse_output_targets(["json:-", "terminal:~/r.txt"]) == (
        OutputTarget(ReportFormat.JSON, None),
        OutputTarget(ReportFormat.TERMINAL, Path.home() / "r.txt"),
    )


def test_every_mistake_is_reported_at_once() -> None:
    first, second, third = problems("jsno:a", "json:", "json:~nobody-of-that-name/x")
    assert first == (
        "--output jsno:a: unknown format 'jsno'; did you mean `json`? "
        f"Write FORMAT or FORMAT:PATH; formats are {', '.join(ReportFormat)}."
    )
    assert "the path is empty" in second
    assert "the home folder is not known" in third


@pytest.mark.parametrize("command", COMMAND_FORMATS)
def test_a_command_takes_the_formats_that_it_writes_and_no_other(command: str) -> None:
    taken = COMMAND_FORMATS[command]
    assert [
        target.format for form in taken for target in parse_output_targets([form], command)
    ] == [*taken]
    for other in set(ReportFormat) - set(taken):
        with pytest.raises(ConfigError, match=f"formats are {', '.join(taken)}"):
            parse_output_targets([other], command)


def test_a_bare_path_is_refused_with_the_right_spelling() -> None:
    (problem,) = problems("report.xml")
    assert "Write FORMAT or FORMAT:PATH; formats are terminal, json, " in problem


def test_a_path_with_a_nul_character_is_a_mistake() -> None:
    assert "NUL" in problems("json:a\0b")[0]


def test_standard_output_takes_one_report() -> None:
    (problem,) = problems("json", "terminal")
    assert problem.startswith("--output: json and terminal both go to standard output")


def test_one_file_takes_one_report(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (problem,) = problems(f"json:{tmp_path}/a", f"terminal:{tmp_path}/x/../link")
    assert "is the same file" in problem


def test_a_check_of_a_writable_path_changes_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("old")
    check_targets_writable(
        [json_to(old), json_to(tmp_path / "new.json"), OutputTarget(ReportFormat.TERMINAL, None)]
    )
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["old.json"]


def test_every_path_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    missing, not_folder, folder, device = refused(
        json_to(tmp_path / "nowhere" / "a.json"),
        json_to(tmp_path / "file" / "a.json"),
        json_to(tmp_path),
        json_to(Path("/dev/null")),
    )
    assert missing.endswith(
        f"the folder {tmp_path}/nowhere does not exist. Create it or give another path."
    )
    assert "is not a folder" in not_folder
    assert "it is a folder" in folder
    assert "a device or a pipe" in device


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", deny)
    (problem,) = refused(json_to(tmp_path / "a.json"))
    assert f"the folder {tmp_path} is not writable (Permission denied)" in problem


def test_a_read_only_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("kept")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "the file is read-only" in refused(json_to(tmp_path / "a.json"))[0]


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    assert "cannot be written" in refused(json_to(tmp_path / ("x" * 300)))[0]


def test_a_file_is_written_atomically(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    write_file(place / "r.txt", "✓\n")
    assert (place / "r.txt").read_bytes() == "✓\n".encode()
    assert [path.name for path in place.iterdir()] == ["r.txt"]


@pytest.mark.parametrize("write", [write_file, create_file])
@pytest.mark.parametrize("umask", [0o022, 0o077, 0])
def test_a_new_file_is_private_whatever_the_umask(
    tmp_path: Path, umask: int, write: Callable[[Path, str], None]
) -> None:
    before = os.umask(umask)
    try:
        write(tmp_path / "r", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o600


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("old")
    (tmp_path / "r").chmod(0o660)
    write_file(tmp_path / "r", "new")
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o660


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "chmod"])
def test_a_disk_error_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (place / "r").write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OutputError, match=r"No space left on device.*unchanged"):
        write_file(place / "r", "new")
    assert [(path.name, path.read_text()) for path in place.iterdir()] == [("r", "old")]


def test_an_interrupt_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (place / "r").write_text("old")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(place / "r", "new")
    assert [(path.name, path.read_text()) for path in place.iterdir()] == [("r", "old")]


def test_a_report_that_fails_leaves_only_the_old_file(tmp_path: Path) -> None:
    """Long reports are written while they are made."""
    folder = tmp_path / "reports"
    folder.mkdir()
    path = folder / "r.json"
    path.write_text("old")

    def half() -> Iterator[str]:
        yield "the first half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_file(path, half())
    assert [(p.name, p.read_text()) for p in folder.iterdir()] == [("r.json", "old")]


def test_a_folder_that_is_gone_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_file(tmp_path / "gone" / "r", "x")


@pytest.mark.parametrize("form", list(ReportFormat))
def test_every_format_renders(form: ReportFormat) -> None:
    assert render_report(samples.empty(), form, width=80, colour=False)


def test_width_and_colour_matter_to_the_terminal_only() -> None:
    report = samples.mixed()
    assert render_report(report, ReportFormat.TERMINAL, width=77, colour=True) == terminal.render(
        report, width=77, colour=True
    )
    assert render_report(report, ReportFormat.JSON, width=77, colour=True) == json_report.render(
        report
    )


def test_no_chunk_of_a_json_report_holds_two_clusters() -> None:
    """That of hundreds of nodes is never held as a whole, and comes out the same."""
    first, *rest = samples.mixed().clusters
    names = ("one", "two", "three")
    clusters = (*(replace(first, name=name) for name in names), *rest)
    report = replace(samples.mixed(), clusters=clusters)
    parts = list(render_report_pieces(report, ReportFormat.JSON, width=77, colour=False))
    assert json.loads("".join(parts)) == report_to_dict(report)
    assert all(part.count('"findings": ') <= 1 for part in parts)


def test_the_help_lists_every_format() -> None:
    assert output_option("audit").help.startswith(
        f"{', '.join(tuple(ReportFormat)[:-1])} or {tuple(ReportFormat)[-1]}, to standard"
    )


def test_a_format_is_imported_only_when_used() -> None:
    program = (
        "import sys, auditor.cli, auditor.report.formats as output\n"
        "slow = {'jinja2', 'junitparser', 'prometheus_client', 'lxml'} & sys.modules.keys()\n"
        "sys.exit(str(slow) if slow else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.stderr == b""
