"""A report in a folder: an index, and a page for each cluster under a safe name.

A web server may serve the folder while it is written. Each file is replaced as a whole, the index
last, so its links always lead somewhere.
"""

import contextlib
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from auditor.errors import OutputError
from auditor.files import find_folder_obstacle, find_write_obstacle, write_file

INDEX_NAME = "index.html"

INDEX_MARK = "auditor, index of clusters"
CLUSTER_PAGE_MARK = "auditor, page of a cluster"
"""What the head of a page names as its maker, so that no other file is taken for one of ours."""

_PREFIX, _SUFFIX = "cluster-", ".html"
_MAX_STEM_LENGTH = 60
_DIGEST_LENGTH = 8
_HEAD_LENGTH = 2000
_NEW_FOLDER_MODE = 0o700


def name_cluster_page(cluster: str) -> str:
    """Return a file name for a cluster that every system and web server takes.

    It depends on the cluster alone, so links from elsewhere survive when others come and go. The
    prefix keeps it from being one that Windows reserves, such as `con`. What is not a small letter,
    digit, hyphen or underscore is replaced; then a digest of the name, after a dot, keeps two
    clusters apart, even where a file system ignores case.
    """
    plain = unicodedata.normalize("NFKD", cluster).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-")[:_MAX_STEM_LENGTH]
    if stem == cluster:
        return f"{_PREFIX}{stem}{_SUFFIX}"
    digest = hashlib.sha256(cluster.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    return f"{_PREFIX}{stem}.{digest}{_SUFFIX}"


def find_page_folder_obstacle(folder: Path) -> str | None:
    """Return why a folder cannot take a report, and what to do; None if it can.

    It may be missing, if its own folder is there. Nothing is left behind.
    """
    if not folder.exists():
        return find_folder_obstacle(folder.parent)
    index = folder / INDEX_NAME
    obstacle = find_folder_obstacle(folder)
    if obstacle or not index.exists():
        return obstacle
    if index.is_file() and not _has_mark(index, INDEX_MARK):
        return f"it holds an {INDEX_NAME} that is no report. Give an empty folder or a new one."
    return find_write_obstacle(index)


def write_page_folder(folder: Path, pages: Iterable[tuple[str, str]]) -> None:
    """Write the pages of a report, the index last, then remove those of clusters that left.

    New pages take the permissions of the index that was there: who may read it may read them.

    Raises:
        OutputError: a file could not be written or removed; the index then is that of before.
    """
    try:
        folder.mkdir(mode=_NEW_FOLDER_MODE, exist_ok=True)
    except OSError as exc:
        raise OutputError(
            f"{folder} cannot be made ({exc.strerror or exc}). Give another folder, then run again."
        ) from exc
    written = set()
    for name, text in pages:
        write_file(folder / name, text, like=folder / INDEX_NAME)
        written.add(name)
    for page in _list_stale_pages(folder, written):
        try:
            page.unlink(missing_ok=True)
        except OSError as exc:
            raise OutputError(
                f"{page} is of an earlier run and cannot be removed ({exc.strerror or exc}). "
                "Remove it by hand."
            ) from exc


def _list_stale_pages(folder: Path, written: Collection[str]) -> Iterator[Path]:
    """Yield the pages of clusters that this run did not write."""
    for path in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
        if path.name not in written and _has_mark(path, CLUSTER_PAGE_MARK):
            yield path


def _has_mark(path: Path, mark: str) -> bool:
    """Return whether a file says in its head that it is one of ours."""
    with contextlib.suppress(OSError):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                return f'content="{mark}"'.encode() in file.read(_HEAD_LENGTH)
    return False
