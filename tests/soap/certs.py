"""Certificates for the tests: an authority, and what it signs or what signs itself."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOW = datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, written to one file."""

    certificate: x509.Certificate
    pem: Path

    @property
    def pin(self) -> str:
        """Return its SHA-256 as people write it down."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def context(self) -> ssl.SSLContext:
        """Return the settings of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context


@dataclass
class Authority:
    """An authority whose certificate lies at `pem`."""

    folder: Path
    name: str = "Lab authority"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    issued: int = 0

    def __post_init__(self) -> None:
        basic = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            _builder(self.name, self.name, self.key.public_key())
            .add_extension(basic, critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.folder / f"{self.name}.pem"
        self.pem.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        *names: str,
        common_name: str | None = None,
        ends_in_days: int = 30,
        starts_in_days: int = -60,
        self_signed: bool = False,
    ) -> Identity:
        """Sign a certificate for hosts; without any it has a common name only."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = common_name or (names[0] if names else "nobody")
        builder = _builder(
            subject,
            subject if self_signed else self.name,
            key.public_key(),
            starts_in_days,
            ends_in_days,
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
            )
        certificate = builder.sign(key if self_signed else self.key, hashes.SHA256())
        self.issued += 1
        pem = self.folder / f"{self.name}-{self.issued}.pem"
        pem.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Identity(certificate, pem)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    starts_in_days: int = -60,
    ends_in_days: int = 30,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW + datetime.timedelta(days=starts_in_days))
        .not_valid_after(_NOW + datetime.timedelta(days=ends_in_days))
    )
