"""Our WSDLs say what Cisco's say, for the operations that read, and define no other."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree

from auditor.resources import wsdl_folder
from auditor.soap.operations import (
    AXL_API,
    CONTROL_CENTER_API,
    PERFMON_API,
    SoapInterface,
    get_operation,
)

XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
AST = "{http://schemas.cisco.com/ast/soap}"

ALLOWED = {
    "ControlCenterServices": {
        "soapGetServiceStatus",
        "getProductInformationList",
        "soapGetStaticServiceList",
    },
    "PerfmonService": {"perfmonCollectCounterData"},
    "AXLAPI": {
        "listProcessNode",
        "listPresenceRedundancyGroup",
        "listProcessNodeService",
        "getCCMVersion",
        "executeSQLQuery",
    },
}


def schemas() -> Path:
    """Return the folder of the AXL schemas that ciscoaxl ships."""
    spec = find_spec("ciscoaxl")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "schema"


VERSIONS = ("10.0", "10.5", "11.0", "11.5", "12.0", "12.5")
EVERYWHERE = [(version, name) for version in VERSIONS for name in sorted(ALLOWED["AXLAPI"])]
BEFORE = [
    (version, name) for version in ("8.5", "9.1") for name in ("executeSQLQuery", "getCCMVersion")
]


def ours(name: str) -> etree._Element:
    """Return the root of one of our files."""
    return etree.parse(wsdl_folder() / f"{name}.wsdl").getroot()


def says(node: etree._Element, attribute: str) -> str:
    """Return an attribute that must be there."""
    return str(node.attrib[attribute])


def named(root: etree._Element, tag: str) -> dict[str, etree._Element]:
    """Return the top-level definitions of one kind, by name."""
    return {says(element, "name"): element for element in root.findall(f"{XSD}{tag}")}


@cache
def cisco(version: str, file: str = "AXLSoap.xsd") -> etree._Element:
    """Return the root of one of Cisco's files."""
    return etree.parse(schemas() / version / file).getroot()


class Schema:
    """A schema whose types can be written out in full."""

    def __init__(self, root: etree._Element) -> None:
        self.elements = named(root, "element")
        self.types = {**named(root, "complexType"), **named(root, "simpleType")}
        self.namespace = says(root, "targetNamespace")
        self.qualified = root.get("elementFormDefault", "unqualified")

    def element(self, node: etree._Element) -> tuple[object, ...]:
        """Return an element with everything that decides what is sent or read."""
        inner = [self.type(child) for child in node if child.tag != f"{XSD}annotation"]
        return (
            says(node, "name"),
            node.get("minOccurs", "1"),
            node.get("maxOccurs", "1"),
            node.get("nillable", "false"),
            self.reference(node.get("type")) if "type" in node.attrib else inner,
        )

    def reference(self, name: str | None) -> object:
        """Return a type by its name: a builtin as it is, one of the schema written out."""
        prefix, _, local = (name or "").rpartition(":")
        if prefix == "xsd" or local not in self.types:
            return f"builtin {local}"
        definition = self.types[local]
        if local == "XService" and any(not len(r) for r in definition.iter(f"{XSD}restriction")):
            return "any string"  # behind a list of services that differs by version
        return (local, self.type(definition))

    def type(self, node: etree._Element) -> object:
        """Return a type's content, attributes in any order."""
        tag = etree.QName(node).localname
        if tag == "element":
            return self.element(node)
        if tag == "attribute":
            return (
                "attribute",
                says(node, "name"),
                self.reference(node.get("type")),
                node.get("use", "optional"),
            )
        kept = {
            key: self.reference(str(value)) if key in {"base", "memberTypes"} else value
            for key, value in node.attrib.items()
            if key in {"base", "memberTypes", "minOccurs", "maxOccurs", "value", "abstract"}
        }
        inner = [self.type(child) for child in node if child.tag != f"{XSD}annotation"]
        return (tag, sorted(kept.items(), key=str), inner)


def our_schema(name: str) -> Schema:
    """Return the schema inside one of our files."""
    schema = ours(name).find(f"{WSDL}types/{XSD}schema")
    assert schema is not None
    return Schema(schema)


@pytest.mark.parametrize(("version", "name"), [*EVERYWHERE, *BEFORE])
def test_axl_requests_and_responses_are_those_of_every_version(version: str, name: str) -> None:
    theirs = Schema(cisco(version))
    mine = our_schema("AXLAPI")
    assert mine.qualified == theirs.qualified == "unqualified"
    for element in (name, f"{name}Response"):
        assert mine.element(mine.elements[element]) == theirs.element(theirs.elements[element])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_axl_error_is_that_of_every_version(version: str) -> None:
    theirs = Schema(cisco(version))
    mine = our_schema("AXLAPI")
    assert mine.element(mine.elements["axlError"]) == theirs.element(theirs.elements["axlError"])


