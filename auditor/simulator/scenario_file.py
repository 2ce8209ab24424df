"""Reads a scenario, and says everything that is wrong with it at once."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from auditor.simulator.catalogue import services_of_release
from auditor.simulator.faults import ANY_NODE
from auditor.simulator.scenario import (
    NodeEntry,
    Scenario,
    ScenarioDeployment,
    ScenarioError,
    parse_release_text,
)
from auditor.simulator.validation_errors import choice_hint, shorten_value, validation_messages


def load_scenario(source: Path | Mapping[str, object]) -> Scenario:
    """Return the scenario of a TOML file or of a mapping of the same shape.

    Raises ScenarioError with every mistake at once.
    """
    where, data = _read_scenario(source)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as exc:
        mistakes = validation_messages(exc, Scenario, data)
        raise ScenarioError(*(f"{where}: {mistake}" for mistake in mistakes)) from exc
    mistakes = [
        *_check_topology(scenario),
        *_check_releases(scenario),
        *_check_node_names(scenario),
    ]
    # Which services there are depends on releases, so those must be right first.
    mistakes += [] if mistakes else _check_services(scenario)
    if mistakes:
        raise ScenarioError(*(f"{where}: {mistake}" for mistake in mistakes))
    return scenario


def _read_scenario(source: Path | Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    if not isinstance(source, Path):
        return "scenario", source
    try:
        return str(source), tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise ScenarioError(f"{source}: is not UTF-8 text.") from exc
    except OSError as exc:
        raise ScenarioError(f"{source}: cannot be read: {exc.strerror or exc}.") from exc
    except (ValueError, RecursionError) as exc:
        raise ScenarioError(f"{source}: is not TOML: {shorten_value(exc)}.") from exc


def _check_topology(scenario: Scenario) -> Iterator[str]:
    """Yield what does not fit together in the groups, and names that are there twice."""
    if not scenario.node_names:
        yield "the cluster has no node: name some in a [[group]] or a [[node]]."
    for group in scenario.group:
        if group.ha is not None and len(group.ha) != len(group.nodes):
            yield f'group "{group.name}": `ha` must hold one HA state a node.'
    tables: Mapping[str, Iterable[str]] = {
        "group": (entry.name for entry in scenario.group),
        "node": (entry.name for entry in scenario.node),
        "cucm_node": (entry.name for entry in scenario.cucm_node),
        "external_database": (entry.name for entry in scenario.external_database),
    }
    for table, names in tables.items():
        yield from (
            f'{table} "{shorten_value(name)}" is there twice.' for name in _duplicate_names(names)
        )
    servers = (*scenario.cucm_names, *scenario.node_names)
    yield from (
        f"the server `{shorten_value(name)}` is there twice." for name in _duplicate_names(servers)
    )
    grouped = (name for group in scenario.group for name in group.nodes)
    yield from (f"`{shorten_value(name)}` is in two groups." for name in _duplicate_names(grouped))


def _duplicate_names(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _check_releases(scenario: Scenario) -> Iterator[str]:
    releases = [scenario.cluster.release, scenario.cucm_release]
    releases += [entry.release for entry in scenario.node if entry.release is not None]
    for release in dict.fromkeys(releases):
        try:
            parse_release_text(release)
        except ScenarioError as exc:
            yield str(exc)


def _check_node_names(scenario: Scenario) -> Iterator[str]:
    """Yield every name of a node, or of a key, that there is not."""
    nodes = scenario.node_names
    named = [
        (f"deployment: `{key}`", name)
        for key, value in scenario.deployment
        for name in (value if isinstance(value, list) else ())
        if key != "intercluster_synced_from"  # takes groups too, and the program judges them
    ]
    named += [
        (f'external_database "{entry.name}"', name)
        for entry in scenario.external_database
        for name in entry.nodes or ()
    ]
    servers = (*nodes, *scenario.cucm_names, ANY_NODE)
    faults = [
        (f'fault "{rule.fault}"', name)
        for rule in scenario.fault
        for name in (rule.node, rule.of or ANY_NODE)
        if name not in servers
    ]
    for place, name in (*(pair for pair in named if pair[1] not in nodes), *faults):
        yield f"{place}: there is no node `{shorten_value(name)}`{choice_hint(name, nodes)}"
    for name in (entry.name for entry in scenario.cucm_node):
        if name not in scenario.cucm_names:
            near = choice_hint(name, scenario.cucm_names)
            yield f"cucm_node: there is no CUCM node `{shorten_value(name)}`{near}"
    for key in scenario.undeclared:
        if key not in ScenarioDeployment.model_fields:
            near = choice_hint(key, ScenarioDeployment.model_fields)
            yield f"undeclared: [deployment] has no key `{shorten_value(key)}`{near}"


def _check_services(scenario: Scenario) -> Iterator[str]:
    """Yield every service that a node's release does not have."""
    for entry in scenario.node:
        kinds = services_of_release(parse_release_text(entry.release or scenario.cluster.release))
        names = {kind.name.casefold(): kind.name for kind in kinds}
        for name in _services_in_entry(entry):
            if name.casefold() not in names:
                near = choice_hint(name, names.values())
                yield f'node "{entry.name}": there is no service `{shorten_value(name)}`{near}'


def _services_in_entry(entry: NodeEntry) -> Iterator[str]:
    """Yield the services that a node's entry names."""
    for names in (entry.activated, entry.not_activated, entry.stopped, entry.starting):
        yield from names
    yield from (*entry.stopping, *entry.missing, *entry.service)
