"""Versions as servers report them, such as `14.0.1.13900-8`."""

import re
from collections.abc import Iterable, Mapping

from auditor.models.nodes import NodeFacts

_ARCHITECTURE = re.compile(r"\.(?:x86_64|i[3-6]86)$")
_BUILD_IN_BRACKETS = re.compile(r"\((\d+)\)$")
_FIELDS = re.compile(r"\d+(?:\.\d+){1,3}")

_FIRST_COMMON_RELEASE = 11
"""From 11.x on CUCM and IM and Presence run the same Service Update (TAC document 217304)."""


def version_number(text: str) -> str:
    """Return a version as `show version active` prints it.

    Control Center adds the architecture, and CUCM's AXL puts the build into brackets.
    """
    return _BUILD_IN_BRACKETS.sub(r"-\1", _ARCHITECTURE.sub("", text.strip()))


def nodes_by_version(nodes: Iterable[NodeFacts]) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the nodes of each version that was read, most nodes first."""
    versions: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        if node.release:
            version = version_number(node.release)
            versions[version] = (*versions.get(version, ()), node.name)
    return dict(sorted(versions.items(), key=lambda item: (-len(item[1]), item[0])))


def release_fields(text: str) -> tuple[int, ...] | None:
    """Return the fields of a version that CUCM and IM and Presence have in common.

    The fourth is the Service Update, and counts from 11.x on; before, two fields are the release.
    None where the text has fewer fields.
    """
    match = _FIELDS.match(text.strip())
    fields = tuple(int(field) for field in match[0].split(".")) if match else ()
    needed = common_field_count(fields[0]) if fields else 1
    return fields[:needed] if len(fields) >= needed else None


def common_field_count(major: int) -> int:
    """Return how many fields CUCM and IM and Presence have in common in a major release."""
    return 4 if major >= _FIRST_COMMON_RELEASE else 2
