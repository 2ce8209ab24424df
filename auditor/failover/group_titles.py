"""The name of a group where several clusters are checked, as it is printed and as it is typed."""

import re

_GROUP_TITLE = re.compile(r"(?P<group>.+) \(cluster (?P<cluster>.+)\)")


def group_title(group: str, cluster: str) -> str:
    """Return the name of a group as a check of several clusters shows it."""
    return f"{group} (cluster {cluster})"


def parse_group_title(text: str) -> tuple[str, str | None]:
    """Return group and cluster of a title; of a group's name alone, the cluster is None."""
    match = _GROUP_TITLE.fullmatch(text)
    return (match["group"], match["cluster"]) if match else (text, None)
