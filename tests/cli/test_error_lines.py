"""What an operator mistyped comes back in one line that no terminal obeys, on every command."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app

ODD = "a\u202eb\x9b31m\x1b]0;t\x07\u2028\x85c\nauditor: all is well\u200b\udc80"
"""Direction, C1, an escape sequence, three kinds of line ends, the invisible, half a character."""

CONFIG = """
[[cluster]]
name = "lab"
cucm_publisher = "127.0.0.1:1"
username = "audit-ro"
"""

COMMANDS = (
    *(("audit", "-c", ODD), ("audit", "-o", ODD)),
    *(
        ("audit", "-o", f"json:/nowhere/{ODD}"),
        ("audit", "--pack", ODD),
        ("audit", "--waivers", ODD),
    ),
    *(("audit", "--history", ODD), ("audit", "--notify", ODD), ("audit", "--replay", ODD)),
    *(("audit", "--evidence", f"/nowhere/{ODD}"), ("audit", "--fail-on", ODD), ("audit", ODD)),
    *(("audit", f"--{ODD}"), (ODD,), ("docs", ODD), ("examples", ODD), ("explain", ODD)),
    *(("simulate", ODD), ("simulate", "healthy", "--write-config", f"/nowhere/{ODD}")),
    *(("doctor", "-c", ODD), ("doctor", ODD), ("login", ODD)),
    *(("failover-check", "-c", ODD), ("failover-check", "--wait", ODD)),
    *(("failover-check", "-o", ODD)),
    *(("history", "--history", ODD), ("history", ODD), ("history", "--since", ODD)),
    *(("history", "-o", ODD), ("history", "-o", f"csv:/nowhere/{ODD}")),
    *(("init", "--cucm", ODD, "--username", "u"), ("init", "--cucm", "c", "--username", ODD)),
    *(("init", "--cucm", "c", "--username", "u", option, ODD) for option in ("--pin", "--node")),
    *(
        ("init", "--cucm", "c", "--username", "u", option, ODD)
        for option in ("--address", "--name")
    ),
    ("init", "--cucm", "c", "--username", "u", "--to", f"/nowhere/{ODD}"),
    ("init", "--cucm", "c", "--username", "u", "--profile-from", ODD),
    ("init", "--cucm", "c", "--username", "u", "--ca-bundle", ODD),
    *(("precheck", "-c", ODD, "--activate", "Cisco SIP Proxy"), ("precheck", "--activate", ODD)),
    *(("precheck", "--activate", "Cisco SIP Proxy", "--node", ODD),),
    *(("snapshot", "--to", f"/nowhere/{ODD}"), ("diff", ODD, ODD), ("diff", ODD, "live")),
    *(("trust", ODD), ("trust", "h", "--fingerprint", ODD), ("trust", "h", ODD)),
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words).replace(ODD, "ODD"))
def test_a_mistake_is_repeated_in_printable_lines(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("auditor.toml").write_text(CONFIG)
    result = CliRunner(env={"AUDITOR_PASSWORD": "not-needed"}).invoke(app, list(words))
    assert result.exit_code == 2, result.output
    lines = result.stderr.split("\n")[:-1]
    assert lines
    assert all(line.isprintable() for line in lines), lines
    assert all(line.startswith("auditor: ") for line in lines)
    assert "auditor: all is well" not in lines
    assert all(line.isprintable() for line in result.stdout.split("\n"))
