"""Answers that are none: error pages, faults, redirects, and the faults that take their place."""

from collections.abc import Sequence

from aiohttp import web

from auditor.simulator import envelope, pages, wire
from auditor.simulator.envelope import SoapFault
from auditor.simulator.faults import Fault, Interface, Rule

_PLAIN_STATUS = {
    Fault.HTTP_401: (401, "Unauthorized"),
    Fault.HTTP_403: (403, "Access to the requested resource has been denied"),
    Fault.HTTP_404: (404, "The requested resource is not available"),
    Fault.HTTP_500: (500, "Internal Server Error"),
    Fault.HTTP_503: (503, "Service Unavailable"),
}
_RATE = (
    "AxisFault: Exceeded allowed rate for Reatime information. Current allowed rate for realtime "
    "information is 15 requests per minute."
)
_PERFMON_RATE = (
    "Exceeded allowed rate for Perfmon information. Current allowed rate for perfmon information "
    "is 80 requests per minute.PerfmonService"
)


async def instead(
    request: web.BaseRequest, interface: Interface, rule: Rule, versions: Sequence[str]
) -> web.StreamResponse:
    """Do what a fault does in place of any answer.

    `versions` are the AXL versions that the server speaks; the rule's `text` may tell others.
    """
    match rule.fault:
        case Fault.LOST | Fault.CONNECTION_REFUSED:
            return wire.reset(request)
        case Fault.HANG:
            return await wire.never()
        case Fault.HTTP_401:
            return await unauthorised(request)
        case Fault.REDIRECT:
            return await _redirect(request)
        case Fault.LOGIN_PAGE:
            return await wire.whole(request, pages.login().encode(), content_type=pages.TYPE)
        case Fault.UNSUPPORTED_VERSION:
            return await unsupported(request, rule.text.split(",") if rule.text else versions)
        case Fault.RATE_CONTROL:
            return await soap_fault(request, _rate_fault(interface))
        case Fault.SOAP_FAULT:
            text = rule.text or "Internal processing error"
            return await soap_fault(request, SoapFault("soapenv:Server", text))
    return await page(request, *_PLAIN_STATUS[rule.fault])


async def page(request: web.BaseRequest, status: int, text: str) -> web.StreamResponse:
    """Answer an HTML error page."""
    body = pages.error(status, text).encode()
    return await wire.whole(request, body, status=status, content_type=pages.TYPE)


async def forbidden(request: web.BaseRequest) -> web.StreamResponse:
    """Answer HTTP 403: the account is known and lacks the role."""
    return await page(request, *_PLAIN_STATUS[Fault.HTTP_403])


async def unauthorised(request: web.BaseRequest) -> web.StreamResponse:
    """Answer HTTP 401, asking for basic authentication."""
    return await wire.whole(
        request,
        pages.error(*_PLAIN_STATUS[Fault.HTTP_401]).encode(),
        status=401,
        content_type=pages.TYPE,
        headers={"WWW-Authenticate": 'Basic realm="Cisco Web Services Realm"'},
    )


async def unsupported(request: web.BaseRequest, versions: Sequence[str]) -> web.StreamResponse:
    """Answer HTTP 599, telling the AXL versions that are supported."""
    body = pages.unsupported(versions).encode()
    return await wire.whole(request, body, status=599, content_type=pages.TYPE)


async def soap_fault(request: web.BaseRequest, error: SoapFault) -> web.StreamResponse:
    """Answer a SOAP fault, which goes with HTTP 500."""
    return await wire.whole(request, envelope.serialise(envelope.fault(error)), status=500)


async def _redirect(request: web.BaseRequest) -> web.StreamResponse:
    target = f"https://{request.host}/cupadmin/showHome.do"
    return await wire.whole(
        request,
        pages.moved(target).encode(),
        status=302,
        content_type=pages.TYPE,
        headers={"Location": target},
    )


def _rate_fault(interface: Interface) -> SoapFault:
    if interface is Interface.PERFMON:
        return SoapFault("soapenv:Server", _PERFMON_RATE)
    return SoapFault("ns1:Server.RateControl", _RATE)
