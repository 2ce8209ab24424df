"""Replies that are well-formed and say something odd: what they leave open never passes."""

from collections.abc import Callable

import pytest
from aiohttp import web
from lxml import etree

from auditor.models.findings import Verdict
from auditor.simulator.envelope import XmlElement
from auditor.simulator.exchange import SimulatedServer
from tests.lab import DIRECTORY_PAIR, PUB, SUB, Lab, finding

Start = Callable[..., Lab]
Twist = Callable[[etree._Element], None]

SIP, DIRECTORY = "Cisco SIP Proxy", "Cisco XCP Directory Service"
SRM = "Cisco Server Recovery Manager"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def _rows(whole: etree._Element, key: str, said: str) -> list[etree._Element]:
    """Return the rows whose key ends in what is said."""
    return [
        parent
        for element in whole.iter(f"{{*}}{key}")
        if (element.text or "").strip().endswith(said)
        and (parent := element.getparent()) is not None
    ]


def replaced(name: str, said: str, service: str = SIP) -> Twist:
    """Let Control Center say something else of a service."""

    def twist(whole: etree._Element) -> None:
        for row in _rows(whole, "ServiceName", service):
            for element in row.iterchildren(f"{{*}}{name}"):
                element.text = said

    return twist


def nil(name: str) -> Twist:
    """Let a part of a service's row be nil, with a text in it."""

    def twist(whole: etree._Element) -> None:
        for row in _rows(whole, "ServiceName", SIP):
            for element in row.iterchildren(f"{{*}}{name}"):
                element.set(NIL, "true")

    return twist


def counted(name: str, said: str) -> Twist:
    """Let PerfMon say something else of the HA state."""

    def twist(whole: etree._Element) -> None:
        for row in _rows(whole, "Name", "SRMState"):
            for element in row.iterchildren(f"{{*}}{name}"):
                element.text = said

    return twist


@pytest.fixture
def twisted(lab: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[[Twist], Lab]:
    """Return a pair whose subscriber twists its answers."""
    send = SimulatedServer._send_envelope

    def start(twist: Twist) -> Lab:
        async def instead(
            self: SimulatedServer, request: web.BaseRequest, whole: XmlElement, status: int = 200
        ) -> web.StreamResponse:
            if self._name == SUB:
                twist(whole)
            return await send(self, request, whole, status)

        monkeypatch.setattr(SimulatedServer, "_send_envelope", instead)
        return lab(DIRECTORY_PAIR)

    return start


def test_the_pair_is_compliant_without_a_distortion(
    twisted: Callable[[Twist], Lab],
) -> None:
    """So that each verdict below comes of its twist alone."""
    assert twisted(lambda _: None).audit().exit_code == 0


@pytest.mark.parametrize(
    "twist",
    [
        nil("ServiceStatus"),
        replaced("ServiceStatus", "Running"),
        replaced("ReasonCode", "-1068\u00a0"),
        replaced("ReasonCode", "-1068.0"),
        replaced("ReasonCodeString", "service NOT  activated"),
        replaced("ServiceName", "Cisco\u200b SIP Proxy"),
        replaced("ServiceName", "\u0421isco SIP Proxy"),
    ],
)
def test_a_row_of_unclear_state_does_not_pass(
    twisted: Callable[[Twist], Lab], twist: Twist
) -> None:
    """Nil with a text, a code that is no number, two meanings at once, another's name."""
    report = twisted(twist).audit()
    (cluster,) = report.clusters
    assert finding(cluster, "SIP-01", SUB).verdict is Verdict.UNKNOWN
    assert finding(cluster, "SIP-01", PUB).verdict is Verdict.PASS
    assert report.exit_code == 4


@pytest.mark.parametrize(
    "twist",
    [
        counted("CStatus", "bad"),
        counted("CStatus", "99"),
        counted("Value", "3.0"),
        counted("Value", "-3"),
        counted("Value", "\u0663"),
        counted("Value", "3\u00a0"),
        counted("CStatus", "\u20031"),
        counted("Name", rf"\\{SUB}\Another Object\SRMState"),
        counted("Name", "SRMState"),
        counted("Name", rf"\\imp1\{SRM}\SRMState"),
        counted("Name", rf"\\IMP1\{SRM}\SRMState"),
    ],
)
def test_a_counter_of_unclear_origin_does_not_pass(
    twisted: Callable[[Twist], Lab], twist: Twist
) -> None:
    """An unreadable status or number, another object, and another node without its domain."""
    report = twisted(twist).audit()
    (cluster,) = report.clusters
    assert finding(cluster, "HA-01", "Default").verdict is Verdict.UNKNOWN
    assert report.exit_code == 4


@pytest.mark.parametrize("uptime", ["9223372036854775807", "3153600000", "", "-7"])
def test_an_impossible_uptime_does_not_prove_a_stable_service(
    twisted: Callable[[Twist], Lab], uptime: str
) -> None:
    """It is neither long enough nor something to reckon with."""
    report = twisted(replaced("UpTime", uptime, DIRECTORY)).audit()
    (cluster,) = report.clusters
    assert finding(cluster, "DIR-03", SUB).verdict is Verdict.UNKNOWN
    assert not any(entry.reason == "bug" for entry in cluster.coverage)
    assert report.exit_code == 4
