"""Whatever a file holds, it is read or refused in lines for its author; nothing else comes out."""

import copy
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.config.loader import build_configuration, load_configuration
from auditor.config.schema import TABLES_BY_PATH
from auditor.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "config" / "contract.toml"
PARSED = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
KEYS = sorted({key for table in TABLES_BY_PATH.values() for key in table.model_fields})

keys = st.sampled_from(KEYS) | st.text(max_size=8)
scalars = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["lab", "imp-a.example.test", "127.0.0.1:1", "[::1]:9", "auto", "~0/x", "low"]
    )
    | st.sampled_from([date(2026, 1, 1), datetime(2026, 1, 1, 1, 1), time(1, 1)])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def read_or_refused(document: dict[str, Any]) -> None:
    """Read a document; what is refused must be reported in single lines that name the file."""
    told: tuple[str, ...] = ()
    try:
        build_configuration(document, EXAMPLE)
    except ConfigError as refused:
        told = refused.problems or ("refused without a word",)
    assert [line for line in told if not line.startswith(f"{EXAMPLE}: ")] == []
    assert [line for line in told if not line.isprintable()] == []


@given(st.dictionaries(keys, values, max_size=4))
def test_any_toml_is_read_or_refused(document: dict[str, Any]) -> None:
    read_or_refused(document)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_good_file_changed_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(PARSED)
    for _ in range(data.draw(st.integers(1, 4))):
        holder: Any = document
        while data.draw(st.booleans()) and isinstance(holder, dict | list) and holder:
            inner = data.draw(
                st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
            )
            if not isinstance(holder[inner], dict | list):
                break
            holder = holder[inner]
        if isinstance(holder, dict):
            holder[data.draw(keys)] = data.draw(values)
        else:
            holder.append(data.draw(values))
    read_or_refused(document)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "auditor.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError):
        load_configuration(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe[\x00", "is not UTF-8 text"),
        (b"a = " + b"[" * 100_000, "is not TOML: nested too deeply"),
        (b"a = " + b"9" * 100_000, "is not TOML: "),
    ],
)
def test_a_file_that_the_parser_chokes_on_is_refused(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "auditor.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError) as refused:
        load_configuration(path)
    assert str(refused.value).startswith(f"{path}: {told}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_configuration(tmp_path / "none.toml")
    assert str(refused.value) == f"{tmp_path}/none.toml: cannot be read: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_configuration(tmp_path)
    assert str(refused.value) == f"{tmp_path}: cannot be read: Is a directory"
