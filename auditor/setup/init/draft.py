"""Asks one live cluster and returns the text of its configuration file.

There is no file yet, so mistakes and advice name options of `auditor init` instead of keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.audit import survey_clusters
from auditor.collect.scope import INIT_TOPICS, SurveyScope
from auditor.config.errors import ConfigProblem, InvalidConfiguration
from auditor.config.hosts import is_ip
from auditor.config.loader import build_configuration, load_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials
from auditor.errors import ConfigError
from auditor.failures import Failure, FailureWords, failure_text
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import Role
from auditor.recommendations.inference import ask_about_contradictions, infer_profile
from auditor.report.profile_toml import QUESTION_PREFIX
from auditor.run import RunContext, RunOptions
from auditor.setup.init.addresses import propose_addresses
from auditor.setup.init.append import ExistingFile, read_file_to_extend
from auditor.setup.init.golden import apply_golden_profile
from auditor.setup.init.writer import (
    ConfigurationContent,
    ConnectionSettings,
    render_added_cluster,
    render_configuration,
)
from auditor.text import escape_unprintable

_OPTION_BY_KEY = {
    "name": "--name",
    "cucm_publisher": "--cucm",
    "username": "--username",
    "ca_bundle": "--ca-bundle",
    "pins": "--pin",
    "addresses": "--address",
    "node": "--node",
}


def errors_with_options(error: InvalidConfiguration) -> ConfigError:
    """Return the same mistakes, each beginning with the option that it was made in."""
    return ConfigError(_mistake_with_option(mistake, error.document) for mistake in error.mistakes)


def _mistake_with_option(mistake: ConfigProblem, document: Mapping[str, object]) -> str:
    option = _OPTION_BY_KEY.get(str(mistake.loc[2])) if len(mistake.loc) > 2 else None
    if option is None:
        return mistake.line(_INIT_PSEUDO_FILE, document)
    node = mistake.member(document)
    return escape_unprintable(
        f"{option} {node}: {mistake.text}" if node else f"{option}: {mistake.text}"
    )


def words_with_options(failure: Failure, proposals: Mapping[str, str]) -> FailureWords:
    """Return what advice calls the settings of a server: options of `auditor init`.

    The pin is the digest of the refused certificate, ready to be pasted once it was compared.
    `proposals` are those of `propose_addresses`.
    """
    pin = f"give --pin {failure.server}={failure.digest or 'SHA256'}"
    host = proposals.get(failure.server, "HOST[:PORT]")
    address = f"--address {failure.server}={host}"
    return FailureWords(address, pin, pin, ca_bundle="--ca-bundle FILE")


_INIT_PSEUDO_FILE = Path("auditor init")
"""Shown in place of a file name before a mistake in the options."""


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of `auditor init`; `ca_bundle` is a path from the working directory.

    `nodes` are names with `publisher` or `subscriber`, for a CUCM that cannot list its nodes.
    `added_to` is the file that the cluster is added to, None where a new one is written.
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
    added_to: ExistingFile | None = None


@dataclass(frozen=True, slots=True)
class InitResult:
    """The text of the file, or of the cluster to add to it; None if no node answered.

    `gaps` are the failures of sources that the file is written from, one sentence each.
    """

    text: str | None
    gaps: tuple[str, ...]
    questions: int


def default_cluster_name(cucm: str) -> str:
    """Return a default name for a cluster: the first label of its CUCM publisher's name."""
    host = cucm.rpartition(":")[0] if cucm.count(":") == 1 else cucm
    return host if is_ip(host.strip("[]")) else host.partition(".")[0] or "cluster"


