"""What Cisco says to do before a service is turned on: data, one block a service."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Advice:
    """`needs` are services that must run first; `confirm` is what no interface shows (CAU-01)."""

    name: str
    needs: tuple[str, ...]
    confirm: tuple[str, ...]
    steps: tuple[str, ...]
    source: str


@cache
def advice() -> Mapping[str, Advice]:
    """Return the advice by canonical service name."""
    text = (files("auditor.change") / "services.toml").read_text(encoding="utf-8")
    return {
        block["name"]: Advice(
            name=block["name"],
            needs=tuple(block.get("needs", ())),
            confirm=tuple(block["confirm"]),
            steps=tuple(block["steps"]),
            source=block["source"],
        )
        for block in tomllib.loads(text)["service"]
    }
