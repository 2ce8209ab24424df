"""Reads the certificate that a server presents, and records its fingerprint as a pin."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.collect.clients import build_endpoint
from auditor.config.hosts import is_host, join_host_port, match_names, split_host_port
from auditor.config.loader import CONFIG_FILE_NAME, build_configuration
from auditor.config.pins import add_pin, manual_pin_instruction
from auditor.config.settings import ClusterSettings, ServerAddress
from auditor.errors import ConfigError, ExchangeError, OutputError, WrongNode
from auditor.failures import failure_detail
from auditor.files import write_file
from auditor.report.wording import certificate_lines
from auditor.soap.messages import Certificate
from auditor.soap.network import Network
from auditor.soap.tls import is_pinned
from auditor.text import join_names, printable, wrap_text
from auditor.toml_lines import BYTE_ORDER_MARK


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A server and the certificate that it presented.

    `recorded`: this certificate is pinned already. `changed`: only others are pinned.
    `is_node`: the file has it as a node, and not as CUCM.
    `refused` is why a request would not be sent to the server now, None if it would.
    """

    name: str
    place: str
    certificate: Certificate
    refused: ExchangeError | None
    recorded: bool
    changed: bool
    in_file: bool
    is_node: bool

    @property
    def another_node(self) -> bool:
        """Return whether another node of the cluster answered, so that no pin may be recorded."""
        return isinstance(self.refused, WrongNode)


def resolve_server(
    settings: ClusterSettings, text: str, node: str | None
) -> tuple[str, ServerAddress]:
    """Return the name of a server and its address.

    `text` is `HOST` or `HOST:PORT`. Without a port, a name in the file has the address of the file;
    `node` is the name where `text` is an address.

    Raises:
        ConfigError: the host or the port is invalid.
    """
    if node is not None and not is_host(node):
        raise ConfigError([f"--node {node}: must be a host name or an address, without a port."])
    try:
        host, port = split_host_port(text)
    except ValueError as error:
        raise ConfigError([f"{text}: {error}."]) from error
    name = node or _configured_name(settings, host, port) or host
    cucm = {settings.full_name(server.name): server.address for server in settings.cucm_servers}
    usual = cucm.get(settings.full_name(name)) or settings.address_of(name)
    with_port = text != host and text != f"[{host}]"
    is_its_name = name in match_names(host, [name]) or settings.full_name(host) == (
        settings.full_name(name)
    )
    if is_its_name and not with_port:
        return name, usual
    return name, ServerAddress(host, port, usual.verify_name, join_host_port(host, port))


def settings_without_file(text: str) -> ClusterSettings:
    """Return settings of one server while there is no file; nothing is trusted.

    Raises:
        ConfigError: `text` is neither `HOST` nor `HOST:PORT`.
    """
    try:
        host, port = split_host_port(text)
    except ValueError as error:
        raise ConfigError([f"{text}: {error}."]) from error
    # The names are mandatory for the loader, and a handshake uses none of them.
    cluster = {"name": "none", "cucm_publisher": join_host_port(host, port), "username": "nobody"}
    return build_configuration({"cluster": [cluster]}, Path(CONFIG_FILE_NAME)).clusters[0]


def _configured_name(settings: ClusterSettings, host: str, port: int) -> str | None:
    """Return the name that the file reaches at this address, None if there is none."""
    address = (host.casefold(), port)
    servers = configured_servers(settings)
    full_name = settings.full_name(host)
    names = [n for n in servers if settings.full_name(n) == full_name]
    names += [
        name
        for name in servers
        if (place := settings.addresses.get(settings.full_name(name)))
        and (place[0].casefold(), place[1]) == address
    ]
    return names[0] if names else _name_by_label(host, servers)


def _name_by_label(host: str, servers: Sequence[str]) -> str | None:
    """Return the server of the file with this first label, None if there is none.

    Raises:
        ConfigError: there are several; names them.
    """
    matches = match_names(host, dict.fromkeys(servers))
    if len(matches) > 1:
        candidates = join_names(matches, word="or")
        raise ConfigError([f"{host!r} may be {candidates}: give the whole name."])
    return matches[0] if matches else None


