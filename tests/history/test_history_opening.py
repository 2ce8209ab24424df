"""Where history may be kept, and what is said of every place where it cannot."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs
import psycopg
import pytest

from auditor.errors import ConfigError, OutputError
from auditor.history import database
from auditor.history.database import connect_database
from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from auditor.history.url import locate_database
from tests.history.postgresql import ENCODED, PASSWORD, Server
from tests.history.runs import DRIFT, judged

CHOICE = "sqlite:///FILE"
ROW = {"SIP-01": DRIFT}
NOBODY = 65534


def opened(url: str | None, *, writes: bool = True) -> HistoryStore:
    history = open_history(url, writes=writes)
    assert history is not None
    return history


def refusal(url: str | None, *, writes: bool = True) -> str:
    with pytest.raises(ConfigError) as refused:
        open_history(url, writes=writes)
    (line,) = refused.value.problems
    assert line.isprintable()
    return line


def statement(url: str, text: str) -> None:
    """Run one statement behind the history's back."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute(text)
        file.close()
    else:
        with psycopg.connect(url) as connection:
            connection.execute(text.encode())


@pytest.mark.parametrize("word", ["off", "OFF", " off "])
def test_off_records_nothing(word: str) -> None:
    assert open_history(word) is None
    assert not platformdirs.user_data_path("auditor", appauthor=False).exists()


def test_the_default_is_a_private_file_of_the_user() -> None:
    history = opened(None)
    file = platformdirs.user_data_path("auditor", appauthor=False) / "history.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600
    assert history.shown == f"sqlite:///{file}"
    history.record(judged(1, ROW))
    assert len(opened(None).runs()) == 1


def test_a_tilde_is_the_home_folder() -> None:
    opened("sqlite:///~/audits.sqlite3")
    assert (Path.home() / "audits.sqlite3").exists()


def test_special_characters_of_urls_are_allowed_in_a_path(tmp_path: Path) -> None:
    opened(f"sqlite:///{tmp_path}/50%25 @off #1.sqlite3").record(judged(1, ROW))
    assert (tmp_path / "50%25 @off #1.sqlite3").stat().st_size > 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:hunter2@h/d", "no history can be kept in"),
        ("postgres://u:hunter2@h/d", "did you mean `postgresql`?"),
        ("postgresql+asyncpg://u:hunter2@h/d", "did you mean `postgresql+psycopg`?"),
        ("sqlit:///hunter2", "did you mean `sqlite`?"),
        ("history.sqlite3", '"history.sqlite3" is not a database URL'),
        ("u:hunter2@h/d", "*** is not a database URL"),
        ("hunter2\x1b[31m", "*** is not a database URL"),
        ("", '"" is not a database URL'),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite://runs.sqlite3", "three slashes"),
        ("sqlite:///x?password=hunter2", "takes no options"),
        ("postgresql://u:hunter2@h:port/d", "is malformed"),
        ("postgresql://u:hunter2@hunter2@h/d", "is malformed"),
    ],
)
def test_a_malformed_url_is_refused_with_the_choices(url: str, said: str) -> None:
    line = refusal(url)
    assert said in line
    assert CHOICE in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://auditor:hunter2@127.0.0.1:1/x",
        "postgresql://auditor:hunter%40two@127.0.0.1:1/x",
        "postgresql+psycopg://127.0.0.1:1/x?user=auditor&password=hunter2",
        "postgresql://auditor:hunter2@no-such-host.invalid/x?connect_timeout=1",
        "postgresql://auditor@127.0.0.1:1/x?sslpassword=hunter2&sslpassword=hunter3",
        "postgresql://auditor:hunter2@127.0.0.1:1/x?sslmode=nonsense",
        "postgresql://auditor:hunter2@127.0.0.1:1/x?nonsense=1",
    ],
)
def test_the_error_of_an_unreachable_database_hides_the_password(url: str) -> None:
    address = locate_database(url)
    assert address is not None
    for text in (refusal(url), address.shown, repr(address), repr(connect_database(address))):
        assert "hunter" not in text
    assert "--history off" in refusal(url)


def test_the_error_of_a_wrong_password_hides_it(server: Server) -> None:
    line = refusal(server.url(password="hunter2"))
    assert "password authentication failed" in line
    assert "hunter2" not in line


def test_a_driver_that_repeats_the_password_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **arguments: object) -> None:
        raise psycopg.OperationalError(f"cannot\nconnect with {arguments}")

    monkeypatch.setattr(psycopg, "connect", refuse)
    line = refusal("postgresql://auditor:hunter%402@h/d?sslpassword=hunter3")
    assert "cannot connect with" in line
    assert "'user': 'auditor'" in line
    assert "hunter" not in line


def test_a_report_may_name_the_database(postgresql_url: str) -> None:
    history = opened(postgresql_url)
    assert "auditor:***@127.0.0.1" in history.shown
    for secret in (PASSWORD, ENCODED, "search_path"):
        assert secret not in history.shown + repr(history)


