"""What to do before and while a service is turned on: data, one block for each service."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class ActivationAdvice:
    """What to do when a service is turned on.

    `needs` are services that must run first; `confirm` is what no interface shows (CAU-01).
    Afterwards `restart_everywhere` is restarted on all nodes, `restart_here` on its own.
    `connects` is what a stop interrupts if users are connected through the service, else empty.
    On the way back `undo` sets back what was prepared; what `remains` cannot be taken back.
    """

    name: str
    confirm: tuple[str, ...]
    source: str
    connects: str = ""
    needs: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    restart_everywhere: tuple[str, ...] = ()
    restart_here: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()


@cache
def load_activation_advice() -> Mapping[str, ActivationAdvice]:
    """Return the advice by canonical service name."""
    text = (files("auditor.change") / "services.toml").read_text(encoding="utf-8")
    blocks = TypeAdapter(list[ActivationAdvice]).validate_python(tomllib.loads(text)["service"])
    return {advice.name: advice for advice in blocks}


def connects_users(service: str) -> bool:
    """Return whether users are connected through a service, so that its stop interrupts them."""
    advice = load_activation_advice().get(service)
    return advice is not None and bool(advice.connects)
