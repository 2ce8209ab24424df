"""A whole IM&P cluster on loopback, for tests, demonstrations and learning.

It shares no code with the client side: its envelopes are built from Cisco's published formats.
"""

from auditor.simulator.config_file import ca_bundle_path, is_overwritable
from auditor.simulator.exchange import LoggedRequest
from auditor.simulator.faults import Fault, SimulatedInterface
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.service import ManualClock
from auditor.simulator.simulator import Simulator, write_joint_config

__all__ = [
    "Fault",
    "LoggedRequest",
    "ManualClock",
    "ScenarioError",
    "SimulatedInterface",
    "Simulator",
    "ca_bundle_path",
    "is_overwritable",
    "write_joint_config",
]
