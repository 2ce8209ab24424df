"""Reads a scenario, and says everything that is wrong with it at once."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from auditor.simulator.faults import ANY
from auditor.simulator.scenario import Deployment, Scenario, ScenarioError


def load(source: Path | Mapping[str, object]) -> Scenario:
    """Return the scenario of a TOML file or of a mapping of the same shape.

    Raises ScenarioError with every mistake at once.
    """
    where, data = _read(source)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as exc:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors()]
        raise ScenarioError(f"{where}: " + "; ".join(lines)) from exc
    mistakes = list(_mistakes(scenario))
    if mistakes:
        raise ScenarioError(f"{where}: " + "; ".join(mistakes))
    return scenario


def _read(source: Path | Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    if not isinstance(source, Path):
        return "scenario", source
    try:
        return str(source), tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ScenarioError(f"{source}: {exc}") from exc


def _mistakes(scenario: Scenario) -> list[str]:
    servers = {*scenario.node_names, scenario.cucm, ANY}
    found = [] if scenario.node_names else ["the cluster has no node"]
    found += [
        f"fault {rule.fault}: no node '{name}'"
        for rule in scenario.fault
        for name in (rule.node, rule.of or ANY)
        if name not in servers
    ]
    found += [
        f"group {group.name}: one HA state a node"
        for group in scenario.group
        if group.ha is not None and len(group.ha) != len(group.nodes)
    ]
    found += [
        f"undeclared: no key '{key}'"
        for key in scenario.undeclared
        if key not in Deployment.model_fields
    ]
    return found