def test_without_its_driver_postgresql_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert '-m pip install "auditor[postgresql]"' in refusal("postgresql://h/d")


@pytest.mark.parametrize("place", ["no/such/folder/x.sqlite3", ".", "file/x.sqlite3"])
def test_a_file_that_cannot_be_created_is_an_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    line = refusal(f"sqlite:///{tmp_path}/{place}")
    assert any(
        why in line for why in ("No such file or directory", "Is a directory", "Not a directory")
    )
    assert "--history off" in line


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 1000)
    assert "file is not a database" in refusal(f"sqlite:///{file}")
    assert file.read_text() == "Dear reader, " * 1000


def test_a_history_that_a_newer_auditor_wrote_is_left_alone(url: str) -> None:
    opened(url).record(judged(1, ROW))
    statement(url, "UPDATE auditor_schema SET version_num = '9999'")

    for writes in (True, False):
        line = refusal(url, writes=writes)
        assert "a newer auditor wrote it (schema 9999, this one knows 0004)" in line
        assert "nothing was changed" in line

    statement(url, "UPDATE auditor_schema SET version_num = '0004'")
    assert len(opened(url).runs()) == 1


def test_a_database_that_others_use_keeps_their_tables(url: str) -> None:
    statement(url, "CREATE TABLE run (id TEXT)")
    statement(url, "CREATE TABLE alembic_version (version_num TEXT)")
    statement(url, "INSERT INTO alembic_version VALUES ('theirs')")
    opened(url).record(judged(1, ROW))
    assert len(opened(url).runs()) == 1


def test_a_locked_file_is_an_error_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0)
    url = f"sqlite:///{tmp_path}/history.sqlite3"
    opened(url)
    other = sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    line = refusal(url)
    other.close()
    assert "database is locked; another program holds it: wait for that and run again" in line
    opened(url)


def test_a_locked_server_is_an_error_before_anything_is_asked(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0.01)
    opened(postgresql_url)
    with psycopg.connect(postgresql_url) as other:
        other.execute("LOCK TABLE auditor_run IN EXCLUSIVE MODE")
        line = refusal(postgresql_url)
        assert opened(postgresql_url, writes=False).runs() == ()
    assert "lock timeout; another program holds it" in line


def test_a_run_that_cannot_be_recorded_is_not_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0)
    history = opened(f"sqlite:///{tmp_path}/history.sqlite3")
    other = sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OutputError, match=r"This run is not recorded: .* is locked"):
        history.record(judged(1, ROW))
    with pytest.raises(OutputError, match="database is locked"):
        history.past(judged(1, ROW))
    other.close()
    history.record(judged(1, ROW))


def test_read_access_is_enough_to_look_and_not_to_audit(
    server: Server, postgresql_url: str
) -> None:
    opened(postgresql_url).record(judged(1, ROW))
    schema = postgresql_url.rpartition("%3D")[2]
    role = f"reader_{schema}"
    for grant in (
        f"CREATE ROLE {role} LOGIN PASSWORD 'reads'",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    ):
        statement(postgresql_url, grant)
    reader = f"{server.url(user=role, password='reads')}?{postgresql_url.partition('?')[2]}"

    assert len(opened(reader, writes=False).runs()) == 1
    assert "permission denied for table auditor_run" in refusal(reader)


def test_looking_creates_no_history(tmp_path: Path) -> None:
    line = refusal(f"sqlite:///{tmp_path}/history.sqlite3", writes=False)
    assert "nothing is recorded there yet; `auditor audit` does it" in line
    assert list(tmp_path.glob("*.sqlite3")) == []


@contextmanager
def nobody() -> Iterator[Path]:
    """Run as an account that permissions bind, not as root; return a folder of its own."""
    root = os.geteuid() == 0
    with TemporaryDirectory() as name:
        if root:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)


def test_a_read_only_file_can_be_read_only(tmp_path: Path) -> None:
    opened(f"sqlite:///{tmp_path}/loads-all-that-it-needs.sqlite3").record(judged(1, ROW))
    with nobody() as folder:
        url = f"sqlite:///{folder}/history.sqlite3"
        opened(url).record(judged(1, ROW))
        (folder / "history.sqlite3").chmod(0o400)
        assert len(opened(url, writes=False).runs()) == 1
        assert "Permission denied" in refusal(url)


def test_a_start_of_the_program_loads_no_database() -> None:
    code = (
        "import sys, auditor.__main__, auditor.models.findings, auditor.history\n"
        "print([m for m in ('sqlalchemy', 'alembic', 'psycopg') if m in sys.modules])"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert completed.stdout == "[]\n"


def test_a_history_that_is_up_to_date_does_not_load_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.sqlite3"
    opened(url)
    code = (
        "import sys\n"
        "from auditor.history.opening import open_history\n"
        f"open_history({url!r})\n"
        "print('alembic' in sys.modules)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert completed.stdout == "False\n"
