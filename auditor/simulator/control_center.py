"""Control Center: what the node says of its own services.

Shapes: Cisco's published `ControlCenterServices.wsdl` (document style, qualified elements).
"""

from auditor.simulator.catalogue import AXL_SERVICE
from auditor.simulator.cluster import SimulatedCluster, SimulatedNode
from auditor.simulator.envelope import (
    ReceivedRequest,
    SoapFaultReply,
    SoapReply,
    XmlElement,
    add_child,
    new_qualified_element,
)
from auditor.simulator.service import REASON_CODE_TEXTS, SimulatedService

CONTROL_CENTER_PATH = "/controlcenterservice2/services/ControlCenterServices"
_INSTALLED_PRODUCTS = (
    ("Cisco Unified Communications Manager IM and Presence Service", "CUP", "CUP"),
    ("Common Services", "Common", "SYS"),
)


def handle_control_center(
    soap_request: ReceivedRequest, cluster: SimulatedCluster, node: SimulatedNode
) -> SoapReply:
    """Answer a reading operation; raise SoapFault for every other."""
    match soap_request.operation:
        case "soapGetServiceStatus":
            return _service_status_reply(soap_request, cluster, node)
        case "soapGetStaticServiceList":
            return _static_service_list_reply(node)
        case "getProductInformationList":
            return _product_information_reply(cluster, node)
    raise SoapFaultReply(
        "soapenv:Client", f"{soap_request.operation} is refused: this cluster is read only"
    )


def _service_status_reply(
    soap_request: ReceivedRequest, cluster: SimulatedCluster, node: SimulatedNode
) -> SoapReply:
    names = [name.strip() for name in soap_request.texts("ServiceStatus") if name.strip()]
    response = new_qualified_element("soapGetServiceStatusResponse")
    outer = add_child(response, "soapGetServiceStatusReturn")
    add_child(outer, "ReturnCode", "0")
    add_child(outer, "ReasonCode", "-1")
    add_child(outer, "ReasonString", "")
    listing = add_child(outer, "ServiceInfoList")
    if not names:
        for service in node.services.values():
            _add_status_row(listing, service, cluster)
    for name in names:
        named = node.services.get(name.lower())
        _add_status_row(listing, named, cluster) if named else _add_unknown_service_row(
            listing, name
        )
    return SoapReply(response, listing)


def _add_status_row(
    listing: XmlElement, service: SimulatedService, cluster: SimulatedCluster
) -> None:
    now = cluster.clock.now()
    service.look(now)
    started = service.started
    item = add_child(listing, "item")
    add_child(item, "ServiceName", service.kind.name)
    add_child(item, "ServiceStatus", service.status)
    add_child(item, "ReasonCode", str(service.reason))
    add_child(item, "ReasonCodeString", service.text)
    add_child(item, "StartTime", cluster.clock.text(started) if started is not None else "")
    add_child(item, "UpTime", str(round(now - started)) if started is not None else "-1")


def _add_unknown_service_row(listing: XmlElement, name: str) -> None:
    item = add_child(listing, "item")
    add_child(item, "ServiceName", name)
    add_child(item, "ServiceStatus", "Unknown")
    add_child(item, "ReasonCode", "-1010")
    add_child(item, "ReasonCodeString", REASON_CODE_TEXTS[-1010])
    add_child(item, "StartTime", "")
    add_child(item, "UpTime", "-1")


def _static_service_list_reply(node: SimulatedNode) -> SoapReply:
    response = new_qualified_element("soapGetStaticServiceListResponse")
    listing = add_child(add_child(response, "soapGetStaticServiceListReturn"), "Services")
    for service in node.services.values():
        _add_service_specification(listing, service, with_product=False)
    return SoapReply(response, listing)


def _product_information_reply(cluster: SimulatedCluster, node: SimulatedNode) -> SoapReply:
    response = new_qualified_element("getProductInformationListResponse")
    outer = add_child(response, "getProductInformationListReturn")
    add_child(outer, "ActiveServerVersion", f"{node.release}.x86_64")
    add_child(outer, "PrimaryNode", cluster.publisher.address)
    add_child(outer, "SecondaryNode", "")
    products = add_child(outer, "Products")
    for name, identity, short in _INSTALLED_PRODUCTS:
        item = add_child(products, "item")
        add_child(item, "ProductName", name)
        add_child(item, "ProductVersion", node.release)
        add_child(item, "ProductDescription", name)
        add_child(item, "ProductID", identity)
        add_child(item, "ShortName", short)
    listing = add_child(outer, "Services")
    for service in node.services.values():
        if node.corrupted_product_row and service.kind.name == AXL_SERVICE:
            _add_corrupted_row(listing)
        else:
            _add_service_specification(listing, service, with_product=True)
    return SoapReply(response, listing)


def _add_service_specification(
    listing: XmlElement, service: SimulatedService, *, with_product: bool
) -> None:
    kind = service.kind
    item = add_child(listing, "item")
    add_child(item, "ServiceName", kind.name)
    add_child(item, "ServiceType", "Servlet" if kind.servlet else "Service")
    add_child(item, "Deployable", "true" if kind.deployable else "false")
    add_child(item, "GroupName", kind.group)
    if with_product:
        add_child(item, "ProductID", kind.product)
    add_child(item, "DependentServices")


def _add_corrupted_row(listing: XmlElement) -> None:
    """Add the row that a real node sent in place of the AXL service's."""
    item = add_child(listing, "item")
    values = {"ServiceName": "yes", "ServiceType": "Servlet", "Deployable": "true"}
    values |= {"GroupName": "none", "ProductID": "315106"}
    for name, value in values.items():
        add_child(item, name, value)
    add_child(item, "DependentServices")