@pytest.mark.parametrize(("version", "name"), EVERYWHERE)
def test_axl_actions_and_messages_are_those_of_every_version(version: str, name: str) -> None:
    theirs = cisco(version, "AXLAPI.wsdl")
    operation = get_operation(AXL_API, name, version)
    (action,) = theirs.findall(f"{WSDL}binding/{WSDL}operation[@name='{name}']/{SOAP}operation")
    assert operation.soap_action == says(action, "soapAction")
    for root in (theirs, ours("AXLAPI")):
        parts = {
            kind: root.find(f"{WSDL}message[@name='{name}{kind}']/{WSDL}part")
            for kind in ("In", "Out")
        }
        elements = [
            says(part, "element").partition(":")[2] for part in parts.values() if part is not None
        ]
        assert elements == [name, f"{name}Response"]
    namespace = Schema(cisco(version)).namespace
    assert operation.reply_name == f"{{{namespace}}}{name}Response"
    assert f'xmlns:ns0="{namespace}"'.encode() in operation.envelope(_least(name))


def _least(name: str) -> dict[str, object]:
    values: dict[str, dict[str, object]] = {"getCCMVersion": {}, "executeSQLQuery": {"sql": "x"}}
    return values.get(name, {"searchCriteria": {}, "returnedTags": {}})


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_every_defined_operation_only_reads(name: str) -> None:
    root = ours(name)
    assert {operations.name for operations in wsdl_folder().iterdir()} == {
        f"{key}.wsdl" for key in ALLOWED
    }
    for path in ("portType", "binding"):
        operations = root.findall(f"{WSDL}{path}/{WSDL}operation")
        assert {says(node, "name") for node in operations} == ALLOWED[name]
    elements = set(our_schema(name).elements) - {"axlError"}
    assert elements == ALLOWED[name] | {f"{allowed}Response" for allowed in ALLOWED[name]}


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_no_file_refers_to_another(name: str) -> None:
    assert not [
        n for n in ours(name).iter("*") if etree.QName(n).localname in {"import", "include"}
    ]


@pytest.mark.parametrize(
    ("interface", "name"),
    [
        (CONTROL_CENTER_API, "soapDoControlServices"),
        (CONTROL_CENTER_API, "soapDoServiceDeployment"),
        (PERFMON_API, "perfmonOpenSession"),
        (AXL_API, "executeSQLUpdate"),
        (AXL_API, "updateProcessNodeService"),
        (AXL_API, "doServiceParametersReset"),
    ],
)
def test_an_undefined_operation_cannot_be_sent(interface: SoapInterface, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        get_operation(interface, name)


SERVICE = ["ServiceName", "ServiceType", "Deployable", "GroupName"]
PUBLISHED = {
    "ControlCenterServices": {
        "soapGetServiceStatus": ["ServiceStatus string 1 unbounded"],
        "getProductInformationList": ["ServiceInfo string 1 1"],
        "soapGetStaticServiceList": ["ServiceInformationResponse string 1 1"],
        "ServiceInformationResponse": [
            "ReturnCode",
            "ReasonCode",
            "ReasonString",
            "ServiceInfoList",
        ],
        "ServiceInformation": [
            "ServiceName",
            "ServiceStatus",
            "ReasonCode",
            "ReasonCodeString",
            "StartTime",
            "UpTime",
        ],
        "GetProductInformationListResponse": [
            "ActiveServerVersion",
            "PrimaryNode",
            "SecondaryNode",
            "Products",
            "Services",
        ],
        "InstalledProduct": [
            "ProductName",
            "ProductVersion",
            "ProductDescription",
            "ProductID",
            "ShortName",
        ],
        "ProductServiceSpecification": [*SERVICE, "ProductID", "DependentServices"],
        "ServiceSpecification": [*SERVICE, "DependentServices"],
        "StaticServiceList": ["Services"],
        "DependentServices": ["Service"],
    },
    "PerfmonService": {
        "perfmonCollectCounterData": ["Host string 1 1", "Object string 1 1"],
        "perfmonCollectCounterDataResponse": [
            "perfmonCollectCounterDataReturn CounterInfoType 0 unbounded"
        ],
        "CounterInfoType": ["Name string 1 1", "Value long 1 1", "CStatus unsignedInt 1 1"],
    },
}


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file, types in PUBLISHED.items() for name in types]
)
def test_serviceability_types_hold_what_cisco_publishes_in_that_order(file: str, name: str) -> None:
    schema = our_schema(file)
    assert schema.qualified == "qualified"
    assert f"{{{schema.namespace}}}" == AST
    holder = schema.types[name] if name in schema.types else schema.elements[name]
    elements = [
        f"{says(e, 'name')} {says(e, 'type').partition(':')[2]} "
        f"{e.get('minOccurs', '1')} {e.get('maxOccurs', '1')}"
        for e in holder.iter(f"{XSD}element")
        if "type" in e.attrib
    ]
    published = PUBLISHED[file][name]
    assert [
        line if " " in want else line.split()[0]
        for line, want in zip(elements, published, strict=True)
    ] == published


@pytest.mark.parametrize("interface", [CONTROL_CENTER_API, PERFMON_API])
def test_the_action_of_a_serviceability_operation_is_its_name(interface: SoapInterface) -> None:
    for name in ALLOWED[interface.wsdl]:
        assert get_operation(interface, name).soap_action == name
        assert get_operation(interface, name).reply_name == f"{AST}{name}Response"


def test_the_paths_are_those_that_the_files_name() -> None:
    for interface in (CONTROL_CENTER_API, PERFMON_API, AXL_API):
        address = ours(interface.wsdl).find(f"{WSDL}service/{WSDL}port/{SOAP}address")
        assert address is not None
        assert says(address, "location") == f"https://localhost:8443{interface.path}"
