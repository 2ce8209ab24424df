"""Words what a file would be told to hold as options of `auditor init`, which has no file yet."""

import re

from auditor.errors import ConfigError

_PROBLEM = re.compile(r"^auditor init: (?:cluster .*?: )?key `([a-z_]+)(?:\[([^\]]+)\])?[^`]*`: ")
"""What stands before a mistake: whose it is and the key, with the node where the key is a map."""

_OPTIONS = {
    "name": "--name",
    "cucm_publisher": "--cucm",
    "username": "--username",
    "ca_bundle": "--ca-bundle",
    "pins": "--pin",
    "addresses": "--address",
    "node": "--node",
}
_DIGEST = re.compile(r"\(SHA-256 ([0-9A-F:]+)\)")


def mistakes(error: ConfigError) -> ConfigError:
    """Return the same mistakes, each beginning with the option that it was made in."""
    return ConfigError(_PROBLEM.sub(_option, line) for line in error.problems)


def _option(found: re.Match[str]) -> str:
    key, node = found.groups()
    if key not in _OPTIONS:
        return found[0]
    return f"{_OPTIONS[key]} {node}: " if node else f"{_OPTIONS[key]}: "


def advice(text: str, node: str) -> str:
    """Return what happened with a server and what to do, its keys as options.

    The pin is the fingerprint that the text tells, ready to be pasted once it was compared.
    """
    shown = _DIGEST.search(text)
    pin = f"--pin {node}={shown[1] if shown else 'SHA256'}"
    address = f"--address {node}=HOST[:PORT]"
    for key, option in (
        ("signed it as ca_bundle", "signed it as --ca-bundle FILE"),
        ("pin it in [cluster.pins]", f"give {pin}"),
        ("pin the new one in [cluster.pins]", f"give {pin}"),
        ("Correct [cluster.addresses]", f"Correct {address}"),
        (
            "Put the name that it is issued to in [cluster.addresses]",
            f"Give that name as {address}",
        ),
        ("ive its address in [cluster.addresses]", f"ive its address as {address}"),
        ("in [cluster.addresses]", f"in {address}"),
    ):
        text = text.replace(key, option)
    return text
