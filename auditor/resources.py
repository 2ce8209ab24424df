"""Finds the files that ship with the code; some are beside it in a checkout."""

from pathlib import Path

_PACKAGE_FOLDER = Path(__file__).parent


def _resource_folder(packaged: str, checkout: str) -> Path:
    inside = _PACKAGE_FOLDER / packaged
    return inside if inside.is_dir() else _PACKAGE_FOLDER.parent / checkout


def wsdl_folder() -> Path:
    """Return the folder of our own WSDL files."""
    return _resource_folder("_wsdl", "wsdl")


def scenario_folder() -> Path:
    """Return the folder of the simulator's scenarios, one TOML file each."""
    return _resource_folder("_scenarios", "fixtures/scenarios")


_SCHEMAS = _PACKAGE_FOLDER / "schemas"


def schema_names() -> tuple[str, ...]:
    """Return the commands whose JSON has a schema, sorted."""
    return tuple(sorted(path.stem for path in _SCHEMAS.glob("*.json")))


def read_schema(command: str) -> str:
    """Return the JSON Schema (draft 2020-12) of what a command writes with `-o json`."""
    return (_SCHEMAS / f"{command}.json").read_text(encoding="utf-8")
