"""Builds the wheel and installs it as people do: by pip, pipx and uv, each in a fresh environment.

    python -m tests.install

Downloads come from the package index that pip is configured for, through its usual cache. Without
an index nothing can be installed: what was skipped is printed, and why.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.extras import Extra

CHECKOUT = Path(__file__).parents[2]
MOVED_FOLDERS = {"wsdl": "auditor/_wsdl", "fixtures/scenarios": "auditor/_scenarios"}
"""Folders of the checkout that are elsewhere in the wheel."""

MODULES = {
    Extra.KEYRING: "keyring",
    Extra.LAB: "aiohttp",
    Extra.NOTIFY: "apprise",
    Extra.POSTGRESQL: "psycopg",
}
"""What each extra makes importable."""


@dataclass(frozen=True)
class Installer:
    """A way to install the wheel: its command, and where the environment is afterwards."""

    name: str
    install: tuple[str, ...]
    folder: Path

    def script(self, name: str) -> str:
        """Return the path of a script or interpreter of the environment."""
        return str(self.folder / "bin" / name)


def run(
    command: Sequence[str], environment: Mapping[str, str], *, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; an unexpected exit code ends everything, with what it printed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != code:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def check_content(wheel: Path) -> None:
    """Check that every file of the package, its WSDL and its scenarios are in the wheel."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    lacking = sorted(set(expected_names()) - packed)
    if lacking:
        sys.exit(f"{wheel.name} lacks {', '.join(lacking)}")
    print(f"{wheel.name}: {len(packed)} files")


def expected_names() -> Iterator[str]:
    """Yield the name in the wheel of every file that belongs there."""
    for folder in ("auditor", *MOVED_FOLDERS):
        for path in (CHECKOUT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inner = path.relative_to(CHECKOUT / folder).as_posix()
                yield f"{MOVED_FOLDERS.get(folder, folder)}/{inner}"


def check_installation(installer: Installer, environment: Mapping[str, str], home: Path) -> None:
    """Install, take the advice for each missing extra, and use what a newcomer uses first."""
    run(installer.install, environment)
    auditor = installer.script("auditor")
    # A home of its own, so that the run neither finds nor leaves anything in the user's.
    own = {**environment, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    version = run([auditor, "--version"], own).stdout.strip()
    lines = len(run([auditor, "docs"], own).stdout.splitlines())
    advice = run([auditor, "demo"], own, code=2).stderr.partition("Add it: ")[2]
    run(["sh", "-c", advice.replace(Extra.LAB, ",".join(Extra))], environment)
    run([installer.script("python"), "-c", f"import {', '.join(MODULES.values())}"], own)
    shown = run([auditor, "demo"], own).stdout
    if "drift" not in shown:
        sys.exit(f"{installer.name}: the demo shows no drift\n{shown}")
    print(f"{installer.name}: {version}, {lines - 2} pages, {len(Extra)} extras, demo")


def find_installers(
    pip: Path, wheel: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[Installer]:
    """Yield the installers that can be had here; print why another cannot."""
    yield Installer("pip", (str(pip), "install", "--quiet", str(wheel)), folder / "pip")
    for name, words, place in (
        ("pipx", ("install", "--quiet", str(wheel)), folder / "pipx" / "venvs" / "auditor"),
        ("uv", ("tool", "install", "--quiet", str(wheel)), folder / "uv" / "auditor"),
    ):
        if why := find_download_obstacle([str(pip), "install", "--quiet", name], environment):
            print(f"skipped: {name} cannot be installed here: {why}")
        else:
            yield Installer(name, (str(pip.with_name(name)), *words), place)


def find_download_obstacle(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Run a download; return the last line of what went wrong, None if nothing did."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else None


def installer_environment(folder: Path, pip: Path) -> dict[str, str]:
    """Return the environment for the installers: all that they write, but the cache, is here."""
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIPX_HOME": str(folder / "pipx"),
        "PIPX_BIN_DIR": str(folder / "pipx-scripts"),
        "UV_TOOL_DIR": str(folder / "uv"),
        "UV_TOOL_BIN_DIR": str(folder / "uv-scripts"),
        "PATH": os.pathsep.join((str(pip.parent), os.environ["PATH"])),
    }
    index = subprocess.run(
        [pip, "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    ).stdout.strip()
    # uv does not read the configuration of pip.
    if index := os.environ.get("PIP_INDEX_URL", index):
        environment.setdefault("UV_DEFAULT_INDEX", index)
    return environment


def main() -> None:
    """Build, look into the wheel, and install it in every way."""
    with tempfile.TemporaryDirectory(prefix="auditor-install-") as name:
        folder = Path(name)
        run([sys.executable, "-m", "venv", str(folder / "pip")], os.environ)
        pip = folder / "pip" / "bin" / "pip"
        environment = installer_environment(folder, pip)
        place = ["--dest", str(folder / "probe")]
        probe = [str(pip), "download", "--quiet", "--no-deps", *place, "hatchling"]
        if why := find_download_obstacle(probe, environment):
            print(f"skipped: no package index can be used here: {why}")
            return
        build = [sys.executable, "-m", "build", "--quiet", "--wheel", "--outdir", name, CHECKOUT]
        run(list(map(str, build)), environment)
        (wheel,) = folder.glob("*.whl")
        check_content(wheel)
        for installer in find_installers(pip, wheel, folder, environment):
            home = folder / f"home-{installer.name}"
            home.mkdir()
            check_installation(installer, environment, home)


if __name__ == "__main__":
    main()
