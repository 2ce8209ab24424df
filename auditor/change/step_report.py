"""The steps of a change as text and as data; their words are in `step_texts.toml`."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from auditor.change.steps import ChangeStep, StepKind
from auditor.service_names import FEATURE_SERVICES, XCP_ROUTER
from auditor.text import join_names, printable, wrap_text


@dataclass(frozen=True, slots=True)
class StepTexts:
    """The texts of a step; `page` and `cli` are empty where Cisco has none."""

    text: str
    page: str = ""
    cli: str = ""


@cache
def _load_step_texts() -> Mapping[StepKind, StepTexts]:
    content = (files("auditor.change") / "step_texts.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[StepKind, StepTexts]).validate_python(tomllib.loads(content))


def step_texts(step: ChangeStep, sessions: Mapping[str, int | None]) -> StepTexts:
    """Return the texts of a step; `sessions` are the users' sessions of each node now."""
    texts = _load_step_texts()[step.kind]
    is_feature = step.service in FEATURE_SERVICES
    values = {
        "service": step.service,
        "details": step.details,
        "nodes": join_names(step.nodes),
        "groups": join_names((*step.groups, *(f"the group of {node}" for node in step.nodes))),
        "in_turn": ", one after the other" if len(step.nodes) > 1 else "",
        "logout": " It logs out every user there." if step.service == XCP_ROUTER else "",
        "control_center": f"Control Center - {'Feature' if is_feature else 'Network'} Services",
        "sessions": f"Now: {sessions_text(sessions)}.",
    }
    return StepTexts(*(text.format(**values) for text in (texts.text, texts.page, texts.cli)))


def sessions_text(sessions: Mapping[str, int | None]) -> str:
    """Return the sessions of each node in words, without a full stop."""
    read = [f"{count} on {node}" for node, count in sessions.items() if count is not None]
    unread = [node for node, count in sessions.items() if count is None]
    unknown = [f"unknown on {join_names(unread)}"] if unread else []
    return ", ".join((*read, *unknown))


def render_steps(
    steps: tuple[ChangeStep, ...], sessions: Mapping[str, int | None], width: int
) -> Iterator[str]:
    """Yield the lines of the numbered steps."""
    for number, step in enumerate(steps, 1):
        texts = step_texts(step, sessions)
        head = f"  {number}. "
        indent = " " * len(head)
        yield from wrap_text(printable(texts.text), width, first_indent=head, indent=indent)
        for label, text in (("page", texts.page), ("CLI", texts.cli)):
            if text:
                line = f"{label}: {printable(text)}"
                yield from wrap_text(line, width, first_indent=indent, indent=f"{indent}  ")


def steps_to_dicts(
    steps: tuple[ChangeStep, ...], sessions: Mapping[str, int | None]
) -> list[dict[str, object]]:
    """Return the steps as plain JSON data."""
    return [
        {
            "number": number,
            "kind": step.kind,
            "service": step.service or None,
            "nodes": list(step.nodes),
            "groups": list(step.groups),
            "text": texts.text,
            "page": texts.page or None,
            "cli": texts.cli or None,
        }
        for number, (step, texts) in enumerate(((s, step_texts(s, sessions)) for s in steps), 1)
    ]
