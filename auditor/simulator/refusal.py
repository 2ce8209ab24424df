"""Answers that are none: error pages, faults, redirects, and the faults that take their place.

The HTML that these servers send where no SOAP comes back: errors, logins, refusals.
"""

import html
from collections.abc import Sequence

from aiohttp import web

from auditor.simulator.envelope import SoapFaultReply, fault_envelope, serialise_envelope
from auditor.simulator.faults import Fault, FaultRule, SimulatedInterface
from auditor.simulator.http_replies import reset_connection, send_whole, wait_forever

HTML_CONTENT_TYPE = "text/html;charset=utf-8"


def error_page_html(status: int, text: str) -> str:
    """Return a servlet container's error page."""
    title = f"HTTP Status {status} - {html.escape(text)}"
    return (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f"<p><b>type</b> Status report</p><p><b>message</b> {html.escape(text)}</p></body></html>"
    )


def login_page_html() -> str:
    """Return an administration page's login form."""
    return (
        "<html><head><title>Cisco Unified CM IM and Presence Administration</title></head><body>"
        '<form action="j_security_check" method="post"><input name="j_username">'
        '<input name="j_password" type="password"><input type="submit" value="Login"></form>'
        "</body></html>"
    )


def redirect_page_html(target: str) -> str:
    """Return the body of a redirect."""
    return f'<html><body>The page is <a href="{html.escape(target)}">here</a>.</body></html>'


def unsupported_version_html(versions: Sequence[str]) -> str:
    """Return what AXL says to a version that it does not speak, under HTTP status 599."""
    return (
        "<html><head><title>Axl request error</title></head><body>"
        f"Incorrect axl version. Supported axl versions: {','.join(versions)}</body></html>"
    )


_STATUS_BY_FAULT = {
    Fault.HTTP_401: (401, "Unauthorized"),
    Fault.HTTP_403: (403, "Access to the requested resource has been denied"),
    Fault.HTTP_404: (404, "The requested resource is not available"),
    Fault.HTTP_500: (500, "Internal Server Error"),
    Fault.HTTP_503: (503, "Service Unavailable"),
}
# Spelling mistake included, as published captures have it.
_RATE_LIMIT_TEXT = (
    "AxisFault: Exceeded allowed rate for Reatime information. Current allowed rate for realtime "
    "information is 15 requests per minute."
)
_PERFMON_RATE_LIMIT_TEXT = (
    "Exceeded allowed rate for Perfmon information. Current allowed rate for perfmon information "
    "is 80 requests per minute.PerfmonService"
)


async def respond_with_fault(
    request: web.BaseRequest,
    interface: SimulatedInterface,
    rule: FaultRule,
    versions: Sequence[str],
) -> web.StreamResponse:
    """Do what a fault does in place of any answer.

    `versions` are the AXL versions that the server speaks; the rule's `text` may name others.
    """
    match rule.fault:
        case Fault.LOST | Fault.CONNECTION_REFUSED:
            return reset_connection(request)
        case Fault.HANG:
            return await wait_forever()
        case Fault.HTTP_401:
            return await respond_unauthorised(request)
        case Fault.REDIRECT:
            return await _respond_redirect(request)
        case Fault.LOGIN_PAGE:
            return await send_whole(
                request, login_page_html().encode(), content_type=HTML_CONTENT_TYPE
            )
        case Fault.UNSUPPORTED_VERSION:
            return await respond_unsupported_version(
                request, rule.text.split(",") if rule.text else versions
            )
        case Fault.RATE_CONTROL:
            return await respond_soap_fault(request, _rate_limit_fault(interface))
        case Fault.SOAP_FAULT:
            text = rule.text or "Internal processing error"
            return await respond_soap_fault(request, SoapFaultReply("soapenv:Server", text))
    return await respond_error_page(request, *_STATUS_BY_FAULT[rule.fault])


async def respond_error_page(
    request: web.BaseRequest, status: int, text: str
) -> web.StreamResponse:
    """Answer an HTML error page."""
    body = error_page_html(status, text).encode()
    return await send_whole(request, body, status=status, content_type=HTML_CONTENT_TYPE)


async def respond_forbidden(request: web.BaseRequest) -> web.StreamResponse:
    """Answer HTTP 403: the account is known and lacks the role."""
    return await respond_error_page(request, *_STATUS_BY_FAULT[Fault.HTTP_403])


async def respond_unauthorised(request: web.BaseRequest) -> web.StreamResponse:
    """Answer HTTP 401, asking for basic authentication."""
    return await send_whole(
        request,
        error_page_html(*_STATUS_BY_FAULT[Fault.HTTP_401]).encode(),
        status=401,
        content_type=HTML_CONTENT_TYPE,
        headers={"WWW-Authenticate": 'Basic realm="Cisco Web Services Realm"'},
    )


async def respond_unsupported_version(
    request: web.BaseRequest, versions: Sequence[str]
) -> web.StreamResponse:
    """Answer HTTP 599 with the AXL versions that are supported."""
    body = unsupported_version_html(versions).encode()
    return await send_whole(request, body, status=599, content_type=HTML_CONTENT_TYPE)


async def respond_soap_fault(request: web.BaseRequest, error: SoapFaultReply) -> web.StreamResponse:
    """Answer a SOAP fault, which goes with HTTP 500."""
    return await send_whole(request, serialise_envelope(fault_envelope(error)), status=500)


async def _respond_redirect(request: web.BaseRequest) -> web.StreamResponse:
    target = f"https://{request.host}/cupadmin/showHome.do"
    return await send_whole(
        request,
        redirect_page_html(target).encode(),
        status=302,
        content_type=HTML_CONTENT_TYPE,
        headers={"Location": target},
    )


def _rate_limit_fault(interface: SimulatedInterface) -> SoapFaultReply:
    if interface is SimulatedInterface.PERFMON:
        return SoapFaultReply("soapenv:Server", _PERFMON_RATE_LIMIT_TEXT)
    return SoapFaultReply("ns1:Server.RateControl", _RATE_LIMIT_TEXT)
