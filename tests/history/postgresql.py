"""A PostgreSQL server of our own: found, started on loopback, and stopped again."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cret%of#ours"
ENCODED = "s3cret%25of%23ours"
ABSENT = "no PostgreSQL server binary here (Debian: apt-get install postgresql)"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; its one account may do everything."""

    port: int

    def url(self, *, user: str = "auditor", password: str = ENCODED) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres"


def binaries() -> Path | None:
    """Return the folder that holds the server, None where none is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in (_configured(), *folders, _beside("postgres")):
        if folder and all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    return None


def _configured() -> Path | None:
    command = shutil.which("pg_config")
    if command is None:
        return None
    completed = subprocess.run([command, "--bindir"], capture_output=True, text=True, check=True)
    return Path(completed.stdout.strip())


def _beside(name: str) -> Path | None:
    path = shutil.which(name)
    return Path(path).resolve().parent if path else None


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start a server that nothing else on this machine knows of; it keeps nothing."""
    base = Path(tempfile.mkdtemp(prefix="auditor-pg-"))
    account = _account(base)
    try:
        secret = base / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        data, port = base / "data", _free_port()
        _run(
            account,
            folder / "initdb",
            *("-D", data, "-U", "auditor", "-A", "scram-sha-256", f"--pwfile={secret}"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        )
        options = f"-p {port} -k {base} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = base / "log"
        _run(account, folder / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield Server(port)
        finally:
            _run(account, folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(base)


def _account(base: Path) -> Mapping[str, str | int]:
    """Return the account that starts it: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _run(account: Mapping[str, str | int], *command: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=account.get("user"),
        group=account.get("group"),
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
