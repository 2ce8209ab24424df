"""The program beside scripts that ask the same of the same cluster, each a whole process.

The scripts in `other_clients` are what the documentation of zeep, of Cisco's samples and of
ciscoaxl leads to. They ask one question after the other, and judge and record nothing.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from auditor.simulator import Simulator
from auditor.simulator.exchange import LoggedRequest
from tests.benchmarks import ours
from tests.benchmarks.farm import Farm, scenario
from tests.benchmarks.figures import Size, ratio, table
from tests.benchmarks.processes import AUDITOR, Finished, run

DELAY_S = 0.05
# It speaks the version of ciscoaxl's schema and the program's first choice, so nobody is refused.
_RELEASE = "15.0.1.12900-234"
_BARE, _AUDIT, _ALONE = "requests alone", "auditor audit", "the same with --history off"


def measure(size: Size) -> str:
    """Audit a cluster whose nodes take 50 ms an answer, and let each script ask the same."""
    with (
        TemporaryDirectory(prefix="auditor-benchmark-") as folder,
        Simulator(laboratory(size.nodes), Path(folder), delay_s=DELAY_S) as simulator,
    ):
        home = Path(folder)
        sides = _commands(simulator, home)
        ran: dict[str, list[Finished]] = {label: [] for label in sides}
        requests: dict[str, int] = {}
        _, audit = _run(simulator, home, sides[_AUDIT])  # makes the history
        for _ in range(size.runs):
            for label, command in sides.items():
                finished, asked = _run(simulator, home, command)
                compare_questions(label, asked, audit)
                ran[label].append(finished)
                requests[label] = len(asked)
    heads = (f"nodes: {size.nodes}", "s", "s : bare", "CPU s", "CPU : bare", "peak MB", "requests")
    rows = [
        (label, (*_beside(own, ran[_BARE]), max(one.peak_mb for one in own), requests[label]))
        for label, own in ran.items()
    ]
    return table(heads, rows)


def _beside(own: Sequence[Finished], bare: Sequence[Finished]) -> Sequence[float]:
    """Return seconds and processor time, each followed by its ratio to the bare requests."""
    seconds, processor = [one.seconds for one in own], [one.processor_s for one in own]
    return (
        median(seconds),
        ratio(seconds, [one.seconds for one in bare]),
        median(processor),
        ratio(processor, [one.processor_s for one in bare]),
    )


def laboratory(nodes: int) -> dict[str, object]:
    """Return the scenario of a healthy cluster whose AXL versions suit every side."""
    lab = scenario(1, nodes)
    lab["cluster"] = {"name": "c01", "cucm": "cucm-pub.c01.lab.test", "release": _RELEASE}
    return lab


def _commands(simulator: Simulator, home: Path) -> dict[str, Sequence[str]]:
    """Write what is to be asked, and return the command of each side."""
    config = simulator.write_config(home / "auditor.toml")
    scripts = script_commands(write_questions(simulator, config, home / "questions.json"))
    audit = (*AUDITOR, "audit", "-c", str(config))
    bare = scripts.pop(_BARE)
    return {_BARE: bare, _AUDIT: audit, _ALONE: (*audit, "--history", "off"), **scripts}


def script_commands(asked: Path) -> dict[str, Sequence[str]]:
    """Return the command of each script, by its label."""

    def script(name: str, *words: str) -> Sequence[str]:
        return (sys.executable, "-m", f"tests.benchmarks.other_clients.{name}", str(asked), *words)

    return {
        _BARE: script("bare_requests"),
        "zeep, full AXL schema": script("plain_zeep", str(axl_wsdl("12.5"))),
        "ciscoaxl, and zeep": script("plain_ciscoaxl"),
    }


def write_questions(simulator: Simulator, config: Path, path: Path) -> Path:
    """Audit once, and write what was asked of each server as the scripts read it."""
    servers = ours.questions(ours.prepared(Farm(config, simulator.username, simulator.password)))
    told = {
        "ca_bundle": str(simulator.ca_path),
        "username": simulator.username,
        "servers": [
            {
                "name": server.endpoint.verify_name,
                "port": server.endpoint.port,
                "questions": [
                    {
                        "path": urlsplit(question.url).path,
                        "operation": question.operation,
                        "arguments": _arguments(etree.fromstring(question.body)[-1][0]),
                        "headers": dict(question.headers),
                        "body": question.body.decode(),
                    }
                    for question in server.questions
                ],
            }
            for server in servers
        ],
    }
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def axl_wsdl(version: str) -> Path:
    """Return the full WSDL that ciscoaxl brings; raises RuntimeError if it is not installed."""
    spec = find_spec("ciscoaxl")
    if spec is None or spec.origin is None:
        raise RuntimeError("install auditor with its extra `test`: it brings ciscoaxl")
    return Path(spec.origin).parent / "schema" / version / "AXLAPI.wsdl"


def _arguments(element: etree._Element) -> dict[str, Any]:
    """Return what zeep is called with for an element of a request."""
    return {
        etree.QName(child).localname: _arguments(child) if len(child) else child.text or ""
        for child in element
    }


def _run(
    simulator: Simulator, home: Path, command: Sequence[str]
) -> tuple[Finished, list[LoggedRequest]]:
    before = len(simulator.requests)
    finished = run(command, home, simulator.password)
    if finished.code:
        raise RuntimeError(f"{' '.join(command[:4])} ended with exit code {finished.code}")
    return finished, simulator.requests[before:]


def compare_questions(
    label: str, asked: Sequence[LoggedRequest], audit: Sequence[LoggedRequest]
) -> None:
    """Raise RuntimeError if a side did not get the same answers to the same questions."""
    if _questions(asked) != _questions(audit):
        raise RuntimeError(f"{label}: it asked something else than the audit")


def _questions(asked: Sequence[LoggedRequest]) -> Counter[tuple[str, str, str, str, str]]:
    """Return what was answered; that ciscoaxl opens a page first is no question."""
    return Counter(
        (one.node, one.interface, one.operation, one.statement, one.object)
        for one in asked
        if one.operation and one.status == 200
    )
