"""A Dask scheduler and workers as processes, and certificates of the tests' own authority."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

GENEROUS_S = 120.0
"""How long a loaded machine may take for what takes seconds."""

_TLS = "DASK_DISTRIBUTED__COMM__TLS__"


def write_certificates(folder: Path) -> dict[str, str]:
    """Write an authority, and one certificate for all parts; return Dask's settings for them."""
    now = datetime.now(UTC)
    key, ca_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name, name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("fleet CA", "fleet")
    )

    def certificate(subject: x509.Name, own: ec.EllipticCurvePrivateKey, *, ca: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(certificate(ca_name, ca_key, ca=True))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "part.pem").write_bytes(private + certificate(name, key, ca=False))
    part = str(folder / "part.pem")
    return {f"{_TLS}CA_FILE": str(folder / "ca.pem")} | {
        f"{_TLS}{who}__{what}": part
        for who in ("SCHEDULER", "WORKER", "CLIENT")
        for what in ("CERT", "KEY")
    }


@dataclass
class Part:
    """A process that is under way; `lines` are those of its standard error."""

    process: "subprocess.Popen[str]"
    lines: "queue.Queue[str]" = field(default_factory=queue.Queue)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read its lines beside it, or it would wait for a reader."""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with self.process.stderr as errors:  # type: ignore[union-attr]
            for line in errors:
                self.lines.put(line)
        self.lines.put("")

    def wait_for_line(self, word: str) -> str:
        """Return the next line that holds a word."""
        while True:
            line = self.lines.get(timeout=GENEROUS_S)
            self.seen.append(line)
            assert line, "".join(self.seen)
            if word in line:
                return line

    def stop(self) -> None:
        """Let it hang from now on, its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it as a crash does, and wait until it is gone."""
        self.process.kill()
        self.process.wait(GENEROUS_S)
        self._reader.join()


@dataclass
class Fleet:
    """A scheduler, its workers, and what a client needs to reach it."""

    folder: Path
    settings: Mapping[str, str]
    running: ExitStack
    scheduler: Part
    address: str

    def add_worker(
        self, site: str = "", *options: str, environment: Mapping[str, str], threads: int = 2
    ) -> Part:
        """Start a worker that serves a site, and wait until it is registered."""
        resources = ["--resources", f"site-{site}=1"] if site else []
        words = ["worker", self.address, "--no-nanny", "--nthreads", str(threads), *resources]
        words += ["--no-dashboard", "--local-directory", str(self.folder), *options]
        part = _start_part(self.running, words, {**self.settings, **environment})
        part.wait_for_line("Registered to")
        return part


@contextmanager
def start_fleet(folder: Path, settings: Mapping[str, str]) -> Iterator[Fleet]:
    """Run a scheduler on loopback; with TLS where the settings hold certificates."""
    with ExitStack() as running:
        protocol = "tls" if settings else "tcp"
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--protocol", protocol]
        scheduler = _start_part(running, [*words, "--no-dashboard"], settings)
        address = scheduler.wait_for_line("Scheduler at:").split("Scheduler at:")[1].strip()
        yield Fleet(folder, settings, running, scheduler, address)


def _start_part(running: ExitStack, words: list[str], environment: Mapping[str, str]) -> Part:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env=own_environment(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = Part(process)
    running.callback(part.kill)
    return part


def own_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process: no account, no history, no keyring but ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUDITOR_")}
    return {
        **kept,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "AUDITOR_HISTORY": "off",
        **more,
    }


def audit_command(config: Path, address: str, *words: str) -> list[str]:
    """Return the command line of an audit on a fleet."""
    command = [sys.executable, "-m", "auditor", "audit", "-c", str(config)]
    return [*command, "--scheduler", address, *words]


def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    ended = threading.Event()
    for _ in range(int(GENEROUS_S * 20)):
        if holds():
            return
        ended.wait(0.05)
    raise AssertionError("it did not come to hold")
