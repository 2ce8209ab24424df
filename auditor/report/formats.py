"""Output targets `FORMAT[:PATH]`: parse them, check that they can be written, render."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from auditor.errors import ConfigError
from auditor.files import find_write_obstacle
from auditor.report.page_folder import INDEX_NAME, find_page_folder_obstacle
from auditor.text import did_you_mean

if TYPE_CHECKING:  # what judges and reports loads late
    from auditor.models.report import Report


class ReportFormat(StrEnum):
    """The formats of a report."""

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
"""The module of each format, imported on demand because some need large libraries."""


COMMAND_FORMATS: Mapping[str, tuple[ReportFormat, ...]] = {
    "audit": tuple(ReportFormat),
    "check": (ReportFormat.TERMINAL, ReportFormat.JSON),
    "diff": (
        ReportFormat.TERMINAL,
        ReportFormat.JSON,
        ReportFormat.MARKDOWN,
        ReportFormat.HTML,
    ),
    "doctor": (ReportFormat.TERMINAL, ReportFormat.JSON),
    "failover-check": (ReportFormat.TERMINAL, ReportFormat.JSON),
    "history": (ReportFormat.TERMINAL, ReportFormat.JSON, ReportFormat.CSV, ReportFormat.HTML),
    "explain": (ReportFormat.TERMINAL, ReportFormat.JSON),
    "rules": (ReportFormat.TERMINAL, ReportFormat.JSON),
    "precheck": (ReportFormat.TERMINAL, ReportFormat.JSON, ReportFormat.MARKDOWN),
}
"""What each command that reports can write."""

FOLDER_FORMATS: Mapping[str, ReportFormat] = {"audit": ReportFormat.HTML}
"""The format of a command that may also be a folder of files."""


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """One report asked for; `path` None is standard output.

    `is_folder`: the path is a folder that takes an index and a page for each cluster.
    """

    format: ReportFormat
    path: Path | None
    is_folder: bool = False

    @property
    def main_file(self) -> str | None:
        """Return the real path of the file that a reader opens, None for standard output."""
        if self.path is None:
            return None
        # By real path, because a link leads two paths to one file.
        file = self.path / INDEX_NAME if self.is_folder else self.path
        return os.path.normcase(os.path.realpath(file))


def parse_output_targets(values: Sequence[str], command: str = "audit") -> tuple[OutputTarget, ...]:
    """Parse the values of `--output`; without any, the terminal report goes to standard output.

    `FORMAT:-` is standard output too, and a leading `~` is the home folder (shells leave it alone
    after a colon). Raises ConfigError with every mistake: a format that the command does not
    write, an empty path, two reports on standard output, two into one file.
    """
    problems: list[str] = []
    targets: list[OutputTarget] = []
    for value in values:
        problem = _target_problem(value, command)
        if problem:
            problems.append(problem)
        else:
            targets.append(_parse_output_target(value, command))
    problems += _target_clashes(targets)
    if problems:
        raise ConfigError(problems)
    return tuple(targets) or (OutputTarget(ReportFormat.TERMINAL, None),)


def _target_problem(value: str, command: str) -> str | None:
    """Return what is wrong with one value by itself."""
    # Only the first colon counts: a path may hold more.
    word, colon, path = value.partition(":")
    formats = COMMAND_FORMATS[command]
    if word.lower() not in formats:
        hint = did_you_mean(word, formats) or "."
        is_other = word.lower() in tuple(ReportFormat)
        what = f"{command} does not write it." if is_other else f"unknown format {word!r}{hint}"
        return (
            f"--output {value}: {what} "
            f"Write FORMAT or FORMAT:PATH; formats are {', '.join(formats)}."
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
    if _ends_like_folder(path) and FOLDER_FORMATS.get(command) != word.lower():
        return f"--output {value}: {command} writes {word.lower()} to one file. Name the file."
    return None


def _ends_like_folder(path: str) -> bool:
    return path.endswith(tuple(filter(None, (os.sep, os.altsep))))


def _parse_output_target(value: str, command: str) -> OutputTarget:
    word, _, text = value.partition(":")
    form = ReportFormat(word.lower())
    if text in ("", "-"):
        return OutputTarget(form, None)
    path = Path(text).expanduser()
    is_folder = _ends_like_folder(text) or path.is_dir()
    return OutputTarget(form, path, is_folder and FOLDER_FORMATS.get(command) is form)


def _target_clashes(targets: Sequence[OutputTarget]) -> list[str]:
    """Return the targets that would write over each other."""
    problems = []
    printed = [target.format for target in targets if target.path is None]
    if len(printed) > 1:
        problems.append(
            f"--output: {' and '.join(printed)} both go to standard output, which takes one. "
            "Give the other a path."
        )
    owner: dict[str, OutputTarget] = {}
    for target in targets:
        if target.main_file is None:
            continue
        first = owner.setdefault(target.main_file, target)
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
        if target.path is not None and (problem := _find_obstacle(target.path, target.is_folder))
    ]
    if problems:
        raise ConfigError(problems)


def _find_obstacle(path: Path, is_folder: bool) -> str | None:
    return find_page_folder_obstacle(path) if is_folder else find_write_obstacle(path)


def render_report_pieces(
    report: "Report",
    target_format: ReportFormat,
    *,
    width: int,
    colour: bool,
    full: bool = False,
) -> Iterator[str]:
    """Yield the report piece by piece; JSON of hundreds of nodes is too long to hold at once.

    All but the format matters to the terminal only: `width` is in columns, and `full` prints of
    several clusters what does not differ, too.
    """
    module = _load_renderer(target_format)
    if target_format is ReportFormat.JSON:
        yield from module.render_json_pieces(report)
    elif target_format is ReportFormat.TERMINAL:
        yield module.render(report, width=width, colour=colour, full=full)
    else:
        yield module.render(report)


def render_report_pages(report: "Report") -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of a report in a folder, its index last."""
    module = _load_renderer(ReportFormat.HTML)
    yield from module.render_pages(report)


def load_renderers(targets: Iterable[OutputTarget]) -> None:
    """Load what these reports will need, so that rendering them does not have to."""
    for target in targets:
        _load_renderer(target.format)


def _load_renderer(target_format: ReportFormat) -> ModuleType:
    return import_module(f"auditor.report.{_FORMAT_MODULES[target_format]}")