def configured_servers(settings: ClusterSettings) -> tuple[str, ...]:
    """Return the servers that the file names."""
    cucm = [server.name for server in settings.cucm_servers]
    nodes = [node.name for node in settings.nodes]
    named = [*settings.named.get("addresses", ()), *settings.named.get("pins", ())]
    return tuple(dict.fromkeys([*cucm, *nodes, *named]))


def fetch_certificate(
    settings: ClusterSettings, name: str, address: ServerAddress, network: Network
) -> ServerCertificate:
    """Read the certificate in a TLS handshake; no request is sent.

    Raises:
        ExchangeError: no certificate could be read.
        Interrupted: the user pressed Ctrl-C.
    """
    names = configured_servers(settings)
    endpoint = build_endpoint(settings, name, address, names)
    handshake = network.fetch_certificate(endpoint, settings.timeout_s)
    if handshake.certificate is None:
        assert handshake.refused is not None  # noqa: S101 - a handshake has one of the two
        raise handshake.refused
    recorded = is_pinned(handshake.certificate, endpoint.pins)
    return ServerCertificate(
        name=name,
        place=address.shown,
        certificate=handshake.certificate,
        refused=handshake.refused,
        recorded=recorded,
        changed=bool(endpoint.pins) and not recorded,
        in_file=settings.full_name(name) in set(map(settings.full_name, names)),
        is_node=settings.full_name(name) in settings.node_names,
    )


def render_certificate(server: ServerCertificate, *, now: datetime, width: int) -> str:
    """Return the certificate, whether it is trusted now, and how to compare it.

    `width` is that of the terminal in columns.
    """
    lines = [f"{printable(server.name)} ({server.place}) presents this certificate:", ""]
    lines += [f"  {printable(line)}" for line in certificate_lines(server.certificate, now)]
    status = wrap_text(printable(_trust_status(server)), width)
    lines += ["", *status, ""]
    if not server.recorded and not server.another_node:
        lines += [*_compare_instructions(server), ""]
    return "\n".join(lines)


def _trust_status(server: ServerCertificate) -> str:
    if server.another_node and server.refused is not None:
        return f"REFUSED: {server.refused}"
    if server.recorded:
        return "Its fingerprint is recorded already."
    if server.changed:
        return (
            "CHANGED: other fingerprints are recorded for this server. If its certificate was not "
            "renewed, another machine may answer between this one and it."
        )
    if server.refused is None:
        return (
            "It is trusted already, because of who signed it, so it needs no pin. A pin that you "
            "record all the same replaces that trust, and is to be renewed with the certificate."
        )
    return f"It is not trusted now: {failure_detail(server.refused.failure, with_digest=False)}"


def _compare_instructions(server: ServerCertificate) -> tuple[str, ...]:
    product = "Cisco Unified IM and Presence" if server.is_node else "Cisco Unified"
    return (
        "Compare the fingerprint with the server's own: on the page",
        f"  {product} OS Administration > Security > Certificate Management > tomcat",
        "download the .PEM file, then",
        "  openssl x509 -noout -fingerprint -sha256 -in tomcat.pem",
    )


def init_pin_hint(server: ServerCertificate) -> str:
    """Return how to pass the fingerprint to `auditor init`, which writes the file for it."""
    if server.refused is None:
        return "There is no configuration file yet; `auditor init` writes one.\n"
    return (
        "There is no configuration file yet to record it in. After comparing it, pass it to init,\n"
        "which writes one, with a --pin for each such server:\n\n"
        f"    auditor init --cucm HOST --username USER --pin {server.name}="
        f"{server.certificate.sha256}\n"
    )


def record_pin(
    path: Path, settings: ClusterSettings, server: ServerCertificate, *, replace: bool
) -> None:
    """Add the fingerprint to the file, whole or not at all; nothing else in it changes.

    Raises:
        ConfigError: it cannot be edited or written; says what to paste.
    """
    # Not `read_text`, which would turn every CRLF of the file into LF.
    text = path.read_bytes().decode("utf-8")
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    pin = server.certificate.sha256
    edited = add_pin(text.removeprefix(mark), settings.name, server.name, pin, replace=replace)
    # What the loader refuses must not be written, or the next run could not start.
    build_configuration(tomllib.loads(edited), path)
    try:
        write_file(path, mark + edited)
    except OutputError as error:
        raise ConfigError(
            [f"{error} {manual_pin_instruction(settings.name, server.name, pin)}"]
        ) from error
