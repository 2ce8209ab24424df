"""`auditor examples`: ready files for timers, pipelines and monitoring."""

from importlib.resources import files
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_examples
from auditor.cli.output import print_text
from auditor.cli.terminal import terminal_width
from auditor.errors import ConfigError
from auditor.text import did_you_mean, name_list_lines


@app.command("examples")
def examples(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The example to print. Left out: list them.",
            show_default=False,
            autocompletion=complete_examples,
        ),
    ] = None,
) -> None:
    """Print a ready example: systemd, cron, Kubernetes, GitHub Actions, Nagios, Prometheus.

    Each begins with what to do with it. A line "File:" above each file says where it belongs.
    """
    texts = read_examples()
    if name is None:
        print_text(_render_example_list(texts))
        return
    name = name.lower()
    if name not in texts:
        hint = did_you_mean(name, texts) or "."
        raise ConfigError([f"no example {name!r}{hint} There are {', '.join(texts)}."])
    print_text(texts[name])


def read_examples() -> dict[str, str]:
    """Return the text of every example by its name; one of several files is their sequence."""
    folders = [entry for entry in (files("auditor") / "examples").iterdir() if entry.is_dir()]
    return {
        folder.name: "\n".join(
            entry.read_text(encoding="utf-8")
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        )
        for folder in sorted(folders, key=lambda folder: folder.name)
    }


def _render_example_list(texts: dict[str, str]) -> str:
    titles = {name: text.partition("\n")[0].partition(": ")[2] for name, text in texts.items()}
    lines = name_list_lines(titles, terminal_width())
    return "\n".join(["Print one with `auditor examples NAME`:", "", *lines, ""])
