"""The control address: plain HTTP on loopback, which returns the state and accepts changes."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

from aiohttp import web

from auditor.simulator.changes import CHANGE_MODELS, HaDirection
from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.exchange import SimulationState
from auditor.simulator.faults import Fault, SimulatedInterface
from auditor.simulator.scenario import HA_STATES, ScenarioError
from auditor.simulator.sequences import HaSequence
from auditor.simulator.servers import LOOPBACK, SocketAddress

_DUMP_INDENTED = partial(json.dumps, indent=2)
ReadState = Callable[[], Mapping[str, object]]
ApplyChange = Callable[[Mapping[str, object]], Awaitable[None]]


class ControlServer:
    """Serves GET / (the state, and what a change may hold) and POST / (a change), both JSON."""

    def __init__(self, state: ReadState, apply: ApplyChange) -> None:
        """Take the functions that read the state and apply a change; ScenarioError is HTTP 400."""
        self._state = state
        self._apply = apply
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
        application.router.add_get("/", self._get_state)
        application.router.add_post("/", self._post_change)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _get_state(self, _: web.Request) -> web.Response:
        return web.json_response(self._state(), dumps=_DUMP_INDENTED)

    async def _post_change(self, request: web.Request) -> web.Response:
        # A page in a browser can send a form to loopback, but not this type without being asked.
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            data = await request.json()
            if not isinstance(data, dict):
                raise ScenarioError("a change is an object")
            await self._apply(data)
        except ValueError as exc:
            return web.json_response({"error": str(exc)}, status=400)
        return web.json_response({"changed": sorted(data)})


def control_choices(cluster: SimulatedCluster, databases: Iterable[str]) -> dict[str, object]:
    """Return every change and every value that a change may hold, for this cluster."""
    services = dict.fromkeys(
        service.kind.name for node in cluster.nodes.values() for service in node.services.values()
    )
    return {
        "changes": {name: list(model.model_fields) for name, model in CHANGE_MODELS.items()},
        "node": [*cluster.nodes, *cluster.cucm_nodes, "*"],
        "group": list(cluster.groups),
        "service": list(services),
        "database": list(databases),
        "fault": [str(fault) for fault in Fault],
        "interface": [str(interface) for interface in SimulatedInterface],
        "sequence": [str(sequence) for sequence in HaSequence],
        "step": [str(move) for move in HaDirection],
        "state": list(HA_STATES),
    }


def describe_simulation(
    simulation: SimulationState, addresses: Mapping[str, SocketAddress]
) -> dict[str, object]:
    """Return the state of the cluster, its faults, and the number of requests so far."""
    cluster = simulation.cluster
    return {
        "cluster": cluster.scenario.cluster.name,
        "cucm": {
            "name": cluster.scenario.cucm,
            "address": list(addresses[cluster.scenario.cucm]),
        },
        "cucm_subscribers": {
            name: list(addresses[name]) for name in cluster.scenario.cluster.cucm_subscribers
        },
        "nodes": {
            node.name: {
                "address": list(addresses[node.name]),
                "group": node.group,
                "ha": HA_STATES[node.ha] if 0 <= node.ha < len(HA_STATES) else node.ha,
                "sessions": node.sessions,
                "replication": node.replication,
                "certificate_days": cluster.certificate_days[node.name],
            }
            for node in cluster.nodes.values()
        },
        "faults": [f"{rule.fault} on {rule.node}" for rule in simulation.plan.rules],
        "requests": len(simulation.log),
    }
