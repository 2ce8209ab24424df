"""How a server must prove who it is: certificates, pins, TLS settings, and what is refused.

A pin is compared after the handshake and not by OpenSSL: a pinned certificate is often self-signed,
which OpenSSL would refuse. Nothing of the request has been sent by then.
"""

import hashlib
import ssl
import threading
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from auditor.errors import ConfigError, ExchangeError, TlsFailed, WrongNode
from auditor.models.nodes import Identity
from auditor.problems import Problem
from auditor.soap.messages import Certificate, ConnectionDropped, Endpoint

# An odd serial number in a server's certificate is no news for a reader of standard error.
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning)

# What cryptography raises besides ValueError for a certificate that breaks the rules.
_UNREADABLE_CERTIFICATE = (
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def parse_certificate(der: bytes) -> Certificate:
    """Return the facts of one certificate in DER; raises `ValueError` if it cannot be read."""
    try:
        return _read_certificate(der)
    except _UNREADABLE_CERTIFICATE as exc:
        raise ValueError("the certificate cannot be read") from exc


def _read_certificate(der: bytes) -> Certificate:
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
    """Return whether a certificate is one of the pins (hexadecimal; colons and case apart)."""
    plain = certificate.sha256.replace(":", "").lower()
    return any(pin.replace(":", "").strip().lower() == plain for pin in pins)


def names_host(certificate: Certificate, host: str) -> bool:
    """Return whether a certificate names a host; the common name counts here, as a claim."""
    name = host.removesuffix(".").casefold()
    _, _, domain = name.partition(".")
    # A claim is enough to refuse the certificate of another node. It never proves this one: that
    # takes a pin, or OpenSSL with its stricter rules.
    claims = {claim.casefold() for claim in (*certificate.names, certificate.common_name)}
    return name in claims or (bool(domain) and f"*.{domain}" in claims)


def _common_name(name: x509.Name) -> str:
    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else ""


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
# OpenSSL's reasons when a server offers only what is switched off by default.
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
    """The TLS settings of a run, shared by endpoints with the same rules; safe for threads.

    Reading the machine's own authorities takes 30 ms and a megabyte, too much for each session.
    Endpoints that differ in what they trust, or by which rules, never share.
    """

    def __init__(self) -> None:
        """Read nothing yet."""
        self._shared: dict[tuple[Path | None, bool], ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def get(self, endpoint: Endpoint) -> ssl.SSLContext:
        """Return the settings of one endpoint; raises as `create_tls_context` does."""
        # They read no authorities, so sharing saves nothing, and a verified endpoint can never get
        # one of these by mistake.
        if endpoint.pins or endpoint.insecure:
            return create_tls_context(endpoint)
        key = (endpoint.ca_bundle, endpoint.legacy_tls)
        with self._lock:
            if key not in self._shared:
                self._shared[key] = create_tls_context(endpoint)
            return self._shared[key]


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
        # Python would accept a common name where there is no other; RFC 9525 does not.
        context.hostname_checks_common_name = False
        if endpoint.ca_bundle is None:
            _trust_system_store(context)
        else:
            _trust_ca_bundle(context, endpoint.ca_bundle)
    return context


def create_unverified_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return settings that accept any certificate, to read it or to compare it with a pin."""
    # Not ssl.create_default_context: it loads the authorities that SSL_CERT_FILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if endpoint.legacy_tls:
        # With SSL 2 and 3 switched off by default, the lowest supported is TLS 1.0.
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        # OpenSSL 3 refuses a server without secure renegotiation (RFC 5746) unless this is set, and
        # at any level above 0 it neither speaks TLS 1.0 nor accepts signatures with SHA-1.
        context.options |= _OP_LEGACY_SERVER_CONNECT
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def check_server_name(context: ssl.SSLContext, endpoint: Endpoint) -> None:
    """Raise `TlsFailed` for a name that TLS cannot ask for, before a socket is opened for it."""
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=endpoint.verify_name)
    except (ValueError, TypeError) as exc:  # the latter for a NUL
        raise TlsFailed(
            Problem.IMPOSSIBLE_NAME, endpoint.name, name=ascii(endpoint.verify_name)
        ) from exc


def verify_identity(endpoint: Endpoint, certificate: Certificate) -> Identity:
    """Judge the certificate after the handshake, before a byte of the request is sent.

    Raises `WrongNode` or `TlsFailed`. The identity is proven only by a certificate that names no
    other node of the cluster: one that all nodes share does not show which of them answered.
    """
    others = _other_named_nodes(endpoint, certificate)
    # Before the pins: neither a pin nor `insecure` may let another node of the cluster answer.
    if others and not names_host(certificate, endpoint.verify_name):
        raise _wrong_node_error(endpoint, others)
    if endpoint.pins and not is_pinned(certificate, endpoint.pins):
        raise TlsFailed(Problem.UNPINNED_CERTIFICATE, endpoint.name, digest=certificate.sha256)
    # Cisco's multi-server Tomcat certificates name every node (configuration guide 15).
    is_proven = not others and (endpoint.pins or not endpoint.insecure)
    return Identity.CERTIFICATE if is_proven else Identity.UNPROVEN


def to_handshake_error(
    endpoint: Endpoint, failure: Exception, certificate: Certificate | None
) -> ExchangeError:
    """Return the error for a handshake that failed; `certificate` was presented."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _certificate_error(endpoint, failure, certificate)
    # A connection that merely ends is no refusal: a Tomcat that restarts does the same.
    if isinstance(failure, ssl.SSLError) and not isinstance(failure, ssl.SSLEOFError):
        return _tls_protocol_error(endpoint, failure)
    return ConnectionDropped(Problem.HANDSHAKE_DROPPED, endpoint.name)


def _certificate_error(
    endpoint: Endpoint, failure: ssl.SSLCertVerificationError, certificate: Certificate | None
) -> ExchangeError:
    if certificate is None:
        return TlsFailed(Problem.UNVERIFIED_CERTIFICATE, endpoint.name)
    others = _other_named_nodes(endpoint, certificate)
    if others and not names_host(certificate, endpoint.verify_name):
        return _wrong_node_error(endpoint, others)
    return _untrusted_error(endpoint, failure.verify_code, certificate)


def _untrusted_error(endpoint: Endpoint, code: int, certificate: Certificate) -> TlsFailed:
    name, digest = endpoint.name, certificate.sha256
    if code == _EXPIRED:
        return _expired_error(name, certificate)
    if code == _NOT_YET_VALID:
        return TlsFailed(Problem.FUTURE_CERTIFICATE, name, date=certificate.not_before.date())
    if code in _NAME_MISMATCH and certificate.names:
        names = certificate.names
        return TlsFailed(
            Problem.OTHER_NAME, name, names=names, name=endpoint.verify_name, digest=digest
        )
    if code in _NAME_MISMATCH:
        common_name = certificate.common_name
        return TlsFailed(Problem.COMMON_NAME_ONLY, name, common_name=common_name, digest=digest)
    if code in _SELF_SIGNED or certificate.self_signed:
        return TlsFailed(Problem.SELF_SIGNED_CERTIFICATE, name, digest=digest)
    if code in _WEAK_KEY_OR_SIGNATURE:
        return TlsFailed(Problem.WEAK_CERTIFICATE, name)
    return TlsFailed(Problem.UNTRUSTED_ISSUER, name, issuer=certificate.issuer, digest=digest)


def _expired_error(name: str, certificate: Certificate) -> TlsFailed:
    error = TlsFailed(Problem.EXPIRED_CERTIFICATE, name, date=certificate.not_after.date())
    # OpenSSL looks at names and authorities first, so nothing else is wrong with it. What has ended
    # may also be the certificate of an authority above it.
    if certificate.not_after <= datetime.now(UTC):
        error.certificate_not_after = certificate.not_after
    return error


def _tls_protocol_error(endpoint: Endpoint, failure: ssl.SSLError) -> ExchangeError:
    reason = failure.reason or ""
    # What OpenSSL makes of a server that speaks plain text.
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return TlsFailed(Problem.NO_TLS, endpoint.name, port=endpoint.port)
    words = reason.replace("_", " ").lower() or "no reason given"
    # Where legacy_tls is set already, the advice to set it would lead nowhere.
    old = not endpoint.legacy_tls and any(sign in reason for sign in _OLD_PROTOCOL_REASONS)
    problem = Problem.OLD_TLS if old else Problem.HANDSHAKE_FAILED
    return TlsFailed(problem, endpoint.name, error=words)


def _other_named_nodes(endpoint: Endpoint, certificate: Certificate) -> list[str]:
    own = {endpoint.name.casefold(), endpoint.verify_name.casefold()}
    others = (name for name in endpoint.other_names if name.casefold() not in own)
    return sorted(name for name in others if names_host(certificate, name))


def _wrong_node_error(endpoint: Endpoint, others: list[str]) -> WrongNode:
    return WrongNode(Problem.OTHER_NODE, endpoint.name, other=others[0])


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
