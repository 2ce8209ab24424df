"""What the standard library lacks on a system, as typeshed knows it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mypy

STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
WATCHED_MODULES = ("asyncio", "os", "select", "shutil", "signal", "socket", "sys", "time")


@cache
def absent_names(module: str, system: str) -> frozenset[str]:
    """Return the names of a module that Linux has and `system`, as in sys.platform, has not."""
    return _names(module, "linux") - _names(module, system)


@cache
def absent_modules(system: str) -> frozenset[str]:
    """Return the top modules of the standard library that hold nothing on `system`."""
    modules = {path.stem for path in STUBS.glob("*.pyi")} - {"__future__", "antigravity", "this"}
    absent = {name for name in modules if _names(name, "linux") and not _names(name, system)}
    # Its stub holds helpers for every system.
    return frozenset(absent | ({"termios"} if system == "win32" else set()))


@cache
def _names(module: str, system: str) -> frozenset[str]:
    paths = (STUBS / f"{module}.pyi", STUBS / module / "__init__.pyi")
    path = next(path for path in paths if path.exists())
    return frozenset(_defined(ast.parse(path.read_text("utf-8")).body, system)) - {"__all__"}


def _defined(statements: Iterable[ast.stmt], system: str) -> Iterator[str]:
    for statement in statements:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                yield from _defined(body if _holds(test, system) else orelse, system)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.ImportFrom(names=names, module=source):
                if source not in {"typing", "typing_extensions", "collections.abc", "_typeshed"}:
                    yield from (alias.asname or alias.name for alias in names)


def _holds(test: ast.expr, system: str) -> bool:
    """Return what a condition of a stub is on a system, with the oldest supported Python."""
    code = compile(ast.Expression(test), "stub", "eval")
    return bool(eval(code, {"sys": _System(system)}))  # noqa: S307 - of an installed stub


@dataclass(frozen=True)
class _System:
    platform: str
    version_info: tuple[int, int] = (3, 11)  # the oldest that is supported
