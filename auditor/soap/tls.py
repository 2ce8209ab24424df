"""How a server must prove who it is, and what a refused certificate or handshake is called.

Reads what a certificate says: its names, its dates, who signed it.
"""

import hashlib
import ssl
import threading
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from auditor.errors import ConfigError, ExchangeError, TlsFailed, WrongNode
from auditor.models.facts import Identity
from auditor.soap.messages import Certificate, ConnectionDropped, Endpoint


def parse_certificate(der: bytes) -> Certificate:
    """Return the facts of one certificate in DER; raises `ValueError` if it cannot be read."""
    certificate = x509.load_der_x509_certificate(der)
    return Certificate(
        sha256=hashlib.sha256(der).digest().hex(":").upper(),
        names=_alternative_names(certificate),
        common_name=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer) or certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        self_signed=certificate.subject == certificate.issuer,
    )


def is_pinned(certificate: Certificate, pins: Iterable[str]) -> bool:
    """Tell whether a certificate is one of the pins (hexadecimal; colons and case apart)."""
    plain = certificate.sha256.replace(":", "").lower()
    return any(pin.replace(":", "").strip().lower() == plain for pin in pins)


def names_host(certificate: Certificate, host: str) -> bool:
    """Tell whether a certificate names a host; the common name counts here, as a claim."""
    wanted = host.rstrip(".").casefold()
    _, _, domain = wanted.partition(".")
    claims = {name.casefold() for name in (*certificate.names, certificate.common_name)}
    return wanted in claims or (bool(domain) and f"*.{domain}" in claims)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _alternative_names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = extension.value
    return (
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    )


# OpenSSL's numbers of what is wrong with a certificate (x509_vfy.h).
_NOT_YET_VALID, _EXPIRED = 9, 10
_SELF_SIGNED = {18, 19}
_NAME_MISMATCH = {62, 64}
_WEAK_KEY_OR_SIGNATURE = {66, 67, 68}
# What OpenSSL says when the server only speaks what is no longer spoken by default.
_OLD_PROTOCOL_REASONS = (
    "PROTOCOL",
    "LEGACY",
    "HANDSHAKE_FAILURE",
    "TOO_SMALL",
    "TOO_WEAK",
    "NO_CIPHERS",
)
# The constant has a name from Python 3.12 on.
_OP_LEGACY_SERVER_CONNECT = 0x4


class TlsContexts:
    """The TLS settings of a run, which endpoints share that trust alike; safe for threads.

    Reading the machine's own authorities takes 30 ms and a megabyte, too much for each session.
    Endpoints that differ in whom they trust, or by which rules, never share.
    """

    def __init__(self) -> None:
        """Read nothing yet."""
        self._trusting: dict[tuple[Path | None, bool], ssl.SSLContext] = {}
        self._reading = threading.Lock()

    def of(self, endpoint: Endpoint) -> ssl.SSLContext:
        """Return the settings of one endpoint; raises as `create_tls_context` does."""
        if endpoint.pins or endpoint.insecure:
            return create_tls_context(endpoint)
        key = (endpoint.ca_bundle, endpoint.legacy_tls)
        with self._reading:
            if key not in self._trusting:
                self._trusting[key] = create_tls_context(endpoint)
            return self._trusting[key]


def create_tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return the TLS settings of one endpoint; raises `ConfigError` on an unreadable CA file.

    A pinned endpoint is let through the handshake by any certificate, because
    `verify_identity` compares the pin before a byte is sent. Environment variables name no
    authorities here.
    """
    context = create_unverified_context(endpoint)
    if not (endpoint.pins or endpoint.insecure):
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
        context.hostname_checks_common_name = False
        if endpoint.ca_bundle is None:
            _trust_system_store(context)
        else:
            _trust_ca_bundle(context, endpoint.ca_bundle)
    return context


def create_unverified_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return settings that accept any certificate, to read it or to compare it with a pin."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if endpoint.legacy_tls:
        # With SSL 2 and 3 switched off by default, the lowest supported is TLS 1.0.
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.options |= _OP_LEGACY_SERVER_CONNECT
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def check_server_name(context: ssl.SSLContext, endpoint: Endpoint) -> None:
    """Raise `TlsFailed` for a name that TLS cannot ask for, before a socket is opened for it."""
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=endpoint.verify_name)
    except (ValueError, TypeError) as exc:  # the latter for a NUL
        raise TlsFailed(
            f"{endpoint.verify_name!a} is no name that a certificate could prove; "
            "nothing was sent.",
            "Give the name in its certificate in [cluster.addresses].",
        ) from exc


def verify_identity(endpoint: Endpoint, certificate: Certificate) -> Identity:
    """Judge the certificate after the handshake, before a byte of the request is sent.

    Raises `WrongNode` or `TlsFailed`. The identity is proven only by a certificate that names no
    other node of the cluster as well: one that all nodes share tells nothing of who answered.
    """
    others = _other_named_nodes(endpoint, certificate)
    if others and not names_host(certificate, endpoint.verify_name):
        raise _wrong_node_error(endpoint, others)
    if endpoint.pins and not is_pinned(certificate, endpoint.pins):
        raise TlsFailed(
            f"{endpoint.name} showed a certificate that is not pinned for it "
            f"(SHA-256 {certificate.sha256}); nothing was sent.",
            "Find out why it changed; if that was meant, pin the new one in [cluster.pins].",
        )
    proven = not others and (endpoint.pins or not endpoint.insecure)
    return Identity.CERTIFICATE if proven else Identity.UNPROVEN


def handshake_error(
    endpoint: Endpoint, failure: Exception, certificate: Certificate | None
) -> ExchangeError:
    """Return the error for a handshake that failed; `certificate` is what was shown, if read."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _certificate_error(endpoint, failure, certificate)
    if isinstance(failure, ssl.SSLError) and not isinstance(failure, ssl.SSLEOFError):
        return _tls_protocol_error(endpoint, failure)
    return ConnectionDropped(
        f"{endpoint.name} ended the connection during the TLS handshake; nothing was sent.",
        "Check that its web server (Cisco Tomcat) runs and that nothing filters the port.",
    )


