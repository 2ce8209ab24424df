"""Lines to paste into a shell: bash and its kin, on Windows PowerShell."""

import os
import shlex
from pathlib import Path

_IS_POWERSHELL = os.name == "nt"


def audit_line(password: str, config: Path, *, powershell: bool = _IS_POWERSHELL) -> str:
    """Return the line that audits the cluster of a configuration."""
    if powershell:
        secret, path = _quote_for_powershell(password), _quote_for_powershell(str(config))
        return f"$env:AUDITOR_PASSWORD = {secret}; auditor audit --config {path}"
    secret, path = shlex.quote(password), shlex.quote(str(config))
    return f"AUDITOR_PASSWORD={secret} auditor audit --config {path}"


def change_line(change: str, url: str, *, powershell: bool = _IS_POWERSHELL) -> str:
    """Return the line that sends a change, in JSON, to the simulator."""
    if powershell:
        body = _quote_for_powershell(change)
        return f"Invoke-RestMethod -Method Post -ContentType application/json -Body {body} {url}"
    return f"curl -H 'Content-Type: application/json' -d {shlex.quote(change)} {url}"


def _quote_for_powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
