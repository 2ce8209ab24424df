"""What a certificate says of itself, for eyes that have to compare it."""

import re
from datetime import datetime

from auditor.soap.messages import Certificate

_DIGEST = re.compile(r" \(SHA-256 [0-9A-F:]+\)")


def certificate_lines(certificate: Certificate, now: datetime) -> list[str]:
    """Return one line for each thing; the digest stands in two halves, easier to compare."""
    names = ", ".join(certificate.names) or f"{certificate.common_name} (common name only)"
    left = (certificate.not_after - now).days
    ends = f"{left} days left" if left >= 0 else f"ended {-left} days ago"
    digest = certificate.sha256
    half = len(digest) // 2 + 1
    return [
        f"names: {names}",
        f"signed by: {'itself' if certificate.self_signed else certificate.issuer}",
        f"valid: {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, {ends}",
        "SHA-256:",
        digest[:half],
        digest[half:],
    ]


def without_digest(text: str) -> str:
    """Return a sentence about a certificate without its digest, where that is told beside it."""
    return _DIGEST.sub("", text)