def _certificate_error(
    endpoint: Endpoint, failure: ssl.SSLCertVerificationError, certificate: Certificate | None
) -> ExchangeError:
    if certificate is None:
        return TlsFailed(
            f"{endpoint.name} showed a certificate that does not verify; nothing was sent.",
            _PIN_OR_CA_ADVICE,
        )
    others = _other_named_nodes(endpoint, certificate)
    if others and not names_host(certificate, endpoint.verify_name):
        return _wrong_node_error(endpoint, others)
    detail, advice = _describe_certificate_error(endpoint, failure.verify_code, certificate)
    return TlsFailed(f"{endpoint.name} {detail}; nothing was sent.", advice)


_PIN_OR_CA_ADVICE = "Give the authority that signed it as ca_bundle, or pin it in [cluster.pins]."


def _describe_certificate_error(
    endpoint: Endpoint, code: int, certificate: Certificate
) -> tuple[str, str]:
    digest = f"SHA-256 {certificate.sha256}"
    if code == _EXPIRED:
        return (
            f"showed a certificate that expired on {certificate.not_after:%Y-%m-%d}",
            "Renew its Tomcat certificate, or correct this machine's clock.",
        )
    if code == _NOT_YET_VALID:
        return (
            f"showed a certificate that is valid only from {certificate.not_before:%Y-%m-%d}",
            "Correct the clock of this machine or of the node.",
        )
    if code in _NAME_MISMATCH:
        return _describe_name_mismatch(endpoint, certificate)
    if code in _SELF_SIGNED or certificate.self_signed:
        return (
            f"showed a self-signed certificate that nothing vouches for ({digest})",
            "Compare that digest on the node itself, then pin it in [cluster.pins].",
        )
    if code in _WEAK_KEY_OR_SIGNATURE:
        return (
            "showed a certificate with a key or signature too weak for today's rules",
            "Renew it, or set legacy_tls = true for a release 9.x or 10.x cluster.",
        )
    return (
        f'showed a certificate signed by "{certificate.issuer}", which is not trusted here '
        f"({digest})",
        _PIN_OR_CA_ADVICE,
    )


def _describe_name_mismatch(endpoint: Endpoint, certificate: Certificate) -> tuple[str, str]:
    if not certificate.names:
        return (
            f'showed a certificate that gives its host ("{certificate.common_name}") only as '
            f"common name, which does not count (SHA-256 {certificate.sha256})",
            "Compare that digest on the node itself, then pin it in [cluster.pins].",
        )
    return (
        f"showed a certificate for {', '.join(certificate.names[:4])}, "
        f"not for {endpoint.verify_name}",
        "Put the name that it is issued to in [cluster.addresses], or pin it in [cluster.pins].",
    )


def _tls_protocol_error(endpoint: Endpoint, failure: ssl.SSLError) -> ExchangeError:
    reason = failure.reason or ""
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return TlsFailed(
            f"{endpoint.name} does not speak TLS on port {endpoint.port}; nothing was sent.",
            "Check the port in [cluster.addresses]; Cisco's web services use 8443.",
        )
    words = reason.replace("_", " ").lower() or "no reason given"
    advice = "Compare the TLS settings of the node with those of this machine."
    if not endpoint.legacy_tls and any(sign in reason for sign in _OLD_PROTOCOL_REASONS):
        advice = "For a release 9.x or 10.x cluster set legacy_tls = true."
    return TlsFailed(
        f"The TLS handshake with {endpoint.name} failed ({words}); nothing was sent.", advice
    )


def _other_named_nodes(endpoint: Endpoint, certificate: Certificate) -> list[str]:
    own = {endpoint.name.casefold(), endpoint.verify_name.casefold()}
    others = (name for name in endpoint.other_names if name.casefold() not in own)
    return sorted(name for name in others if names_host(certificate, name))


def _wrong_node_error(endpoint: Endpoint, others: list[str]) -> WrongNode:
    return WrongNode(
        f"The address of {endpoint.name} is answered with the certificate of {others[0]}; "
        "nothing was sent.",
        "Correct [cluster.addresses] or the name service: each node needs its own address.",
    )


def _trust_ca_bundle(context: ssl.SSLContext, bundle: Path) -> None:
    try:
        context.load_verify_locations(cafile=bundle)
    except OSError as exc:  # ssl.SSLError, for a file without a certificate, is one
        problem = exc.strerror if exc.strerror and exc.errno else "no certificate in it"
        raise ConfigError([f"ca_bundle {bundle}: cannot be used ({problem})"]) from exc


def _trust_system_store(context: ssl.SSLContext) -> None:
    """Trust the machine's own store, else the one that requests brings along."""
    places = ssl.get_default_verify_paths()
    # `cafile` and `capath` would follow SSL_CERT_FILE and SSL_CERT_DIR.
    file, folder = Path(places.openssl_cafile), Path(places.openssl_capath)
    if file.is_file():
        context.load_verify_locations(cafile=file)
    if folder.is_dir():
        context.load_verify_locations(capath=folder)
    if not (file.is_file() or folder.is_dir()):
        context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
