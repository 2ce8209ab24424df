"""Reads what a certificate says: its names, its dates, who signed it."""

import hashlib
from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

from auditor.soap.messages import Certificate


def read_certificate(der: bytes) -> Certificate:
    """Return the facts of one certificate in DER; raises `ValueError` if it cannot be read."""
    certificate = x509.load_der_x509_certificate(der)
    return Certificate(
        sha256=hashlib.sha256(der).digest().hex(":").upper(),
        names=_names(certificate),
        common_name=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer) or certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        self_signed=certificate.subject == certificate.issuer,
    )


def pinned(certificate: Certificate, pins: Iterable[str]) -> bool:
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


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = extension.value
    return (
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    )
