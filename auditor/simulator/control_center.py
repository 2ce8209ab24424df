"""Control Center: what the node says of its own services.

Shapes: Cisco's published `ControlCenterServices.wsdl` (document style, qualified elements).
"""

from auditor.simulator import envelope
from auditor.simulator.catalogue import AXL
from auditor.simulator.cluster import Cluster, Node
from auditor.simulator.envelope import Element, Question, Reply, SoapFault, add
from auditor.simulator.service import REASONS, Service

PATH = "/controlcenterservice2/services/ControlCenterServices"
_PRODUCTS = (
    ("Cisco Unified Communications Manager IM and Presence Service", "CUP", "CUP"),
    ("Common Services", "Common", "SYS"),
)


def answer(question: Question, cluster: Cluster, node: Node) -> Reply:
    """Answer a reading operation; raise SoapFault for every other."""
    match question.operation:
        case "soapGetServiceStatus":
            return _status(question, cluster, node)
        case "soapGetStaticServiceList":
            return _static_list(node)
        case "getProductInformationList":
            return _products(cluster, node)
    raise SoapFault("soapenv:Client", f"{question.operation} is refused: this cluster is read only")


def _status(question: Question, cluster: Cluster, node: Node) -> Reply:
    names = [name.strip() for name in question.texts("ServiceStatus") if name.strip()]
    response = envelope.qualified("soapGetServiceStatusResponse")
    outer = add(response, "soapGetServiceStatusReturn")
    add(outer, "ReturnCode", "0")
    add(outer, "ReasonCode", "-1")
    add(outer, "ReasonString", "")
    listing = add(outer, "ServiceInfoList")
    if not names:
        for service in node.services.values():
            _row(listing, service, cluster)
    for name in names:
        asked = node.services.get(name.lower())
        _row(listing, asked, cluster) if asked else _no_such(listing, name)
    return Reply(response, listing)


def _row(listing: Element, service: Service, cluster: Cluster) -> None:
    now = cluster.clock.now()
    service.look(now)
    started = service.started
    item = add(listing, "item")
    add(item, "ServiceName", service.kind.name)
    add(item, "ServiceStatus", service.status)
    add(item, "ReasonCode", str(service.reason))
    add(item, "ReasonCodeString", service.text)
    add(item, "StartTime", cluster.clock.text(started) if started is not None else "")
    add(item, "UpTime", str(round(now - started)) if started is not None else "-1")


def _no_such(listing: Element, name: str) -> None:
    item = add(listing, "item")
    add(item, "ServiceName", name)
    add(item, "ServiceStatus", "Unknown")
    add(item, "ReasonCode", "-1010")
    add(item, "ReasonCodeString", REASONS[-1010])
    add(item, "StartTime", "")
    add(item, "UpTime", "-1")


def _static_list(node: Node) -> Reply:
    response = envelope.qualified("soapGetStaticServiceListResponse")
    listing = add(add(response, "soapGetStaticServiceListReturn"), "Services")
    for service in node.services.values():
        _specification(listing, service, with_product=False)
    return Reply(response, listing)


def _products(cluster: Cluster, node: Node) -> Reply:
    response = envelope.qualified("getProductInformationListResponse")
    outer = add(response, "getProductInformationListReturn")
    add(outer, "ActiveServerVersion", f"{node.release}.x86_64")
    add(outer, "PrimaryNode", cluster.publisher.address)
    add(outer, "SecondaryNode", "")
    products = add(outer, "Products")
    for name, identity, short in _PRODUCTS:
        item = add(products, "item")
        add(item, "ProductName", name)
        add(item, "ProductVersion", node.release)
        add(item, "ProductDescription", name)
        add(item, "ProductID", identity)
        add(item, "ShortName", short)
    listing = add(outer, "Services")
    for service in node.services.values():
        if node.corrupted_product_row and service.kind.name == AXL:
            _corrupted(listing)
        else:
            _specification(listing, service, with_product=True)
    return Reply(response, listing)


def _specification(listing: Element, service: Service, *, with_product: bool) -> None:
    kind = service.kind
    item = add(listing, "item")
    add(item, "ServiceName", kind.name)
    add(item, "ServiceType", "Servlet" if kind.servlet else "Service")
    add(item, "Deployable", "true" if kind.deployable else "false")
    add(item, "GroupName", kind.group)
    if with_product:
        add(item, "ProductID", kind.product)
    add(item, "DependentServices")


def _corrupted(listing: Element) -> None:
    """Add the row that a real node sent in place of the AXL service's."""
    item = add(listing, "item")
    values = {"ServiceName": "yes", "ServiceType": "Servlet", "Deployable": "true"}
    values |= {"GroupName": "none", "ProductID": "315106"}
    for name, value in values.items():
        add(item, name, value)
    add(item, "DependentServices")
