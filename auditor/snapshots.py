"""The file of a snapshot: its kind, its digest, and the reading of it.

`auditor.change.snapshot` writes them; whoever compares with one reads it here.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor.errors import ConfigError

KIND = "auditor-snapshot"
SCHEMA_VERSION = "1.0"


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything but the digest itself, blanks and key order apart."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def read(path: Path) -> dict[str, Any]:
    """Return a snapshot from a file, as it was written.

    Raises:
        ConfigError: unreadable, no snapshot, of another schema version, or edited; says which.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or error}."]) from error
    except (ValueError, RecursionError) as error:
        text = f"{path}: cannot be read as a snapshot: it is cut short, or something else."
        raise ConfigError([text]) from error
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise ConfigError([f"{path}: is no snapshot; `auditor snapshot` writes one."])
    if content.get("schema_version") != SCHEMA_VERSION:
        told = content.get("schema_version")
        text = f"{path}: has schema version {told}, and this auditor reads {SCHEMA_VERSION}."
        raise ConfigError([text])
    if content.get("digest") != digest(content):
        raise ConfigError([f"{path}: was edited after it was written: its digest does not fit."])
    return content
