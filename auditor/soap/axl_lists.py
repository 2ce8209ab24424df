"""The parameters of AXL lists."""

from typing import Any

from auditor.soap.axl_versions import ROLES_SINCE


def search(key: str, value: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Return the parameters of an AXL list: what to look for, and what to tell of it."""
    return {"searchCriteria": {key: value}, "returnedTags": dict.fromkeys(tags, "")}


def known_in(version: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters without what a version does not know yet, and would refuse."""
    tags = values.get("returnedTags", {})
    if "processNodeRole" not in tags or float(version) >= ROLES_SINCE:
        return values
    return {**values, "returnedTags": {tag: "" for tag in tags if tag != "processNodeRole"}}
