"""The shape of the configuration file: which tables there are and which keys each may hold.

Every field has a default, so that a file with mistakes still loads once these are cut out and the
checks across keys can find the rest; `mandatory` names the keys that must be there after all.
"""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, PlainValidator

from auditor.config.value_checks import (
    choice_list_validator,
    choice_validator,
    integer_validator,
    validate_address,
    validate_axl_version_value,
    validate_backoff,
    validate_boolean,
    validate_command,
    validate_database_url,
    validate_feature,
    validate_federation,
    validate_group_names,
    validate_ha_groups,
    validate_host,
    validate_node_names,
    validate_nonempty_node_names,
    validate_pins,
    validate_seconds,
    validate_text,
    validate_timeout,
    validate_urls,
    validate_username,
)
from auditor.models.findings import Severity

BooleanValue = Annotated[bool, PlainValidator(validate_boolean)]
TextValue = Annotated[str, PlainValidator(validate_text)]
HostValue = Annotated[str, PlainValidator(validate_host)]
AddressValue = Annotated[tuple[str, int], PlainValidator(validate_address)]
SecondsValue = Annotated[float, PlainValidator(validate_seconds)]
NodeNamesValue = Annotated[tuple[str, ...], PlainValidator(validate_node_names)]
GroupNamesValue = Annotated[tuple[str, ...], PlainValidator(validate_group_names)]
FeatureValue = Annotated[bool | tuple[str, ...], PlainValidator(validate_feature)]
FederationValue = Annotated[bool | str | tuple[str, ...], PlainValidator(validate_federation)]
DatabaseTypeValue = Annotated[
    str,
    PlainValidator(choice_validator("postgresql", "oracle", "mssql", apart=("mysql", "mariadb"))),
]
DatabaseUsesValue = Annotated[
    tuple[str, ...],
    PlainValidator(choice_list_validator("permanent_chat", "compliance", "managed_file_transfer")),
]


class ConfigTable(BaseModel):
    """Any table: no key but those named, nothing converted on the quiet."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    mandatory: ClassVar[tuple[str, ...]] = ()


class CommonTable(ConfigTable):
    """What `[defaults]` may say for all clusters and each `[[cluster]]` for itself."""

    username: Annotated[str, PlainValidator(validate_username)] | None = None
    password_command: Annotated[str, PlainValidator(validate_command)] | None = None
    workers: Annotated[int, PlainValidator(integer_validator(1, 512))] | None = None
    timeout_s: Annotated[float, PlainValidator(validate_timeout)] | None = None
    settle_s: SecondsValue | None = None
    backoff_s: Annotated[tuple[float, ...], PlainValidator(validate_backoff)] | None = None
    fail_on: Annotated[str, PlainValidator(choice_validator(*Severity))] | None = None
    proxy: BooleanValue | None = None
    probes: TextValue | None = None
    waivers: TextValue | None = None


class DefaultsTable(CommonTable):
    """`[defaults]`: besides what a cluster may override, what holds for a run as a whole."""

    history: Annotated[str, PlainValidator(validate_database_url)] | None = None
    notify: Annotated[tuple[str, ...], PlainValidator(validate_urls)] = ()


class NodeTable(ConfigTable):
    """A `[[cluster.node]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "role")
    name: HostValue = ""
    role: Annotated[str, PlainValidator(choice_validator("publisher", "subscriber"))] = ""
    redundancy_group: TextValue | None = None


class DeploymentTable(ConfigTable):
    """`[cluster.deployment]`: which features are in use, and where; None is undeclared."""

    bulk_administration: BooleanValue | None = None
    chat: FeatureValue | None = None
    permanent_chat: BooleanValue | None = None
    permanent_chat_ha: BooleanValue | None = None
    web_clients: BooleanValue | None = None
    xmpp_clients: BooleanValue | None = None
    third_party_ldap_search: BooleanValue | None = None
    third_party_ldap_search_configured: BooleanValue | None = None
    sip_federation: FeatureValue | None = None
    partitioned_intradomain_federation: BooleanValue | None = None
    xmpp_federation: FederationValue | None = None
    xmpp_federation_enabled_on: NodeNamesValue | None = None
    compliance: FeatureValue | None = None
    compliance_third_party: FeatureValue | None = None
    managed_file_transfer: FeatureValue | None = None
    file_server_configured: BooleanValue | None = None
    routing_nodes: NodeNamesValue | None = None
    intercluster: BooleanValue | None = None
    intercluster_synced_from: GroupNamesValue | None = None
    intercluster_cup86: BooleanValue | None = None


class ExternalDatabaseTable(ConfigTable):
    """A `[[cluster.external_database]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "host", "port", "type", "used_by")
    name: TextValue = ""
    host: HostValue = ""
    port: Annotated[int, PlainValidator(integer_validator(1, 65535))] = 0
    type: DatabaseTypeValue = ""
    used_by: DatabaseUsesValue = ()
    nodes: Annotated[tuple[str, ...], PlainValidator(validate_nonempty_node_names)] | None = None
    probe: BooleanValue = True


class PeerTable(ConfigTable):
    """A `[[cluster.intercluster_peer]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("address",)
    address: HostValue = ""


class ClusterTable(CommonTable):
    """A `[[cluster]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "cucm_publisher")
    name: TextValue = ""
    cucm_publisher: AddressValue = ("", 0)
    ca_bundle: TextValue | None = None
    axl_version: Annotated[str, PlainValidator(validate_axl_version_value)] = "auto"
    legacy_tls: BooleanValue = False
    high_availability: (
        Annotated[bool | tuple[str, ...], PlainValidator(validate_ha_groups)] | None
    ) = None
    planned_nodes: NodeNamesValue = ()
    pins: dict[HostValue, Annotated[tuple[str, ...], PlainValidator(validate_pins)]] = {}
    addresses: dict[HostValue, AddressValue] = {}
    node: list[NodeTable] = []
    deployment: DeploymentTable = DeploymentTable()
    external_database: list[ExternalDatabaseTable] = []
    intercluster_peer: list[PeerTable] = []


class ConfigDocument(ConfigTable):
    """The whole file."""

    defaults: DefaultsTable = DefaultsTable()
    cluster: list[ClusterTable] = []


TABLES_BY_PATH: dict[tuple[str, ...], type[ConfigTable]] = {
    (): ConfigDocument,
    ("defaults",): DefaultsTable,
    ("cluster",): ClusterTable,
    ("cluster", "deployment"): DeploymentTable,
    ("cluster", "node"): NodeTable,
    ("cluster", "external_database"): ExternalDatabaseTable,
    ("cluster", "intercluster_peer"): PeerTable,
}
"""Each table by its place in the file."""

REPEATED_TABLES = frozenset({"cluster", "node", "external_database", "intercluster_peer"})
"""Tables that are written in double brackets and repeat."""
