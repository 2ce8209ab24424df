"""From a name to a server that is believed: look-up, connection, certificate; nothing is sent."""

from auditor.cluster import Reach
from auditor.config import hosts
from auditor.doctor import advice
from auditor.doctor.advice import Subject
from auditor.doctor.steps import Check, Outcome, Step
from auditor.errors import ExchangeError
from auditor.facts import Identity
from auditor.soap.exchange import Shown, Wire

_IN_ORDER = (Check.NAME, Check.CONNECTION, Check.CERTIFICATE)
NOT_CHECKED = "not checked: "
"""How the text of a step begins that hangs on a failed one."""


def reach(wire: Wire, about: Subject, timeout_s: float) -> list[Step]:
    """Return the three steps; those after a failed one are skipped."""
    if about.endpoint.proxy:
        text = "left to the proxy of the environment, which opens the connections."
        return [Step(check, Outcome.NOTE, text) for check in _IN_ORDER]
    steps = [_look_up(wire, about, timeout_s)]
    if steps[-1].outcome is Outcome.OK:
        steps.append(_connect(wire, about, timeout_s))
    if steps[-1].outcome is Outcome.OK:
        steps.append(_shake_hands(wire, about, timeout_s))
    missing = _IN_ORDER[len(steps) :]
    return [*steps, *(skipped(check, steps[-1].check) for check in missing)]


def skipped(check: Check, after: Check) -> Step:
    """Return a step that hangs on one that failed."""
    return Step(check, Outcome.SKIPPED, f"{NOT_CHECKED}hangs on {after}.")


def _look_up(wire: Wire, about: Subject, timeout_s: float) -> Step:
    host = about.endpoint.host
    if hosts.is_ip(host):
        return Step(Check.NAME, Outcome.OK, f"dialled at the address {host}.")
    try:
        found = wire.look_up(host, timeout_s)
    except ExchangeError as error:
        return advice.unknown_name(about, error)
    return Step(Check.NAME, Outcome.OK, f"{host} is {', '.join(found)}.")


def _connect(wire: Wire, about: Subject, timeout_s: float) -> Step:
    tried = wire.tcp(about.endpoint.host, about.endpoint.port, timeout_s)
    if tried.reach is not Reach.REACHED:
        return advice.no_connection(about, tried)
    return Step(Check.CONNECTION, Outcome.OK, tried.text)


def _shake_hands(wire: Wire, about: Subject, timeout_s: float) -> Step:
    now = wire.now()
    try:
        shown = wire.certificate(about.endpoint, timeout_s)
    except ExchangeError as error:
        return advice.bad_certificate(about, Shown(None), error, now)
    if shown.refused is not None or shown.certificate is None:
        refused = shown.refused
        assert refused is not None  # noqa: S101 - `Shown` has one of the two
        return advice.bad_certificate(about, shown, refused, now)
    return Step(
        Check.CERTIFICATE, Outcome.OK, _believed(about, shown), certificate=shown.certificate
    )


def _believed(about: Subject, shown: Shown) -> str:
    endpoint = about.endpoint
    if endpoint.pins:
        why = "pinned in [cluster.pins]"
    elif endpoint.ca_bundle:
        why = f"vouched for by {endpoint.ca_bundle.name}"
    else:
        why = "vouched for by this machine's authorities"
    if shown.identity is not Identity.CERTIFICATE:
        return f"{why}, but it names other nodes too, so it does not prove who answers."
    return f"{why}; it proves {endpoint.verify_name}."
