"""The control address: a plain HTTP address on loopback that takes changes and tells the state."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from aiohttp import web

from auditor.simulator.loopback import LOOPBACK
from auditor.simulator.scenario import ScenarioError

_READABLE = partial(json.dumps, indent=2)
State = Callable[[], Mapping[str, object]]
Do = Callable[[Mapping[str, object]], Awaitable[None]]


class ControlAddress:
    """Serves GET / (the state, and what a change may hold) and POST / (a change), both JSON."""

    def __init__(self, state: State, do: Do) -> None:
        """Take what tells the state and what does a change; ScenarioError becomes HTTP 400."""
        self._state = state
        self._do = do
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the address, once it is open."""
        if self._runner is None:
            raise ScenarioError("the simulator does not run")
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}/"

    async def open(self) -> None:
        """Listen on any free port."""
        application = web.Application()
        application.router.add_get("/", self._tell)
        application.router.add_post("/", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _tell(self, _: web.Request) -> web.Response:
        return web.json_response(self._state(), dumps=_READABLE)

    async def _take(self, request: web.Request) -> web.Response:
        # A page in a browser can send a form to loopback, but not this type without being asked.
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            data = await request.json()
            if not isinstance(data, dict):
                raise ScenarioError("a change is an object")
            await self._do(data)
        except ValueError as exc:
            return web.json_response({"error": str(exc)}, status=400)
        return web.json_response({"changed": sorted(data)})
