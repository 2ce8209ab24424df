"""Asks one live cluster, and returns the text of its configuration file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.audit import Options, World, survey
from auditor.cluster import ClusterFacts
from auditor.config import hosts
from auditor.config.loader import load, understand
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials
from auditor.errors import ConfigError
from auditor.facts import Coverage, Outcome, Role, Source
from auditor.inference import options, page
from auditor.inference.consistent import consistent
from auditor.inference.golden import carry
from auditor.inference.lines import MARK
from auditor.inference.page import Access, Page
from auditor.inference.profile import infer

_WHO = Path("auditor init")
"""What stands before a mistake in the options, where a file's name would stand."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the options say; `ca_bundle` is a path from the working directory.

    `nodes` are names with `publisher` or `subscriber`, for a CUCM that cannot list them.
    """

    cucm: str
    username: str
    name: str
    output: Path
    ca_bundle: Path | None = None
    pins: tuple[tuple[str, str], ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    nodes: tuple[tuple[str, str], ...] = ()
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Drafted:
    """The text of the file, None if no node answered.

    `gaps` are what went wrong with sources that the file is written from, one sentence each.
    """

    text: str | None
    gaps: tuple[str, ...]
    questions: int


def name_of(cucm: str) -> str:
    """Return a name for the cluster whose CUCM publisher this is: the first part of its name."""
    host = cucm.rpartition(":")[0] if cucm.count(":") == 1 else cucm
    return host if hosts.is_ip(host.strip("[]")) else host.partition(".")[0] or "cluster"


def pairs(option: str, given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return `NODE=VALUE` in its two parts; raises ConfigError with every one that has none."""
    split = [text.partition("=") for text in given]
    wrong = [
        text for text, (name, _, value) in zip(given, split, strict=True) if not name or not value
    ]
    if wrong:
        raise ConfigError(f"{option} {text}: must be written as NODE=VALUE" for text in wrong)
    return tuple((name, value) for name, _, value in split)


def configuration(request: Request) -> Configuration:
    """Return how to ask the cluster; raises ConfigError for what the options may not say."""
    cluster: dict[str, object] = {
        "name": request.name,
        "cucm_publisher": request.cucm,
        "username": request.username,
        "pins": _grouped(request.pins),
        "addresses": dict(request.addresses),
        "node": [{"name": name, "role": role} for name, role in request.nodes],
    }
    if request.ca_bundle is not None:
        cluster["ca_bundle"] = str(request.ca_bundle.absolute())
    try:
        return understand({"cluster": [cluster]}, _WHO)
    except ConfigError as error:
        raise options.mistakes(error) from error


def _grouped(pins: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, digest in pins:
        grouped.setdefault(name, []).append(digest)
    return grouped


def golden_cluster(where: str) -> ClusterSettings:
    """Return the cluster of `FILE` or `FILE#CLUSTER`; raises ConfigError if it is not one."""
    file, _, name = where.partition("#")
    configuration = load(Path(file).expanduser())
    chosen = configuration.select([name] if name else [])
    if len(chosen) > 1:
        known = ", ".join(cluster.name for cluster in chosen)
        raise ConfigError([f"{file} has several clusters; name one as {file}#NAME: {known}"])
    return chosen[0]


def draft(
    request: Request, login: Credentials, world: World, golden: ClusterSettings | None = None
) -> Drafted:
    """Ask the cluster and return its file.

    Raises:
        Interrupted: the user pressed Ctrl-C.
    """
    (asked,) = configuration(request).clusters
    how = Options((), insecure=request.insecure, mode="init")
    (facts,) = survey([asked], {asked.name: login}, how, world)
    gaps = tuple(
        options.advice(entry.detail, entry.node)
        for entry in facts.coverage
        if _matters(entry, facts)
    )
    if not any(node.services for node in facts.nodes):
        return Drafted(None, gaps, 0)
    text = page.write(_page(request, facts, golden))
    questions = sum(line.startswith(MARK) for line in text.splitlines())
    return Drafted(text, gaps, questions)


def _matters(entry: Coverage, facts: ClusterFacts) -> bool:
    """Tell whether the file would say more if this source had answered."""
    publishers = {node.name for node in facts.nodes if node.role is Role.PUBLISHER}
    read = entry.source in (Source.CUCM_AXL, Source.CONTROL_CENTER) or (
        entry.source is Source.IMP_AXL and entry.node in publishers
    )
    return read and entry.outcome is Outcome.FAILED


def _page(request: Request, facts: ClusterFacts, golden: ClusterSettings | None) -> Page:
    lines = infer(facts)
    meant = None
    if golden is not None:
        lines = carry(golden, facts, lines)
        declared = golden.high_availability
        meant = declared if isinstance(declared, bool) else None
    return Page(
        _access(request),
        facts,
        tuple(consistent(lines, peers=bool(facts.peers)).values()),
        golden.name if golden else "",
        meant,
    )


def _access(request: Request) -> Access:
    return Access(
        name=request.name,
        cucm_publisher=request.cucm,
        username=request.username,
        ca_bundle=_beside(request.ca_bundle, request.output) if request.ca_bundle else None,
        pins=request.pins,
        addresses=request.addresses,
        insecure=request.insecure,
    )


def _beside(path: Path, output: Path) -> str:
    """Return a path as the file is to name it: relative if it stands beside or below the file."""
    folder = output.absolute().parent
    whole = path.absolute()
    return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)
