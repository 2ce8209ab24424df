"""The demonstration of a failover, on a clock that is moved by hand."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor.cli.demo import FailoverDemo
from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.run import RunContext
from auditor.simulator import ManualClock, Simulator
from auditor.soap.network import LiveNetwork
from tests.lab import QUICK, scenario

GOLDEN = Path(__file__).parent / "golden" / "demo-failover.txt"
BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_a_failover_is_shown_from_before_to_normal_in_under_a_minute(
    tmp_path: Path, compare_golden: Callable[[Path, str], None]
) -> None:
    clock = ManualClock()
    printed: list[str] = []
    with (
        Simulator(scenario("failover"), tmp_path / "lab", clock=clock) as simulator,
        closing(LiveNetwork()) as wire,
    ):
        wire.pause = simulator.advance  # type: ignore[method-assign] # time is ours here
        configuration = load_configuration(simulator.write_config(tmp_path / "auditor.toml", QUICK))
        login = Credentials(simulator.username, Secret(simulator.password))
        FailoverDemo(
            simulator,
            configuration.clusters,
            {"night": login},
            RunContext(
                network=wire,
                workers=4,
                run_id="night",
                clock=lambda: BEGAN + timedelta(seconds=clock.now()),
                progress=lambda _cluster, _server: None,
            ),
            printed.append,
            width=100,
            colour=False,
        ).show()
    assert clock.now() < 60
    compare_golden(GOLDEN, "".join(printed))
