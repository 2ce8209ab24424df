"""What rows of the IM&P database say of features: whether they are on, and on which nodes."""

from auditor.cluster import Setting
from auditor.collect.discovery import Answer, Discovery, quoted
from auditor.collect.hostnames import Unclear, host_of, node_of
from auditor.config import hosts

NODE_KEYS = frozenset(
    {
        "chat",
        "sip_federation",
        "xmpp_federation",
        "compliance",
        "compliance_third_party",
        "managed_file_transfer",
    }
)
"""Keys that may hold for some nodes only: true by itself does not say for which."""


def switch(answer: Answer) -> Discovery:
    """Tell a feature by values that the probe lists as on or off; any other value is unclear."""
    values = answer.texts("value")
    probe, key = answer.probe, answer.probe.key or ""
    if not values:
        raise Unclear("there is no row")
    folded = {value.casefold() for value in values}
    if not folded <= probe.on and not folded <= probe.off:
        raise Unclear(f"the value {quoted(values)} says nothing certain")
    on = folded <= probe.on
    return Discovery({key: _unplaced(answer.setting(on), key)})


def present(answer: Answer) -> Discovery:
    """Tell a feature by the mere presence of rows."""
    key = answer.probe.key or ""
    values = {row.get("row") for row in answer.rows}
    on = bool(values - {None, "f"}) if answer.probe.shares else bool(answer.rows)
    return Discovery({key: _unplaced(answer.setting(on), key)})


def _unplaced(told: Setting, key: str) -> Setting:
    """Say of a feature that may be on some nodes only that nobody knows on which."""
    placed = not told.on or key not in NODE_KEYS
    return Setting(told.on, told.origin, told.source, told.nodes, told.expressway, placed)


def nodes(answer: Answer) -> Discovery:
    """Tell a feature by the nodes that rows name."""
    named = [node_of(text, answer.nodes) for text in answer.texts("node")]
    strange = [t for t, node in zip(answer.texts("node"), named, strict=True) if node is None]
    if strange:
        raise Unclear(f"{quoted(strange)} is no node of the cluster")
    found = [node for node in named if node is not None]
    return Discovery({answer.probe.key or "": answer.setting(bool(found), found)})


def xmpp_federation(answer: Answer) -> Discovery:
    """Rows of hosts that are no nodes are Expressways: it writes its own beside ours."""
    components = answer.texts("host")
    placed = {component: node_of(host_of(component), answer.nodes) for component in components}
    own = sorted({node for node in placed.values() if node is not None})
    strange = [component for component, node in placed.items() if node is None]
    here = answer.setting(bool(own), own)
    elsewhere = bool(strange) and not own
    federation = answer.setting(True, expressway=True) if elsewhere else here
    told = (f"XMPP federation: {quoted(strange)} names no node of the cluster.",)
    return Discovery(
        {"xmpp_federation": federation, "xmpp_federation_enabled_on": here},
        told=told if strange else (),
    )


def peers(answer: Answer) -> Discovery:
    """Tell intercluster by the peers that are listed, without the nodes of this cluster."""
    own = {node.casefold() for node in answer.nodes}
    addresses = [text for text in answer.texts("address") if text.casefold() not in own]
    if answer.rows and answer.texts("address") and not addresses:
        raise Unclear("it lists only nodes of this cluster")
    usable = tuple(text for text in addresses if hosts.is_host(text))
    return Discovery({"intercluster": answer.setting(bool(answer.rows))}, peers=usable)
