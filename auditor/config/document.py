"""The shape of the configuration file: which tables there are and which keys each may hold.

Every field has a default, so that a file with mistakes still loads once these are cut out and the
checks across keys can find the rest; `mandatory` names the keys that must be there after all.
"""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, PlainValidator

from auditor.config import values
from auditor.findings import Severity

Switch = Annotated[bool, PlainValidator(values.switch)]
Text = Annotated[str, PlainValidator(values.text)]
Host = Annotated[str, PlainValidator(values.host)]
Address = Annotated[tuple[str, int], PlainValidator(values.address)]
Seconds = Annotated[float, PlainValidator(values.seconds)]
NodeNames = Annotated[tuple[str, ...], PlainValidator(values.node_names)]
GroupNames = Annotated[tuple[str, ...], PlainValidator(values.group_names)]
Feature = Annotated[bool | tuple[str, ...], PlainValidator(values.feature)]
Federation = Annotated[bool | str | tuple[str, ...], PlainValidator(values.federation)]
DatabaseType = Annotated[
    str,
    PlainValidator(values.one_of("postgresql", "oracle", "mssql", apart=("mysql", "mariadb"))),
]
DatabaseUses = Annotated[
    tuple[str, ...],
    PlainValidator(values.some_of("permanent_chat", "compliance", "managed_file_transfer")),
]


class Table(BaseModel):
    """Any table: no key but those named, nothing converted on the quiet."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    mandatory: ClassVar[tuple[str, ...]] = ()


class Account(Table):
    """What `[defaults]` may say for all clusters and each `[[cluster]]` for itself."""

    username: Annotated[str, PlainValidator(values.username)] | None = None
    password_command: Annotated[str, PlainValidator(values.command)] | None = None
    workers: Annotated[int, PlainValidator(values.whole(1, 512))] | None = None
    timeout_s: Annotated[float, PlainValidator(values.deadline)] | None = None
    settle_s: Seconds | None = None
    backoff_s: Annotated[tuple[float, ...], PlainValidator(values.pauses)] | None = None
    fail_on: Annotated[str, PlainValidator(values.one_of(*Severity))] | None = None
    proxy: Switch | None = None
    probes: Text | None = None
    waivers: Text | None = None


class Defaults(Account):
    """`[defaults]`: besides what a cluster may override, what holds for a run as a whole."""

    history: Annotated[str, PlainValidator(values.database)] | None = None
    notify: Annotated[tuple[str, ...], PlainValidator(values.urls)] = ()


class Node(Table):
    """A `[[cluster.node]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "role")
    name: Host = ""
    role: Annotated[str, PlainValidator(values.one_of("publisher", "subscriber"))] = ""
    redundancy_group: Text | None = None


class Deployment(Table):
    """`[cluster.deployment]`: which features are in use, and where; None is undeclared."""

    bulk_administration: Switch | None = None
    chat: Feature | None = None
    permanent_chat: Switch | None = None
    permanent_chat_ha: Switch | None = None
    web_clients: Switch | None = None
    xmpp_clients: Switch | None = None
    third_party_ldap_search: Switch | None = None
    third_party_ldap_search_configured: Switch | None = None
    sip_federation: Feature | None = None
    partitioned_intradomain_federation: Switch | None = None
    xmpp_federation: Federation | None = None
    xmpp_federation_enabled_on: NodeNames | None = None
    compliance: Feature | None = None
    compliance_third_party: Feature | None = None
    managed_file_transfer: Feature | None = None
    file_server_configured: Switch | None = None
    routing_nodes: NodeNames | None = None
    intercluster: Switch | None = None
    intercluster_synced_from: GroupNames | None = None
    intercluster_cup86: Switch | None = None


class ExternalDatabase(Table):
    """A `[[cluster.external_database]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "host", "port", "type", "used_by")
    name: Text = ""
    host: Host = ""
    port: Annotated[int, PlainValidator(values.whole(1, 65535))] = 0
    type: DatabaseType = ""
    used_by: DatabaseUses = ()
    nodes: Annotated[tuple[str, ...], PlainValidator(values.some_node_names)] | None = None
    probe: Switch = True


class Peer(Table):
    """A `[[cluster.intercluster_peer]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("address",)
    address: Host = ""


class Cluster(Account):
    """A `[[cluster]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "cucm_publisher")
    name: Text = ""
    cucm_publisher: Address = ("", 0)
    ca_bundle: Text | None = None
    axl_version: Annotated[str, PlainValidator(values.axl_version)] = "auto"
    legacy_tls: Switch = False
    high_availability: Annotated[bool | tuple[str, ...], PlainValidator(values.meant)] | None = None
    planned_nodes: NodeNames = ()
    pins: dict[Host, Annotated[tuple[str, ...], PlainValidator(values.pins)]] = {}
    addresses: dict[Host, Address] = {}
    node: list[Node] = []
    deployment: Deployment = Deployment()
    external_database: list[ExternalDatabase] = []
    intercluster_peer: list[Peer] = []


class Document(Table):
    """The whole file."""

    defaults: Defaults = Defaults()
    cluster: list[Cluster] = []


TABLES: dict[tuple[str, ...], type[Table]] = {
    (): Document,
    ("defaults",): Defaults,
    ("cluster",): Cluster,
    ("cluster", "deployment"): Deployment,
    ("cluster", "node"): Node,
    ("cluster", "external_database"): ExternalDatabase,
    ("cluster", "intercluster_peer"): Peer,
}
"""Each table by its place in the file."""

LISTED = frozenset({"cluster", "node", "external_database", "intercluster_peer"})
"""Tables that are written in double brackets and repeat."""
