"""The files of a report in a folder: an index, and a page for each cluster under a safe name."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

INDEX_NAME = "index.html"

CLUSTER_PAGE_MARK = "auditor, page of a cluster"
"""What the head of a cluster's page says, so that no other file is ever taken for one."""

_PREFIX, _SUFFIX = "cluster-", ".html"
_MAX_STEM = 60
_DIGEST = 8


def name_cluster_pages(clusters: Iterable[str]) -> dict[str, str]:
    """Return the file of each cluster.

    A name depends on its cluster alone, so links from elsewhere survive when others come and go.
    """
    return {cluster: name_cluster_page(cluster) for cluster in clusters}


def name_cluster_page(cluster: str) -> str:
    """Return a file name for a cluster that every system and web server takes.

    The prefix keeps it from being one that Windows reserves, such as `con`. What is not a small
    letter, digit, hyphen or underscore is replaced, and then a digest of the name, after a dot,
    keeps two clusters apart, even where a file system ignores case.
    """
    plain = unicodedata.normalize("NFKD", cluster).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-")[:_MAX_STEM]
    if stem == cluster:
        return f"{_PREFIX}{stem}{_SUFFIX}"
    digest = hashlib.sha256(cluster.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    return f"{_PREFIX}{stem}.{digest}{_SUFFIX}"


def is_cluster_page_name(name: str) -> bool:
    """Return whether a file may be the page of a cluster, by its name."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)
