"""A whole IM&P cluster on loopback, for tests, demonstrations and learning.

It shares no code with the client side: its envelopes are built from Cisco's published formats.
"""

from auditor.simulator.config_file import bundle_beside, overwritable
from auditor.simulator.faults import Fault, Interface
from auditor.simulator.log import Exchange
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.service import HandClock
from auditor.simulator.simulator import Simulator, write_together

__all__ = [
    "Exchange",
    "Fault",
    "HandClock",
    "Interface",
    "ScenarioError",
    "Simulator",
    "bundle_beside",
    "overwritable",
    "write_together",
]