def parse_pairs(option: str, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Split each `NODE=VALUE` into its two parts; raises ConfigError with every other text."""
    split = [text.partition("=") for text in texts]
    wrong = [
        text for text, (name, _, value) in zip(texts, split, strict=True) if not name or not value
    ]
    if wrong:
        raise ConfigError(f"{option} {text}: must be written as NODE=VALUE" for text in wrong)
    return tuple((name, value) for name, _, value in split)


def build_init_configuration(request: InitOptions) -> Configuration:
    """Return the settings to survey the cluster with; raises ConfigError for invalid options."""
    cluster: dict[str, object] = {
        "name": request.name,
        "cucm_publisher": request.cucm,
        "username": request.username,
        "pins": _group_pins_by_node(request.pins),
        "addresses": dict(request.addresses),
        "node": [{"name": name, "role": role} for name, role in request.nodes],
    }
    if request.ca_bundle is not None:
        # Absolute: the loader would look beside a configuration file, and there is none yet.
        cluster["ca_bundle"] = str(request.ca_bundle.absolute())
    try:
        return build_configuration({"cluster": [cluster]}, _INIT_PSEUDO_FILE)
    except InvalidConfiguration as error:
        raise errors_with_options(error) from error


def read_existing_file(path: Path, request: InitOptions) -> ExistingFile:
    """Return the file that a cluster is to be added to.

    Raises:
        ConfigError: the file has mistakes or cannot be written, or has the name, the CUCM server
            or another address of the cluster already.
    """
    existing = read_file_to_extend(path)
    cluster = {"name": request.name, "cucm_publisher": request.cucm, "username": request.username}
    clusters = [
        *existing.tables.get("cluster", ()),
        cluster | {"addresses": dict(request.addresses)},
    ]
    try:
        build_configuration({**existing.tables, "cluster": clusters}, path)
    except InvalidConfiguration as error:
        raise errors_with_options(error) from error
    return existing


def _group_pins_by_node(pins: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, digest in pins:
        grouped.setdefault(name, []).append(digest)
    return grouped


def load_golden_cluster(reference: str) -> ClusterSettings:
    """Return the cluster of `FILE` or `FILE#CLUSTER`; raises ConfigError if it is not one."""
    file, _, name = reference.partition("#")
    configuration = load_configuration(Path(file).expanduser())
    clusters = configuration.select([name] if name else [])
    if len(clusters) > 1:
        names = ", ".join(cluster.name for cluster in clusters)
        raise ConfigError([f"{file} has several clusters; name one as {file}#NAME: {names}"])
    return clusters[0]


def generate_configuration(
    request: InitOptions,
    login: Credentials,
    context: RunContext,
    golden: ClusterSettings | None = None,
) -> InitResult:
    """Ask the cluster and return its file.

    Raises:
        Interrupted: the user pressed Ctrl-C.
    """
    (settings,) = build_init_configuration(request).clusters
    options = RunOptions((), insecure=request.insecure, mode="init", scope=SurveyScope(INIT_TOPICS))
    (facts,) = survey_clusters([settings], {settings.name: login}, options, context)
    proposals = propose_addresses(facts)
    gaps = tuple(
        failure_text(entry.failure, words_with_options(entry.failure, proposals))
        for entry in facts.coverage
        if entry.failure is not None and _affects_configuration(entry, facts)
    )
    # From the list of nodes alone it would be a file of nothing but questions.
    if not any(node.services for node in facts.nodes):
        return InitResult(None, gaps, 0)
    content = _build_configuration_content(request, facts, golden)
    text = (
        render_added_cluster(content, request.added_to.username)
        if request.added_to
        else render_configuration(content)
    )
    questions = sum(line.startswith(QUESTION_PREFIX) for line in text.splitlines())
    return InitResult(text, gaps, questions)


def _affects_configuration(entry: Coverage, facts: ClusterFacts) -> bool:
    """Return whether the file would hold more if this source had answered."""
    publishers = {node.name for node in facts.nodes if node.role is Role.PUBLISHER}
    # Settings are discovered in the publisher's database alone.
    read = entry.source in (Source.CUCM_AXL, Source.CONTROL_CENTER) or (
        entry.source is Source.IMP_AXL and entry.node in publishers
    )
    return read and entry.outcome is Outcome.FAILED


def _build_configuration_content(
    request: InitOptions, facts: ClusterFacts, golden: ClusterSettings | None
) -> ConfigurationContent:
    profile = infer_profile(facts)
    high_availability = None
    if golden is not None:
        profile = apply_golden_profile(golden, facts, profile)
        declared = golden.high_availability
        # A list names groups of the golden cluster, which this one does not have.
        high_availability = declared if isinstance(declared, bool) else None
    return ConfigurationContent(
        _build_connection_settings(request),
        facts,
        tuple(ask_about_contradictions(profile, peers=bool(facts.peers)).values()),
        golden.name if golden else "",
        high_availability,
    )


def _build_connection_settings(request: InitOptions) -> ConnectionSettings:
    return ConnectionSettings(
        name=request.name,
        cucm_publisher=request.cucm,
        username=request.username,
        ca_bundle=_path_from_output(request.ca_bundle, request.output)
        if request.ca_bundle
        else None,
        pins=request.pins,
        addresses=request.addresses,
        insecure=request.insecure,
    )


def _path_from_output(path: Path, output: Path) -> str:
    """Return a path as the file names it: relative if it is beside or below the file."""
    folder = output.absolute().parent
    whole = path.absolute()
    return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)
