"""Adds a waiver to a file, and leaves the rest of the file as it is."""

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import tomlkit

from auditor.errors import ConfigError
from auditor.files import write_file
from auditor.toml_lines import BYTE_ORDER_MARK, append_block
from auditor.waivers.load import WaiverRule, load_waiver_file, parse_waivers

LONGEST_PERIOD = timedelta(days=2 * 366)
"""A later end is a slip of the finger, or a difference that is meant to stay."""


def check_end(end: date, today: date) -> None:
    """Check that a waiver has an effect from today on, and ends in a foreseeable time.

    Raises:
        ConfigError: it does not.
    """
    if end < today:
        raise ConfigError([f"--until {end}: is in the past; today is {today} (UTC)."])
    if end > today + LONGEST_PERIOD:
        latest = today + LONGEST_PERIOD
        raise ConfigError([f"--until {end}: is too far away; give {latest} at the latest."])


def render_waiver(rule: WaiverRule) -> str:
    """Return the block of a waiver."""
    block = tomlkit.aot()
    block.append(
        tomlkit.item(
            {
                "recommendation": rule.recommendation,
                "cluster": rule.cluster,
                "subject": rule.subject,
                "reason": rule.reason,
                "owner": rule.owner,
                "expires": rule.expires,
            }
        )
    )
    return tomlkit.dumps({"waiver": block})


def add_waiver(path: Path, rule: WaiverRule, recommendations: Collection[str]) -> WaiverRule:
    """Add a waiver at the end of a file, which is made if need be; return it as it is read back.

    The file is written whole or not at all, every earlier character as it was.

    Raises:
        ConfigError: the file has mistakes, or one would be the new waiver; nothing was changed.
        OutputError: the file cannot be written.
    """
    earlier: tuple[WaiverRule, ...] = ()
    text = ""
    if path.exists():
        earlier = load_waiver_file(path, recommendations)
        _refuse_duplicate(path, rule, earlier)
        # Not `read_text`, which would turn every CRLF of the file into LF.
        text = path.read_bytes().decode("utf-8")
    edited = append_block(text, render_waiver(rule))
    rules = parse_waivers(edited.removeprefix(BYTE_ORDER_MARK), path, recommendations)
    # A list in one line would take the block for a second list, which TOML refuses by itself.
    assert rules[:-1] == earlier  # noqa: S101 - a block at the end changes none before it
    write_file(path, edited)
    return rules[-1]


def _refuse_duplicate(path: Path, rule: WaiverRule, earlier: Collection[WaiverRule]) -> None:
    same = next((other for other in earlier if other.scope == rule.scope), None)
    if same is not None:
        raise ConfigError(
            [
                f"{path}: {rule.recommendation} on {rule.subject} is waived there already, until "
                f"{same.expires} by {same.owner} ({same.place}): change that block."
            ]
        )
