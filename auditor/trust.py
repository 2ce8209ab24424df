"""The use case: look at the certificate that a server shows, and record its fingerprint."""

import textwrap
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.collect import servers
from auditor.config import hosts, loader, pins
from auditor.config.settings import ClusterSettings, Dial
from auditor.errors import ConfigError, ExchangeError, OutputError, WrongNode
from auditor.report.certificate import certificate_lines, without_digest
from auditor.report.output import write
from auditor.report.screen import printable
from auditor.soap.certificates import pinned
from auditor.soap.exchange import Wire
from auditor.soap.messages import Certificate


@dataclass(frozen=True, slots=True)
class Candidate:
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


def server(settings: ClusterSettings, text: str, node: str | None) -> tuple[str, Dial]:
    """Return the name of a server and how it is dialled.

    `text` is `HOST` or `HOST:PORT`. A name that the file knows is dialled where the file says,
    unless a port is given; `node` is the name where `text` is an address.

    Raises:
        ConfigError: it is no host, or the port is none.
    """
    if node is not None and not hosts.is_host(node):
        raise ConfigError([f"--node {node}: must be a host name or an address, without a port."])
    try:
        host, port = hosts.split(text)
    except ValueError as error:
        raise ConfigError([f"{text}: {error}."]) from error
    name = node or _named_by(settings, host, port) or host
    usual = settings.cucm_publisher if _is_cucm(settings, name) else settings.dial(name)
    with_port = text != host and text != f"[{host}]"
    if host.casefold() == name.casefold() and not with_port:
        return name, usual
    return name, Dial(host, port, usual.verify_name, hosts.join(host, port))


def fileless(text: str) -> ClusterSettings:
    """Return settings to look at a server by while there is no file: it alone, nothing trusted.

    Raises:
        ConfigError: `text` is neither `HOST` nor `HOST:PORT`.
    """
    try:
        host, port = hosts.split(text)
    except ValueError as error:
        raise ConfigError([f"{text}: {error}."]) from error
    cluster = {"name": "none", "cucm_publisher": hosts.join(host, port), "username": "nobody"}
    return loader.understand({"cluster": [cluster]}, Path(loader.NAME)).clusters[0]


def _named_by(settings: ClusterSettings, host: str, port: int) -> str | None:
    """Return the one name that the file reaches at this address, as the file writes it."""
    wanted = (host.casefold(), port)
    found = [name for name in known(settings) if name.casefold() == host.casefold()]
    found += [
        name
        for name in known(settings)
        if (place := settings.addresses.get(name.casefold()))
        and (place[0].casefold(), place[1]) == wanted
    ]
    return found[0] if found else None


def _is_cucm(settings: ClusterSettings, name: str) -> bool:
    return name.casefold() == settings.cucm_name.casefold()


def known(settings: ClusterSettings) -> tuple[str, ...]:
    """Return the servers that the file names."""
    nodes = [node.name for node in settings.nodes]
    named = [*settings.named.get("addresses", ()), *settings.named.get("pins", ())]
    return tuple(dict.fromkeys([settings.cucm_name, *nodes, *named]))


def look(settings: ClusterSettings, name: str, dial: Dial, wire: Wire) -> Candidate:
    """Shake hands with a server and hang up.

    Raises:
        ExchangeError: no certificate could be read.
        Interrupted: the user pressed Ctrl-C.
    """
    names = known(settings)
    others = frozenset(other.casefold() for other in names if other.casefold() != name.casefold())
    endpoint = servers.endpoint(settings, name, dial, others)
    shown = wire.certificate(endpoint, settings.timeout_s)
    if shown.certificate is None:
        assert shown.refused is not None  # noqa: S101 - `Shown` has one of the two
        raise shown.refused
    recorded = pinned(shown.certificate, endpoint.pins)
    return Candidate(
        name=name,
        place=dial.shown,
        certificate=shown.certificate,
        refused=shown.refused,
        recorded=recorded,
        changed=bool(endpoint.pins) and not recorded,
        in_file=name.casefold() in {other.casefold() for other in names},
    )


def page(found: Candidate, *, now: datetime, width: int) -> str:
    """Return what was shown, whether it would be believed now, and how to compare it.

    The one long sentence is broken between words after so many columns.
    """
    lines = [f"{printable(found.name)} ({found.place}) shows this certificate:", ""]
    lines += [f"  {printable(line)}" for line in certificate_lines(found.certificate, now)]
    standing = textwrap.wrap(
        printable(_standing(found)), max(width, 40), break_on_hyphens=False, break_long_words=False
    )
    lines += ["", *standing, ""]
    if not found.recorded and not found.another_node:
        lines += [*_HOW_TO_COMPARE, ""]
    return "\n".join(lines)


def _standing(found: Candidate) -> str:
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
    return f"It is not believed now: {without_digest(found.refused.detail)}"


_HOW_TO_COMPARE = (
    "Compare the fingerprint with the server's own: on the page",
    "  Cisco Unified OS Administration > Security > Certificate Management > tomcat",
    "download the .PEM file, then",
    "  openssl x509 -noout -fingerprint -sha256 -in tomcat.pem",
)


def for_init(found: Candidate) -> str:
    """Return how the fingerprint is given to `auditor init`, which writes the file it goes into."""
    if found.refused is None:
        return "There is no configuration file yet; `auditor init` writes one.\n"
    return (
        "There is no configuration file yet to record it in. Once compared, give it to init, which "
        "writes\none, with a --pin for each such server:\n\n"
        f"    auditor init --cucm HOST --username USER --pin {found.name}="
        f"{found.certificate.sha256}\n"
    )


def record(path: Path, settings: ClusterSettings, found: Candidate, *, replace: bool) -> None:
    """Write the fingerprint into the file: whole or not at all, every other sign as it was.

    Raises:
        ConfigError: it cannot be edited or written; says what to paste.
    """
    text = path.read_bytes().decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    pin = found.certificate.sha256
    edited = pins.with_pin(text.removeprefix(mark), settings.name, found.name, pin, replace=replace)
    loader.understand(tomllib.loads(edited), path)
    try:
        write(path, mark + edited)
    except OutputError as error:
        raise ConfigError([f"{error} {pins.by_hand(settings.name, found.name, pin)}"]) from error
