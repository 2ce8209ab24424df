"""A keyring backend for tests that keeps its entries in one file, or fails as it is told."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class FileKeyring(KeyringBackend):
    """Keeps passwords in the file that TEST_KEYRING names; `locked` there fails every call."""

    priority = 1.0

    def _entries(self) -> dict[str, str]:
        path = Path(os.environ["TEST_KEYRING"])
        text = path.read_text() if path.exists() else "{}"
        if text == "locked":
            raise KeyringLocked("the keyring is locked")
        entries: dict[str, str] = json.loads(text)
        return entries

    def _write(self, entries: dict[str, str]) -> None:
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(entries))

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._entries(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        del entries[f"{service} {username}"]
        self._write(entries)
