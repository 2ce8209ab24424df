"""The use case: look at the certificate that a server shows, and record its fingerprint."""

import textwrap
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.collect.clients import build_endpoint
from auditor.config.hosts import is_host, join_host_port, split_host_port
from auditor.config.loader import CONFIG_FILE_NAME, build_configuration
from auditor.config.pins import add_pin, manual_pin_instruction
from auditor.config.settings import ClusterSettings, ServerAddress
from auditor.errors import ConfigError, ExchangeError, OutputError, WrongNode
from auditor.files import write_file
from auditor.report.wording import certificate_lines, strip_digest
from auditor.soap.messages import Certificate
from auditor.soap.network import Network
from auditor.soap.tls import is_pinned
from auditor.text import printable


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A server and the certificate that it showed.

    `recorded`: that certificate is pinned already. `changed`: others are pinned for the server.
    `refused` is why a request would not be sent to it now, None if it would.
    """

    name: str
    place: str
    certificate: Certificate
    refused: ExchangeError | None
    recorded: bool
    changed: bool
    in_file: bool

    @property
    def another_node(self) -> bool:
        """Tell whether another node of the cluster answered: nothing may be recorded then."""
        return isinstance(self.refused, WrongNode)


def resolve_server(
    settings: ClusterSettings, text: str, node: str | None
) -> tuple[str, ServerAddress]:
    """Return the name of a server and how it is dialled.

    `text` is `HOST` or `HOST:PORT`. A name that the file knows is dialled where the file says,
    unless a port is given; `node` is the name where `text` is an address.

    Raises:
        ConfigError: it is no host, or the port is none.
    """
    if node is not None and not is_host(node):
        raise ConfigError([f"--node {node}: must be a host name or an address, without a port."])
    try:
        host, port = split_host_port(text)
    except ValueError as error:
        raise ConfigError([f"{text}: {error}."]) from error
    name = node or _configured_name(settings, host, port) or host
    usual = settings.cucm_publisher if _is_cucm_publisher(settings, name) else settings.dial(name)
    with_port = text != host and text != f"[{host}]"
    if host.casefold() == name.casefold() and not with_port:
        return name, usual
    return name, ServerAddress(host, port, usual.verify_name, join_host_port(host, port))


def settings_without_file(text: str) -> ClusterSettings:
    """Return settings to look at a server by while there is no file: it alone, nothing trusted.

    Raises:
        ConfigError: `text` is neither `HOST` nor `HOST:PORT`.
    """
    try:
        host, port = split_host_port(text)
    except ValueError as error:
        raise ConfigError([f"{text}: {error}."]) from error
    cluster = {"name": "none", "cucm_publisher": join_host_port(host, port), "username": "nobody"}
    return build_configuration({"cluster": [cluster]}, Path(CONFIG_FILE_NAME)).clusters[0]


def _configured_name(settings: ClusterSettings, host: str, port: int) -> str | None:
    """Return the one name that the file reaches at this address, as the file writes it."""
    wanted = (host.casefold(), port)
    found = [name for name in configured_servers(settings) if name.casefold() == host.casefold()]
    found += [
        name
        for name in configured_servers(settings)
        if (place := settings.addresses.get(name.casefold()))
        and (place[0].casefold(), place[1]) == wanted
    ]
    return found[0] if found else None


def _is_cucm_publisher(settings: ClusterSettings, name: str) -> bool:
    return name.casefold() == settings.cucm_name.casefold()


def configured_servers(settings: ClusterSettings) -> tuple[str, ...]:
    """Return the servers that the file names."""
    nodes = [node.name for node in settings.nodes]
    named = [*settings.named.get("addresses", ()), *settings.named.get("pins", ())]
    return tuple(dict.fromkeys([settings.cucm_name, *nodes, *named]))


def fetch_certificate(
    settings: ClusterSettings, name: str, dial: ServerAddress, wire: Network
) -> ServerCertificate:
    """Shake hands with a server and hang up.

    Raises:
        ExchangeError: no certificate could be read.
        Interrupted: the user pressed Ctrl-C.
    """
    names = configured_servers(settings)
    others = frozenset(other.casefold() for other in names if other.casefold() != name.casefold())
    endpoint = build_endpoint(settings, name, dial, others)
    shown = wire.certificate(endpoint, settings.timeout_s)
    if shown.certificate is None:
        assert shown.refused is not None  # noqa: S101 - `Shown` has one of the two
        raise shown.refused
    recorded = is_pinned(shown.certificate, endpoint.pins)
    return ServerCertificate(
        name=name,
        place=dial.shown,
        certificate=shown.certificate,
        refused=shown.refused,
        recorded=recorded,
        changed=bool(endpoint.pins) and not recorded,
        in_file=name.casefold() in {other.casefold() for other in names},
    )


def render_certificate(found: ServerCertificate, *, now: datetime, width: int) -> str:
    """Return what was shown, whether it would be believed now, and how to compare it.

    The one long sentence is broken between words after so many columns.
    """
    lines = [f"{printable(found.name)} ({found.place}) shows this certificate:", ""]
    lines += [f"  {printable(line)}" for line in certificate_lines(found.certificate, now)]
    standing = textwrap.wrap(
        printable(_trust_status(found)),
        max(width, 40),
        break_on_hyphens=False,
        break_long_words=False,
    )
    lines += ["", *standing, ""]
    if not found.recorded and not found.another_node:
        lines += [*_COMPARE_INSTRUCTIONS, ""]
    return "\n".join(lines)


def _trust_status(found: ServerCertificate) -> str:
    if found.another_node and found.refused is not None:
        return f"REFUSED: {found.refused.detail} {found.refused.advice}"
    if found.recorded:
        return "Its fingerprint is recorded already."
    if found.changed:
        return (
            "CHANGED: other fingerprints are recorded for this server. If its certificate was not "
            "renewed, something may stand between this machine and it."
        )
    if found.refused is None:
        return (
            "It is believed already, because of who signed it: no pin is needed. A pin would "
            "count in place of that, and have to be renewed with the certificate."
        )
    return f"It is not believed now: {strip_digest(found.refused.detail)}"


_COMPARE_INSTRUCTIONS = (
    "Compare the fingerprint with the server's own: on the page",
    "  Cisco Unified OS Administration > Security > Certificate Management > tomcat",
    "download the .PEM file, then",
    "  openssl x509 -noout -fingerprint -sha256 -in tomcat.pem",
)


def init_pin_hint(found: ServerCertificate) -> str:
    """Return how the fingerprint is given to `auditor init`, which writes the file it goes into."""
    if found.refused is None:
        return "There is no configuration file yet; `auditor init` writes one.\n"
    return (
        "There is no configuration file yet to record it in. Once compared, give it to init, which "
        "writes\none, with a --pin for each such server:\n\n"
        f"    auditor init --cucm HOST --username USER --pin {found.name}="
        f"{found.certificate.sha256}\n"
    )


def record_pin(
    path: Path, settings: ClusterSettings, found: ServerCertificate, *, replace: bool
) -> None:
    """Write the fingerprint into the file: whole or not at all, every other sign as it was.

    Raises:
        ConfigError: it cannot be edited or written; says what to paste.
    """
    text = path.read_bytes().decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    pin = found.certificate.sha256
    edited = add_pin(text.removeprefix(mark), settings.name, found.name, pin, replace=replace)
    build_configuration(tomllib.loads(edited), path)
    try:
        write_file(path, mark + edited)
    except OutputError as error:
        raise ConfigError(
            [f"{error} {manual_pin_instruction(settings.name, found.name, pin)}"]
        ) from error
