"""Where reports go: reads `FORMAT[:PATH]`, checks places beforehand, writes files whole."""

import contextlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from auditor.errors import ConfigError, OutputError
from auditor.models.report import Report
from auditor.service_names import nearest_choice

_NEW_REPORT_MODE = 0o644


class ReportFormat(StrEnum):
    """The forms that a report can take."""

    TERMINAL = "terminal"
    JSON = "json"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"
    CSV = "csv"
    MARKDOWN = "markdown"
    PROMETHEUS = "prometheus"


_FORMAT_MODULES = {
    ReportFormat.TERMINAL: "terminal",
    ReportFormat.JSON: "json_report",
    ReportFormat.HTML: "html.render",
    ReportFormat.JUNIT: "junit",
    ReportFormat.SARIF: "sarif",
    ReportFormat.CSV: "csv_report",
    ReportFormat.MARKDOWN: "markdown",
    ReportFormat.PROMETHEUS: "prometheus",
}
"""Where each form is written. Imported when it is asked for: some stand on large libraries."""


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """One report asked for; `path` None is standard output."""

    format: ReportFormat
    path: Path | None


def parse_output_targets(values: Sequence[str]) -> tuple[OutputTarget, ...]:
    """Read the values of `--output`; none at all is the terminal report on standard output.

    `FORMAT:-` is standard output too, and a leading `~` is the home folder (shells leave it alone
    after a colon). Raises ConfigError with every mistake: an unknown format, an empty path, two
    reports on standard output, two into one file.
    """
    problems: list[str] = []
    targets: list[OutputTarget] = []
    for value in values:
        problem = _target_problem(value)
        if problem:
            problems.append(problem)
        else:
            targets.append(_parse_output_target(value))
    problems += _target_clashes(targets)
    if problems:
        raise ConfigError(problems)
    return tuple(targets) or (OutputTarget(ReportFormat.TERMINAL, None),)


def _target_problem(value: str) -> str | None:
    """Return what is wrong with one value by itself."""
    word, colon, path = value.partition(":")
    if word.lower() not in tuple(ReportFormat):
        near = nearest_choice(word, ReportFormat)
        meant = f" Did you mean {near}?" if near else ""
        return (
            f"--output {value}: unknown format {word!r}.{meant} "
            f"Write FORMAT or FORMAT:PATH; formats are {', '.join(ReportFormat)}."
        )
    if colon and not path.strip():
        return (
            f"--output {value}: the path is empty. "
            f"Write {word}:PATH for a file, {word} alone for standard output."
        )
    if "\0" in path:
        return f"--output {word}: the path holds a NUL character. Give another one."
    try:
        Path(path).expanduser()
    except RuntimeError:
        return f"--output {value}: the home folder is not known. Write the path in full."
    return None


def _parse_output_target(value: str) -> OutputTarget:
    word, _, path = value.partition(":")
    return OutputTarget(
        ReportFormat(word.lower()), None if path in ("", "-") else Path(path).expanduser()
    )


def _target_clashes(targets: Sequence[OutputTarget]) -> list[str]:
    """Return the targets that would write over each other."""
    problems = []
    screens = [target.format for target in targets if target.path is None]
    if len(screens) > 1:
        problems.append(
            f"--output: {' and '.join(screens)} both go to standard output, which takes one. "
            "Give the other a path."
        )
    owner: dict[str, OutputTarget] = {}
    for target in targets:
        if target.path is None:
            continue
        first = owner.setdefault(os.path.realpath(target.path), target)
        if first is not target:
            problems.append(
                f"--output {target.format}:{target.path}: {first.format}:{first.path} is the same "
                "file. Give each report its own path."
            )
    return problems


def check_targets_writable(targets: Sequence[OutputTarget]) -> None:
    """Make sure that every file can be written, by writing beside it; nothing is left behind.

    Raises ConfigError with every path that cannot. The files themselves are not touched.
    """
    problems = [
        f"--output {target.format}:{target.path}: {problem}"
        for target in targets
        if target.path is not None and (problem := find_write_obstacle(target.path))
    ]
    if problems:
        raise ConfigError(problems)


def find_write_obstacle(path: Path) -> str | None:
    """Return why a file cannot be written, and what to do; None if it can."""
    try:
        final = Path(os.path.realpath(path))
        return _file_obstacle(final) or _folder_obstacle(final.parent)
    except OSError as exc:
        return f"it cannot be written ({exc.strerror or exc}). Give another path."


def _file_obstacle(path: Path) -> str | None:
    if not path.exists():
        return None
    if path.is_dir():
        return "it is a folder. Give the name of a file in it."
    if not path.is_file():
        # Renaming a file over /dev/null would replace the device for the whole machine.
        return "it is a device or a pipe, not a file. Leave the path out for standard output."
    return None if os.access(path, os.W_OK) else "the file is read-only. Give another path."


def _folder_obstacle(folder: Path) -> str | None:
    if not folder.exists():
        return f"the folder {folder} does not exist. Create it or give another path."
    if not folder.is_dir():
        return f"{folder} is not a folder. Give another path."
    try:
        # A real file: permission bits say nothing of a read-only or full file system.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as exc:
        return f"the folder {folder} is not writable ({exc.strerror or exc}). Give another path."


def render_report(report: Report, target_format: ReportFormat, *, width: int, colour: bool) -> str:
    """Return the report in a format; `width` (columns) and `colour` matter to the terminal only."""
    return "".join(render_report_pieces(report, target_format, width=width, colour=colour))


def render_report_pieces(
    report: Report, target_format: ReportFormat, *, width: int, colour: bool
) -> Iterator[str]:
    """Yield the report piece by piece; JSON of hundreds of nodes is too long to hold at once."""
    module = import_module(f"auditor.report.{_FORMAT_MODULES[target_format]}")
    if target_format is ReportFormat.JSON:
        yield from module.render_json_pieces(report)
    elif target_format is ReportFormat.TERMINAL:
        yield module.render(report, width=width, colour=colour)
    else:
        yield module.render(report)


def write_text_file(path: Path, text: str) -> None:
    """Write a text to a file; see `write_file_pieces`."""
    write_file_pieces(path, (text,))


def write_file_pieces(path: Path, text: Iterable[str]) -> None:
    """Write a file whole or not at all: a temporary file beside it, then a rename over it.

    A link is followed, so the file that it names is replaced. A file that was there keeps its
    permission bits; a new one gets 0644 less the umask. Raises OutputError; on any exception,
    Ctrl-C included, the old file stands as it was and no temporary file stays.
    """
    final = Path(os.path.realpath(path))
    spare = final.with_name(f".auditor-{secrets.token_hex(8)}.tmp")
    try:
        _write_temporary_file(spare, final, text)
        spare.replace(final)
    except OSError as exc:
        raise OutputError(
            f"{path} cannot be written ({exc.strerror or exc}); an older file there is unchanged. "
            "Make room or give another path, then run again."
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)


def _write_temporary_file(spare: Path, final: Path, text: Iterable[str]) -> None:
    """Fill the temporary file and bring it to the disk, with the permissions it shall have."""
    # Opened by hand: mkstemp would make it 0600, and so the kernel applies the umask.
    number = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW_REPORT_MODE)
    with os.fdopen(number, "wb") as file:
        if final.is_file():
            os.fchmod(number, stat.S_IMODE(final.stat().st_mode))
        file.writelines(piece.encode() for piece in text)
        file.flush()
        os.fsync(number)
