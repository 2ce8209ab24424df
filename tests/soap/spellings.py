"""The spellings in which servers and programs repeat a text."""

import base64
import html
import json
from collections.abc import Callable
from html.entities import codepoint2name
from urllib.parse import quote, quote_plus

from cryptography import x509
from cryptography.x509.oid import NameOID


def _distinguished_name(text: str) -> str:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]).rfc4514_string()[3:]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "percent": quote,
    "percent, all of it": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent of percent": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "html": html.escape,
    "xml, text only": lambda text: html.escape(text, quote=False),
    "html in xml": lambda text: html.escape(html.escape(text)),
    "decimal references": lambda text: "".join(f"&#{ord(sign):04};" for sign in text),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(sign):X};" for sign in text),
    "json": lambda text: json.dumps(text)[1:-1],
    "json, not ASCII": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json, twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "json in xml": lambda text: html.escape(json.dumps(text)[1:-1]),
    "references in capitals": lambda text: "".join(f"&#{ord(sign)};" for sign in text.upper()),
    "percent, in capitals": lambda text: quote(text.upper(), safe=""),
    "html, named": lambda text: "".join(
        f"&{n};" if (n := codepoint2name.get(ord(s))) else s for s in text
    ),
    "script": lambda text: "".join(f"\\x{n:02x}" if (n := ord(s)) < 256 else s for s in text),
    "script, braces": lambda text: "".join(f"\\u{{{ord(sign):x}}}" for sign in text),
    "quotes doubled": lambda text: text.replace("'", "''").replace('"', '""'),
    "quotes doubled in xml": lambda text: html.escape(text.replace("'", "''").replace('"', '""')),
    "name in a certificate": lambda text: _distinguished_name(text),
    "read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "read as Windows-1252": lambda text: text.encode().decode("cp1252", "replace"),
    "written as ASCII": lambda text: text.encode("ascii", "replace").decode(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, not padded": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, %-coded": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "base64 of the account": lambda text: base64.b64encode(f"audit-ro:{text}".encode()).decode(),
}
