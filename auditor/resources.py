"""Finds the files that ship beside the code: packaged first, then the checkout."""

from pathlib import Path

_HERE = Path(__file__).parent


def _folder(packaged: str, checkout: str) -> Path:
    inside = _HERE / packaged
    return inside if inside.is_dir() else _HERE.parent / checkout


def wsdl_folder() -> Path:
    """Return the folder of our own WSDL files."""
    return _folder("_wsdl", "wsdl")


def scenario_folder() -> Path:
    """Return the folder of the simulator's scenarios, one TOML file each."""
    return _folder("_scenarios", "fixtures/scenarios")
