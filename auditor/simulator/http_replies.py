"""How a reply reaches the wire: whole, or broken on purpose below the level of HTTP."""

import asyncio
import os
import socket
import struct
from collections.abc import Iterable

from aiohttp import web

XML_CONTENT_TYPE = "text/xml;charset=utf-8"


async def send_whole(
    request: web.BaseRequest,
    body: bytes,
    *,
    status: int = 200,
    content_type: str = XML_CONTENT_TYPE,
    headers: dict[str, str] | None = None,
) -> web.StreamResponse:
    """Send a complete reply and return when its last byte is handed over."""
    response = web.Response(
        status=status,
        body=body,
        # Empty, or aiohttp would put its own name there.
        headers={"Content-Type": content_type, "Server": "", **(headers or {})},
    )
    await response.prepare(request)
    await response.write_eof()
    return response


async def send_slowly(
    request: web.BaseRequest, body: bytes, interval_s: float
) -> web.StreamResponse:
    """Send a complete reply, one byte at a time."""
    response = web.StreamResponse(headers={"Content-Type": XML_CONTENT_TYPE})
    response.content_length = len(body)
    await response.prepare(request)
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(interval_s)
    await response.write_eof()
    return response


async def send_blocks(request: web.BaseRequest, blocks: Iterable[bytes]) -> web.StreamResponse:
    """Send blocks as they come, in chunks, without a Content-Length."""
    response = web.StreamResponse(headers={"Content-Type": XML_CONTENT_TYPE})
    await response.prepare(request)
    for block in blocks:
        await response.write(block)
    await response.write_eof()
    return response


def send_until_closed(request: web.BaseRequest, body: bytes) -> web.StreamResponse:
    """Send a reply without a length that ends where the connection is closed, in good order."""
    transport = _get_transport(request)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {XML_CONTENT_TYPE}\r\nConnection: close\r\n\r\n"
    transport.write(head.encode() + body)
    transport.close()
    return web.Response()


async def send_half_then_reset(request: web.BaseRequest, body: bytes) -> web.StreamResponse:
    """Send half of a reply and reset the connection."""
    response = web.StreamResponse(headers={"Content-Type": XML_CONTENT_TYPE})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    # Lets the loop send the half before the connection goes.
    await asyncio.sleep(0)
    reset_connection(request)
    return response


def reset_connection(request: web.BaseRequest) -> web.StreamResponse:
    """Reset the connection at once, without a byte more."""
    transport = _get_transport(request)
    connection_socket: socket.socket = transport.get_extra_info("socket")
    # With a linger time of 0 the kernel sends a reset instead of an orderly end.
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    connection_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    return web.Response()


async def wait_forever() -> web.StreamResponse:
    """Answer nothing, until the client goes away or the simulator stops."""
    await asyncio.Event().wait()
    return web.Response()


def _get_transport(request: web.BaseRequest) -> asyncio.Transport:
    transport = request.transport
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionResetError("the client has gone")
    return transport
