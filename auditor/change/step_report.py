"""The steps of a change and of its roll-back as text and as data.

Their words are in `step_texts.toml` and `limit_texts.toml`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from auditor.change.expectation import DEFAULT_EXPECTATION
from auditor.change.rollback import LimitKind, Rollback, RollbackLimit
from auditor.change.steps import ChangeStep, StepKind
from auditor.command_lines import config_option
from auditor.service_names import FEATURE_SERVICES, XCP_ROUTER
from auditor.text import join_names, printable, quote_argument, wrap_text


@dataclass(frozen=True, slots=True)
class StepContext:
    """What the texts of all steps need: the cluster, and the users' sessions of each node now.

    `expectation` is the file with what the change is expected to do, `expectation_command` writes
    it; the latter is empty once the file is there.
    """

    cluster: str = ""
    sessions: Mapping[str, int | None] = field(default_factory=dict)
    expectation: str = DEFAULT_EXPECTATION
    expectation_command: str = ""

    @property
    def cluster_argument(self) -> str:
        """Return the cluster as a command line names it."""
        return quote_argument(self.cluster)


@dataclass(frozen=True, slots=True)
class StepTexts:
    """The texts of a step; `page` and `cli` are empty where Cisco has none."""

    text: str
    page: str = ""
    cli: str = ""


@cache
def _load_step_texts() -> Mapping[StepKind, StepTexts]:
    return TypeAdapter(dict[StepKind, StepTexts]).validate_python(_read_texts("step_texts.toml"))


@cache
def _load_limit_texts() -> Mapping[LimitKind, str]:
    return TypeAdapter(dict[LimitKind, str]).validate_python(_read_texts("limit_texts.toml"))


def _read_texts(name: str) -> Mapping[str, object]:
    return tomllib.loads((files("auditor.change") / name).read_text(encoding="utf-8"))


def step_texts(step: ChangeStep, context: StepContext) -> StepTexts:
    """Return the texts of a step."""
    texts = _load_step_texts()[step.kind]
    is_feature = step.service in FEATURE_SERVICES
    values = {
        "cluster": context.cluster_argument,
        "config": config_option(),
        "expectation": quote_argument(context.expectation),
        "expectation_source": f"run `{context.expectation_command}`"
        if context.expectation_command
        else f"it is in `{context.expectation}`",
        "service": step.service,
        "details": step.details,
        "nodes": join_names(step.nodes),
        "groups": join_names((*step.groups, *(f"the group of {node}" for node in step.nodes))),
        "group_options": _group_options(step),
        "in_turn": ", one after the other" if len(step.nodes) > 1 else "",
        "logout": " It logs out every user there." if step.service == XCP_ROUTER else "",
        "control_center": f"Control Center - {'Feature' if is_feature else 'Network'} Services",
        "sessions": f"Now: {sessions_text(context.sessions)}.",
    }
    return StepTexts(*(text.format(**values) for text in (texts.text, texts.page, texts.cli)))


def _group_options(step: ChangeStep) -> str:
    """Return the options that ask the groups of a step alone, none where one has no known name."""
    named = () if step.nodes else step.groups
    return "".join(f" --group {quote_argument(group)}" for group in named)


def limit_text(limit: RollbackLimit) -> str:
    """Return what a roll-back does not take back."""
    return _load_limit_texts()[limit.kind].format(
        service=limit.service, nodes=join_names(limit.nodes), details=limit.details
    )


def sessions_text(sessions: Mapping[str, int | None]) -> str:
    """Return the sessions of each node in words, without a full stop."""
    read = [f"{count} on {node}" for node, count in sessions.items() if count is not None]
    unread = [node for node, count in sessions.items() if count is None]
    unknown = [f"unknown on {join_names(unread)}"] if unread else []
    return ", ".join((*read, *unknown))


def render_steps(steps: Sequence[ChangeStep], context: StepContext, width: int) -> Iterator[str]:
    """Yield the lines of the numbered steps."""
    for number, step in enumerate(steps, 1):
        texts = step_texts(step, context)
        head = f"  {number}. "
        indent = " " * len(head)
        yield from wrap_text(printable(texts.text), width, first_indent=head, indent=indent)
        for label, text in (("page", texts.page), ("CLI", texts.cli)):
            if text:
                line = f"{label}: {printable(text)}"
                yield from wrap_text(line, width, first_indent=indent, indent=f"{indent}  ")


def steps_to_dicts(steps: Sequence[ChangeStep], context: StepContext) -> list[dict[str, object]]:
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
        for number, (step, texts) in enumerate(((s, step_texts(s, context)) for s in steps), 1)
    ]


def rollback_to_dict(rollback: Rollback, context: StepContext) -> dict[str, object]:
    """Return a roll-back as plain JSON data."""
    return {
        "steps": steps_to_dicts(rollback.steps, context),
        "limits": [
            {
                "kind": limit.kind,
                "service": limit.service or None,
                "nodes": list(limit.nodes),
                "text": limit_text(limit),
            }
            for limit in rollback.limits
        ],
    }
