"""Finds the files that ship beside the code: packaged first, then the checkout."""

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
