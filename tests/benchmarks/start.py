"""How soon the program is there, against a program that loads the whole AXL schema."""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from auditor.simulator import Simulator
from tests.benchmarks.clients import axl_wsdl
from tests.benchmarks.farm import scenario
from tests.benchmarks.figures import Size, line, ratio
from tests.benchmarks.processes import AUDITOR, run

_LOAD = "import sys, zeep; zeep.Client(sys.argv[1])"


def measure(size: Size) -> str:
    """Time `auditor --version` and the first request of an audit, in fresh processes each."""
    version, first, alone, whole = [], [], [], []
    load = (sys.executable, "-c", _LOAD, str(axl_wsdl("current")))
    with (
        TemporaryDirectory(prefix="auditor-benchmark-") as folder,
        Simulator(scenario(1, 2), Path(folder)) as simulator,
    ):
        home = Path(folder)
        config = simulator.write_config(home / "auditor.toml")
        _first_request(simulator, config, home)  # compiles what was never imported here
        for _ in range(size.runs):
            version.append(run((*AUDITOR, "--version"), home).seconds)
            first.append(_first_request(simulator, config, home))
            alone.append(_first_request(simulator, config, home, "--history", "off"))
            whole.append(run(load, home).seconds)
    return (
        line("auditor --version", median(version), "s")
        + line("auditor audit, until its first request has arrived", median(first), "s")
        + line("the same with --history off", median(alone), "s")
        + line("a program that loads the AXL schema of ciscoaxl", median(whole), "s")
        + line("--version : schema", ratio(version, whole), "", "aim: at most 0.33")
        + line("first request : schema", ratio(first, whole), "", "aim: at most 0.33")
        + line("first request with --history off : schema", ratio(alone, whole), "")
    )


def _first_request(simulator: Simulator, config: Path, home: Path, *options: str) -> float:
    count = len(simulator.requests)
    command = (*AUDITOR, "audit", "-c", str(config), *options)
    finished = run(command, home, simulator.password)
    # One machine, one clock: the simulator notes its times by the same.
    return simulator.requests[count].started - finished.began
