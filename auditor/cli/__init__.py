"""The command line: each command reads its options, calls one use case, tells, and exits.

Modules of commands import at the top only what declares them; what a command works with is
imported when it runs, so that `--version` and `--help` answer at once.
"""

from auditor.cli import (
    audit,
    demo,
    docs,
    doctor,
    examples,
    failover,
    history,
    init,
    login,
    nagios,
    precheck,
    rules,
    snapshot,
    trust,
)
from auditor.cli.app import app

__all__ = [
    "app",
    "audit",
    "demo",
    "docs",
    "doctor",
    "examples",
    "failover",
    "history",
    "init",
    "login",
    "nagios",
    "precheck",
    "rules",
    "snapshot",
    "trust",
]
