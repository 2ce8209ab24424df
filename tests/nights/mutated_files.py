"""Mutated configuration, waiver and probe files: exit 2 with a line for each mistake, no trace.

A mutant that is still valid is mutated further. Nothing is asked: what is read is thrown away.
"""

import random
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from typer.testing import CliRunner, Result

from auditor.cli.app import app
from tests.nights.result import NightResult

CHECKOUT = Path(__file__).parents[2]
_CONFIG = CHECKOUT / "fixtures" / "config" / "contract.toml"
_PROBES = CHECKOUT / "auditor" / "collect" / "discovery" / "probes.toml"
_WAIVERS = """
[[waiver]]
recommendation = "XMPPFED-02"
cluster = "lab"
subject = "imp-sub.example.test"
reason = "Moves with change 4711."
owner = "uc-team"
expires = 2026-12-31

[[waiver]]
recommendation = "SIP-01"
cluster = "lab"
subject = "imp-pub.example.test"
reason = "Replaced on Monday."
owner = "uc-team"
expires = 2027-01-31
"""
_MAX_MUTATIONS = 60
_MAX_LINES = 200
_ODD_VALUES = (
    *(
        "-1",
        "0",
        "1e999",
        "nan",
        "-inf",
        "9" * 400,
        "0x7fffffffffffffff1",
        "1979-05-27",
        "07:32:00",
    ),
    *('""', '"\\u0000"', '"\\u202e"', '"\\u009b31m"', '"' + "x" * 10_000 + '"', "'''\n'''", "[]"),
    *("{}", "[[[[]]]]", "{a = {b = {c = 1}}}", "[1, 'a', {}]", "true", '"~nobody-there/x"'),
    *('"127.0.0.1:99999"', '"[::1"', '"."', '"/"', '"../.."', '"a.b.c.d.e"', '"\\uD7FF"', "''"),
)
_ODD_BYTES = (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\x1b[31m", b"\x85")


class _StillValidError(Exception):
    """The file was read without complaint."""


def run(count: int, seed: int) -> NightResult:
    """Try `count` mutants, a third of each kind of file."""
    result, parsed = NightResult(), 0
    with TemporaryDirectory() as name, _nothing_asked():
        folder = Path(name)
        kinds = _write_genuine_files(folder)
        for number in range(count):
            path = kinds[number % len(kinds)]
            genuine = path.read_bytes()
            fault = _find_fault(folder, path, random.Random(f"{seed} {number}"))  # noqa: S311
            if fault:
                kept = path.read_bytes()[:2000]
                result.found.append(f"mutant {number} of {path.name}: {fault}\n{kept!r}")
            parsed += is_toml(path.read_bytes())
            path.write_bytes(genuine)
            result.tried += 1
    result.figures.append(f"{parsed} of {count} got past the parser of TOML")
    return result


@contextmanager
def _nothing_asked() -> Iterator[None]:
    with patch("auditor.audit.run_surveys", side_effect=_StillValidError):
        yield


def _write_genuine_files(folder: Path) -> tuple[Path, Path, Path]:
    config, waivers, probes = (folder / f"{n}.toml" for n in ("auditor", "waivers", "probes"))
    text = _CONFIG.read_text(encoding="utf-8")
    text = text.replace('axl_version = "auto"', 'axl_version = "auto"\nprobes = "probes.toml"', 1)
    text = text.replace('axl_version = "auto"', 'axl_version = "auto"\nwaivers = "waivers.toml"', 1)
    # A command would be run once the file is read.
    text = text.replace('password_command = "pass show uc/audit"\n', "")
    config.write_text(text, encoding="utf-8")
    (folder / "lab-ca.pem").write_bytes((_CONFIG.parent / "lab-ca.pem").read_bytes())
    waivers.write_text(_WAIVERS, encoding="utf-8")
    probes.write_bytes(_PROBES.read_bytes())
    assert isinstance(_load(folder).exception, _StillValidError), _load(folder).output
    return config, waivers, probes


def _load(folder: Path) -> Result:
    """Return how an audit with these files ends."""
    runner = CliRunner(env={"AUDITOR_PASSWORD": "not-asked-for"})
    words = ["audit", "-c", str(folder / "auditor.toml"), "--history", "off"]
    return runner.invoke(app, words)


def _find_fault(folder: Path, path: Path, chance: random.Random) -> str:
    """Mutate a file until it is refused; return what is wrong with the refusal, '' if nothing."""
    content = path.read_bytes()
    for _ in range(_MAX_MUTATIONS):
        content = _mutate(content, chance)
        path.write_bytes(content)
        ended = _load(folder)
        if not isinstance(ended.exception, _StillValidError):
            return _judge(ended)
    return f"still valid after {_MAX_MUTATIONS} mutations"


def _judge(ended: Result) -> str:
    if not isinstance(ended.exception, SystemExit):
        return f"ended with {ended.exception!r}"
    if ended.exit_code != 2:
        return f"exit code {ended.exit_code}: {ended.output[:500]}"
    lines = ended.stderr.splitlines()
    if not 1 <= len(lines) <= _MAX_LINES:
        return f"{len(lines)} lines"
    odd = [line for line in lines if not line.startswith("auditor: ") or not line.isprintable()]
    if odd:
        return f"an odd line: {odd[0][:500]!r}"
    long = [line for line in lines if len(line) > 1000]
    return f"a line of {len(long[0])} characters: {long[0][:300]}" if long else ""


def _mutate(content: bytes, chance: random.Random) -> bytes:
    return chance.choice(_MUTATIONS)(content, chance)


def _spoil_byte(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    odd = chance.choice((*_ODD_BYTES, bytes([chance.randrange(256)])))
    return content[:place] + odd + content[place + chance.randrange(2) :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)] or b"["


def _drop_line(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"\n"]
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _repeat_line(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"[\n"]
    line = chance.choice(lines)
    return b"".join([*lines[: chance.randrange(len(lines) + 1)], line, *lines])


def _swap_lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"]\n"]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _replace_value(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    keys = [n for n, line in enumerate(lines) if b" = " in line and not line.startswith(b"#")]
    if not keys:
        return content + b"\nx = 1\n"
    number = chance.choice(keys)
    key = lines[number].partition(b" = ")[0]
    lines[number] = key + b" = " + chance.choice(_ODD_VALUES).encode() + b"\n"
    return b"".join(lines)


def _rename_key(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    keys = [n for n, line in enumerate(lines) if b" = " in line]
    if not keys:
        return content + b"\n[[x]]\n"
    number = chance.choice(keys)
    key = lines[number].partition(b" = ")[0]
    odd = chance.choice(('"\\u202e"', '""', f'"{"k" * 3000}"', "a.b", '"\\n"', "__class__"))
    lines[number] = lines[number].replace(key, chance.choice((key[:-1] or b"x", odd.encode())), 1)
    return b"".join(lines)


def _nest(content: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((3, 50, 5000))
    return content + b"\ndeep = " + b"[" * depth + b"]" * chance.choice((depth, 0)) + b"\n"


def _repeat_all(content: bytes, chance: random.Random) -> bytes:
    del chance
    return content + b"\n" + content


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_spoil_byte, _cut, _drop_line, _repeat_line, _swap_lines, _nest, _repeat_all),
    *(_replace_value, _rename_key) * 4,
)


def is_toml(content: bytes) -> bool:
    """Return whether a mutant gets past the parser, as most should."""
    try:
        tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return False
    return True
