"""The tables of the configuration file and the keys that each takes.

Every field has a default: a file still loads once its mistakes are left out, so the checks across
keys can find the rest. `mandatory` names the keys that must be there nevertheless.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PlainValidator, create_model

from auditor.config.value_checks import (
    choice_list_validator,
    choice_validator,
    integer_validator,
    validate_address,
    validate_addresses,
    validate_axl_version_value,
    validate_backoff,
    validate_boolean,
    validate_command,
    validate_database_url,
    validate_domain,
    validate_feature,
    validate_federation,
    validate_group_names,
    validate_ha_groups,
    validate_host,
    validate_node_names,
    validate_nonempty_node_names,
    validate_pins,
    validate_seconds,
    validate_site,
    validate_text,
    validate_timeout,
    validate_urls,
    validate_username,
    validate_web_address,
)
from auditor.models.deployment import KEY_TYPES, KeyType
from auditor.models.findings import Severity

# PlainValidator everywhere: pydantic's own checks would put its words before the user.
BooleanValue = Annotated[bool, PlainValidator(validate_boolean)]
TextValue = Annotated[str, PlainValidator(validate_text)]
HostValue = Annotated[str, PlainValidator(validate_host)]
AddressValue = Annotated[tuple[str, int], PlainValidator(validate_address)]
AddressesValue = Annotated[tuple[tuple[str, int], ...], PlainValidator(validate_addresses)]
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


# Longer than an authority signs for; a larger number is a mistake in the unit.
_MAX_CERTIFICATE_DAYS = 3650


class ConfigTable(BaseModel):
    """Any table: no unknown key, and no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    mandatory: ClassVar[tuple[str, ...]] = ()


class CommonTable(ConfigTable):
    """Keys that `[defaults]` sets for all clusters and each `[[cluster]]` for itself."""

    username: Annotated[str, PlainValidator(validate_username)] | None = None
    password_command: Annotated[str, PlainValidator(validate_command)] | None = None
    workers: Annotated[int, PlainValidator(integer_validator(1, 512))] | None = None
    timeout_s: Annotated[float, PlainValidator(validate_timeout)] | None = None
    settle_s: SecondsValue | None = None
    backoff_s: Annotated[tuple[float, ...], PlainValidator(validate_backoff)] | None = None
    fail_on: Annotated[str, PlainValidator(choice_validator(*Severity))] | None = None
    certificate_days: (
        Annotated[int, PlainValidator(integer_validator(1, _MAX_CERTIFICATE_DAYS))] | None
    ) = None
    proxy: BooleanValue | None = None
    probes: TextValue | None = None
    waivers: TextValue | None = None
    site: Annotated[str, PlainValidator(validate_site)] | None = None


class DefaultsTable(CommonTable):
    """`[defaults]`: keys that a cluster may override, and keys of a run as a whole."""

    history: Annotated[str, PlainValidator(validate_database_url)] | None = None
    notify: Annotated[tuple[str, ...], PlainValidator(validate_urls)] = ()
    report_url: Annotated[str, PlainValidator(validate_web_address)] | None = None


class NodeTable(ConfigTable):
    """A `[[cluster.node]]`."""

    mandatory: ClassVar[tuple[str, ...]] = ("name", "role")
    name: HostValue = ""
    role: Annotated[str, PlainValidator(choice_validator("publisher", "subscriber"))] = ""
    redundancy_group: TextValue | None = None


class DeploymentTable(ConfigTable):
    """`[cluster.deployment]`: which features are in use, and where; None is not declared.

    Files are read as `FullDeploymentTable`, which has a field for every key of the list.
    """

    def value(self, key: str) -> bool | str | tuple[str, ...] | None:
        """Return what is declared for a key."""
        declared: bool | str | tuple[str, ...] | None = getattr(self, key)
        return declared


_DEPLOYMENT_VALUES: Mapping[KeyType, Any] = {
    KeyType.SWITCH: BooleanValue,
    KeyType.FEATURE: FeatureValue,
    KeyType.FEDERATION: FederationValue,
    KeyType.NODES: NodeNamesValue,
    KeyType.GROUPS: GroupNamesValue,
}
_DEPLOYMENT_FIELDS: Mapping[str, Any] = {
    key: (_DEPLOYMENT_VALUES[takes] | None, None) for key, takes in KEY_TYPES.items()
}
FullDeploymentTable = create_model(
    "FullDeploymentTable", __base__=DeploymentTable, **_DEPLOYMENT_FIELDS
)


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
    cucm_subscribers: AddressesValue = ()
    domain: Annotated[str, PlainValidator(validate_domain)] | None = None
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
    # The model with all keys is made at run time, where a type checker does not see it.
    deployment: Annotated[DeploymentTable, PlainValidator(FullDeploymentTable.model_validate)] = (
        FullDeploymentTable()
    )
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
    ("cluster", "deployment"): FullDeploymentTable,
    ("cluster", "node"): NodeTable,
    ("cluster", "external_database"): ExternalDatabaseTable,
    ("cluster", "intercluster_peer"): PeerTable,
}
"""Each table by its place in the file."""

REPEATED_TABLES = frozenset({"cluster", "node", "external_database", "intercluster_peer"})
"""Tables that are written in double brackets and repeat."""
