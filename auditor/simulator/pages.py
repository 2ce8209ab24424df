"""The HTML that these servers send where no SOAP comes back: errors, logins, refusals."""

import html
from collections.abc import Sequence

TYPE = "text/html;charset=utf-8"


def error(status: int, text: str) -> str:
    """Return a servlet container's error page."""
    title = f"HTTP Status {status} - {html.escape(text)}"
    return (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f"<p><b>type</b> Status report</p><p><b>message</b> {html.escape(text)}</p></body></html>"
    )


def login() -> str:
    """Return an administration page's login form."""
    return (
        "<html><head><title>Cisco Unified CM IM and Presence Administration</title></head><body>"
        '<form action="j_security_check" method="post"><input name="j_username">'
        '<input name="j_password" type="password"><input type="submit" value="Login"></form>'
        "</body></html>"
    )


def moved(target: str) -> str:
    """Return the body of a redirect."""
    return f'<html><body>The page is <a href="{html.escape(target)}">here</a>.</body></html>'


def unsupported(versions: Sequence[str]) -> str:
    """Return what AXL says to a version that it does not speak, under HTTP status 599."""
    return (
        "<html><head><title>Axl request error</title></head><body>"
        f"Incorrect axl version. Supported axl versions: {','.join(versions)}</body></html>"
    )
