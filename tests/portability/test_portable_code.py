"""Nothing in the program needs a system of one kind: a walk through its code.

It shows what is absent elsewhere, by typeshed; that the program works there, it does not show.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import auditor
from tests.portability.absent_names import WATCHED_MODULES, absent_modules, absent_names

PACKAGE = Path(auditor.__file__).parent
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}

USED_WHERE_FILES_HAVE_LOCKS = {
    ("files.py", name) for name in ("fcntl", "os.O_NOFOLLOW", "os.O_NONBLOCK", "os.geteuid")
}
"""What one module uses only after it found `fcntl`; tests run it without."""

USED_WHERE_THREADS_BLOCK_SIGNALS = {
    ("fleet/local.py", f"signal.{name}") for name in ("pthread_sigmask", "SIG_BLOCK")
}
"""What one module uses only after it found `pthread_sigmask`."""

USED_WHERE_THREADS_TAKE_SIGNALS = {("__main__.py", "signal.pthread_kill")}
"""What one module uses only after it found it."""

SYSTEM_FOLDERS = tuple(
    f"/{name}/" for name in ("bin", "dev", "etc", "home", "opt", "proc", "tmp", "usr", "var")
)
POSIX_ARGUMENTS = {"preexec_fn", "start_new_session", "pass_fds", "umask", "user", "group"}
LOOP_METHODS = {"add_signal_handler", "remove_signal_handler", "add_reader", "add_writer"}


def _absent(tree: ast.Module, system: str) -> Iterator[str]:
    """Yield every name of the standard library in a module that `system` does not have."""
    modules = absent_modules(system)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (a.name for a in names if a.name.partition(".")[0] in modules)
            case ast.ImportFrom(module=str(module), names=names):
                if module in modules:
                    yield module
                elif module in WATCHED_MODULES:
                    absent = absent_names(module, system)
                    yield from (f"{module}.{a.name}" for a in names if a.name in absent)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in WATCHED_MODULES:
                if name in absent_names(module, system):
                    yield f"{module}.{name}"


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_no_module_uses_what_another_system_lacks(system: str) -> None:
    used = {(name, absent) for name, tree in TREES.items() for absent in _absent(tree, system)}
    guarded = (
        USED_WHERE_FILES_HAVE_LOCKS
        | USED_WHERE_THREADS_BLOCK_SIGNALS
        | USED_WHERE_THREADS_TAKE_SIGNALS
    )
    assert used == (guarded if system == "win32" else set())


def test_the_walk_finds_what_windows_lacks() -> None:
    """Or the test above would pass on anything."""
    code = "import pwd, os, signal\nfrom socket import AF_UNIX\nos.fork(); signal.SIGHUP; os.close"
    assert set(_absent(ast.parse(code), "win32")) == {
        "pwd",
        "socket.AF_UNIX",
        "os.fork",
        "signal.SIGHUP",
    }


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield every call of the program, after its module and the last part of what it calls."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, getattr(node.func, "attr", getattr(node.func, "id", "")), node


def _opens_text(called: str, call: ast.Call) -> bool:
    if called in ("read_text", "write_text"):
        return True
    if called not in ("open", "fdopen") or ast.unparse(call.func) == "os.open":
        return False
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    words = [str(a.value) for a in arguments if isinstance(a, ast.Constant)]
    modes = [word for word in words if set(word) <= set("rwaxbt+")]
    is_file = bool(modes) or ast.unparse(call.func) in ("open", "os.fdopen")
    return is_file and not any("b" in mode for mode in modes)


def test_every_text_file_has_a_declared_encoding_and_line_end() -> None:
    """Windows reads and writes cp1252 by itself, and writes CR LF."""
    for module, called, call in _calls():
        if _opens_text(called, call):
            declared = {keyword.arg for keyword in call.keywords}
            by_position = called == "read_text" and call.args
            assert "encoding" in declared or by_position, (module, ast.unparse(call))
            assert called != "write_text" or "newline" in declared, (module, ast.unparse(call))


def test_no_process_or_loop_is_asked_for_what_only_posix_has() -> None:
    for module, called, call in _calls():
        assert called not in LOOP_METHODS, (module, ast.unparse(call))
        if called in ("Popen", "run", "check_output"):
            asked = {keyword.arg for keyword in call.keywords}
            assert not asked & {*POSIX_ARGUMENTS, "shell"}, (module, ast.unparse(call))


def test_no_code_names_a_folder_of_one_system() -> None:
    for module, tree in TREES.items():
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
        documentation = {id(statement.value) for statement in statements}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in documentation:
                assert not str(node.value).startswith(SYSTEM_FOLDERS), (module, node.value)
