"""A certificate authority for one simulated cluster, and a certificate for each of its servers."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auditor.simulator.scenario import USUAL_CERTIFICATE_DAYS

_CA_VALIDITY_DAYS = 3650
# X.509 takes no longer one (RFC 5280).
_MAX_COMMON_NAME_LENGTH = 64


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """The CA: its certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, cluster: str) -> "CertificateAuthority":
        """Make a CA of its own for a cluster."""
        key = _generate_key()
        name = build_common_name(f"{cluster} lab CA")
        now = datetime.now(UTC)
        certificate = (
            _certificate_builder(
                name, name, key, now - timedelta(days=1), now + timedelta(days=_CA_VALIDITY_DAYS)
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    def pem(self) -> bytes:
        """Return the certificate that clients are to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, names: Sequence[str], path: Path, days: int = USUAL_CERTIFICATE_DAYS) -> Path:
        """Write key and certificate for names (never the simulator's addresses); return path.

        It ends after so many whole days and half of one; `days` below zero: it has expired.
        """
        key = _generate_key()
        starts, ends = _validity(days)
        builder = _certificate_builder(
            build_common_name(names[0]), self.certificate.subject, key, starts, ends
        )
        return _write_key_and_certificate(
            path, key, _sign_server_certificate(builder, names, self.key, key)
        )


_ISSUE_AGE = timedelta(days=30)
# So that a count of whole days is the same for the hours that a test or a demonstration takes.
_HALF_A_DAY = timedelta(hours=12)


def _validity(days: int) -> tuple[datetime, datetime]:
    """Return from when to when a certificate is valid that ends in so many days."""
    now = datetime.now(UTC)
    ends = now + timedelta(days=days) + _HALF_A_DAY
    # Long before it ended, so that one that has expired was valid once.
    return min(now, ends) - _ISSUE_AGE, ends


def write_self_signed(names: Sequence[str], path: Path) -> Path:
    """Write key and certificate of a server that no authority vouches for; return path."""
    key = _generate_key()
    starts, ends = _validity(USUAL_CERTIFICATE_DAYS)
    name = build_common_name(names[0])
    builder = _certificate_builder(name, name, key, starts, ends)
    return _write_key_and_certificate(path, key, _sign_server_certificate(builder, names, key, key))


def _sign_server_certificate(
    builder: x509.CertificateBuilder,
    names: Sequence[str],
    signer: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    # Python 3.13 verifies strictly: without these identifiers a chain does not hold.
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        builder.add_extension(
            x509.SubjectAlternativeName([_subject_alternative_name(name) for name in names]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(authority, critical=False)
        .add_extension(own, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _subject_alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    starts: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def build_common_name(text: str) -> x509.Name:
    """Return a name of nothing but a common name, cut to the length that X.509 allows."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_MAX_COMMON_NAME_LENGTH])])


def _generate_key() -> ec.EllipticCurvePrivateKey:
    # An RSA key for every server would make the start of a large cluster slow.
    return ec.generate_private_key(ec.SECP256R1())


def _write_key_and_certificate(
    path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> Path:
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
