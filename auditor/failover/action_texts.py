"""Actions: a situation of actions.toml with the names that it is about, as one line."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from auditor.service_names import AXL_WEB_SERVICE, DATABASE, SERVER_RECOVERY_MANAGER


@cache
def load_action_texts() -> Mapping[str, Mapping[str, str]]:
    """Return the tables of actions.toml."""
    text = (files("auditor.failover") / "actions.toml").read_text(encoding="utf-8")
    tables: Mapping[str, Any] = tomllib.loads(text)
    return tables


@dataclass(frozen=True, slots=True)
class Action:
    """A table of actions.toml, and the names that fill its placeholders.

    `then` is a clause on what to do after it.
    """

    situation: str
    names: Mapping[str, str]
    then: str = ""

    @property
    def brief(self) -> str:
        """Return the action in a few words, for a cell of a table."""
        return fill_text(self.situation, "brief")

    @property
    def is_needed(self) -> bool:
        """Return whether there is anything to do."""
        return self.situation != "nothing"

    def render(self, cluster: str = "") -> str:
        """Return the action as one line, with its cluster where there are several."""
        place = f"in cluster {cluster}, " if cluster else ""
        clauses = filter(None, (fill_text(self.situation, **self.names), self.then))
        action = f"Do: {place}{'; '.join(clauses)}."
        forbidden = fill_text(self.situation, "do_not", **self.names)
        return f"{action} Do not: {forbidden}." if forbidden else action


def make_action(situation: str, **names: str) -> Action:
    """Return the action of a situation; `names` fill its placeholders."""
    return Action(situation, names)


def fill_text(situation: str, part: str = "do", **names: str) -> str:
    """Return one part of an action as a clause, empty if the situation has no such part."""
    return _fill_template(load_action_texts()[situation].get(part, ""), names)


def _fill_template(template: str, names: Mapping[str, str]) -> str:
    texts = load_action_texts()["texts"]
    services = {
        "AXL": AXL_WEB_SERVICE,
        "DATABASE": DATABASE,
        "RECOVERY_MANAGER": SERVER_RECOVERY_MANAGER,
    }
    return template.format(**texts, **services, **names)
