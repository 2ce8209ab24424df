"""Adds a certificate pin to the text of a configuration file and leaves the rest as it is."""

import re
import tomllib
from collections.abc import MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from auditor.config.value_checks import InvalidValue, validate_pins
from auditor.errors import ConfigError

PINS_KEY = "pins"
_FINGERPRINT_PREFIX = re.compile(r"sha-?256( fingerprint)?[:=]\s*", re.IGNORECASE)
_CLUSTER_HEADER = re.compile(r"\s*\[\[\s*cluster\s*\]\]")


def parse_fingerprint(text: str) -> str:
    """Return a SHA-256 fingerprint in the form of the file: upper case, with colons.

    The line that `openssl x509 -fingerprint` prints is accepted too.

    Raises:
        ConfigError: the text is no SHA-256 fingerprint.
    """
    bare = _FINGERPRINT_PREFIX.sub("", text.strip())
    try:
        (digits,) = validate_pins([bare])
    except InvalidValue as error:
        raise ConfigError([f"--fingerprint {text[:100]}: {error}."]) from error
    return bytes.fromhex(digits).hex(":").upper()


def render_pin_block(node: str, pin: str) -> str:
    """Return the lines to paste below a `[[cluster]]`."""
    lines = tomlkit.dumps({"cluster": {PINS_KEY: {node: [pin]}}}).splitlines()
    return "\n".join(line for line in lines if line and line != "[cluster]") + "\n"


def add_pin(text: str, cluster: str, node: str, pin: str, *, replace: bool = False) -> str:
    """Return the text with a pin added for a node, every other character unchanged.

    `replace` drops the node's other pins. The result is parsed again and must differ from the
    text in the pins alone, with every comment kept.

    Raises:
        ConfigError: the file cannot be edited safely; says what the user has to add.
    """
    expected = tomllib.loads(text)
    _add_pin_to_table(_find_cluster_table(expected, cluster), node, pin, replace=replace)
    for edit in (_append_pin_table, _edit_existing_pins):
        try:
            edited = edit(text, cluster, node, pin, replace=replace)
            same = tomllib.loads(edited) == expected
        except (TOMLKitError, LookupError, TypeError, ValueError):
            continue
        if same and not _comment_lines(text) - _comment_lines(edited):
            return edited
    raise ConfigError(
        [
            "the file is written in a way that cannot be edited safely; nothing was changed. "
            + manual_pin_instruction(cluster, node, pin)
        ]
    )


def manual_pin_instruction(cluster: str, node: str, pin: str) -> str:
    """Return what to add to the file by hand."""
    line = render_pin_block(node, pin).splitlines()[1]
    return f'Put this into [cluster.pins] of cluster "{cluster}": {line}'


def _append_pin_table(text: str, cluster: str, node: str, pin: str, *, replace: bool) -> str:
    """Write a new table after the cluster's own keys, where a reader looks for it.

    By hand and not by tomlkit, which takes a comment right above the next header for part of
    this table and would separate it from its header.
    """
    del replace  # it matters only where there are pins already
    names = [table["name"].casefold() for table in tomllib.loads(text)["cluster"]]
    lines = text.splitlines(keepends=True)
    # A line inside a longer text may look like a header; the caller then refuses the result.
    headers = [at for at, line in enumerate(lines) if line.lstrip().startswith("[")]
    starts = [at for at in headers if _CLUSTER_HEADER.match(lines[at])]
    start = starts[names.index(cluster.casefold())]
    end = next((at for at in headers if at > start), len(lines))
    while end < len(lines) and lines[end - 1].lstrip().startswith("#"):
        end -= 1
    while not lines[end - 1].strip():
        end -= 1
    feed = "\r\n" if lines[start].endswith("\r\n") else "\n"
    ending = "" if lines[end - 1].endswith("\n") else feed
    added = [ending, feed, *(f"{line}{feed}" for line in render_pin_block(node, pin).splitlines())]
    return "".join([*lines[:end], *added, *lines[end:]])


def _edit_existing_pins(text: str, cluster: str, node: str, pin: str, *, replace: bool) -> str:
    """Edit by tomlkit: pins that are there already, or a cluster written in one line."""
    document = tomlkit.parse(text)
    _add_pin_to_table(_find_cluster_table(document, cluster), node, pin, replace=replace)
    return tomlkit.dumps(document)


def _find_cluster_table(
    document: MutableMapping[str, Any], cluster: str
) -> MutableMapping[str, Any]:
    """Return the table of a cluster, case ignored; the loader has checked that it exists."""
    table: MutableMapping[str, Any] = next(
        entry for entry in document["cluster"] if entry["name"].casefold() == cluster.casefold()
    )
    return table


def _add_pin_to_table(
    table: MutableMapping[str, Any], node: str, pin: str, *, replace: bool
) -> None:
    if PINS_KEY not in table:
        table[PINS_KEY] = {}
    pins = table[PINS_KEY]
    key = next((name for name in pins if name.casefold() == node.casefold()), node)
    if replace or key not in pins:
        pins[key] = [pin]
    elif isinstance(pins[key], str):
        pins[key] = [pins[key], pin]
    else:
        pins[key].append(pin)


def _comment_lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip().startswith("#")}
