"""The English of every form of statement; `sentences` fills in the values.

A template is the clause of one form, without a capital at the beginning and without a full stop.
The word after the colon of a placeholder says what `sentences` makes of its value.
"""

from collections.abc import Mapping

from auditor.models.forms import Form

CLAUSE_TEMPLATES: Mapping[Form, str] = {
    Form.NOTE: "",
    Form.ALL_OF: "{parts}",
    Form.GENERIC_SUBJECT: "the {kind}",
    Form.UNKNOWN_WHETHER: "it is not known whether {what}",
    # Services
    Form.SERVICE_STATE: "{service} is {state:state} on {node}{reason:brackets}",
    Form.SERVICE_STATE_UNKNOWN: "the state of {service} on {node} is not known",
    Form.SERVICE_OBSERVATION: "{service}: {state:capital}{reason:reason}",
    Form.SERVICE_UNKNOWN_BECAUSE: "{service}: unknown, because {why}",
    Form.SERVICE_RUNS: "{service} runs on {node}",
    Form.SERVICE_ACTIVATED_AND_RUNS: "{service} is activated and runs on {node}",
    Form.SERVICE_ACTIVATED: "{service} is activated on {node}",
    Form.SERVICE_NOT_ACTIVATED: "{service} is not activated on {node}",
    Form.SERVICE_ACTIVATED_AND_STATE: "{service} is activated on {node}, and is {state}",
    Form.SERVICE_OPTIONAL: "{service} may be on or off on {node}",
    Form.SERVICE_STAYS_UP: "{service} stays up on {node} once it has started",
    Form.SERVICE_RESTARTED: "{service} on {node} restarted between two readings",
    Form.SERVICE_RAN_BEFORE: "{service} on {node} ran at one reading and was {state} at the next",
    Form.SERVICE_STILL_MOVING: "{service} on {node} is {state}, as it was in the run before",
    Form.SERVICE_ACTIVATION_UNKNOWN: "{observation}, and it is not known whether it is activated",
    Form.STATE_UNCLEAR: "Control Center returned a state without a clear meaning",
    Form.MOVING_AT_LAST_READING: "it was still {state} at the last reading of this run",
    Form.ACTIVATION_CONTRADICTED: "it runs and is reported as not activated: a contradiction",
    Form.OPERATORS_CHOICE: "it is on by default, and on this node it is the operator's choice",
    Form.JUDGED_BY_OTHER_ROW: "another recommendation judges a service that is stopped",
    Form.SECOND_READING_NEEDED: "it is not known whether it stays up: that needs a second reading",
    Form.STAYED_UP: "it stayed up for long enough, or over two readings",
    Form.SERVICES_DO_NOT_RUN: "{services} {services:do} not run",
    Form.SERVICE_NOT_SETTLED: "the service has not settled yet",
    # Sources
    Form.CONTROL_CENTER_OF: "Control Center of {node}",
    Form.PERFMON_OF: "PerfMon of {node}",
    Form.AXL_OF: "AXL of {node}",
    Form.CONNECTION_TO: "connection to {address}",
    Form.WRONG_NODE: "another machine answered in place of {node} (wrong_node)",
    Form.NO_SERVICE_ROW: "Control Center of {node} returned no row for it",
    Form.SERVICE_NOT_LISTED: (
        "node {node} has no {service}: it is in neither its service list nor its product list"
    ),
    Form.LISTED_ON_LIKE_NODE: (
        "node {node} lists no {service}, but {other} of the same release does, so its lists may be "
        "incomplete"
    ),
    Form.STRANGE_PRODUCT: (
        "node {node} lists no {service}, but a row of its product list names no known service and "
        "may have been that one"
    ),
    Form.SOURCE_SILENT: "{source:source} of {node} returned nothing",
    Form.SOURCE_FAILED: "{source:source} of {node} gave no answer ({reason})",
    Form.AXL_REPLIES_EXPECTED: "AXL of {node} answers an authenticated request",
    Form.AXL_REPLIED: "AXL of {node} answered",
    Form.AXL_DID_NOT_REPLY: "AXL of {node} did not answer, though its service runs",
    Form.AXL_WITHOUT_DATABASE: "AXL of {node} runs and cannot reach its database",
    Form.AXL_REPLY: "AXL of {node} answers",
    # Settings
    Form.KEY_NAMES_NO_NODE: "{key:code} names no node",
    Form.KEY_NAMES_NODE: "{key:code} names {node}{origin:brackets}",
    Form.KEY_OMITS_NODE: "{key:code} does not name {node}{origin:brackets}",
    Form.KEY_NOT_DECLARED: "{key:code} is not declared",
    Form.KEY_NOT_DECLARED_TRUE: "{key:code} is not declared true",
    Form.KEY_NOT_DECLARED_FALSE: "{key:code} is not declared false",
    Form.KEY_DECLARED_FALSE: "{key:code} is declared false",
    Form.KEY_DECLARED: "{key:code} is declared {value}{names:for}",
    Form.KEY_VALUE: "{key:code} is {value}{names:for}{origin:brackets}",
    Form.KEY_READ_OTHERWISE: "it is {origin} to be {value}{names:for}",
    Form.KEY_TRUE_SOMEWHERE: "{key:code} is true on some node",
    Form.KEY_TRUE_NODES_UNKNOWN: "{key:code} is true ({origin}), but its nodes are not known",
    Form.KEY_MATCHES: "{key:code} matches the cluster",
    Form.KEY_DIFFERS: "{key:code} differs from the cluster",
    Form.NAMES: "it names {names:list}",
    Form.NOT_CONFIRMED: (
        "{reason}; the cluster's own data suggests it, but your file does not confirm it"
    ),
    Form.NOT_CONFIRMED_TODAY: (
        "{reason}; that depends on nodes, roles or groups of an earlier run, which may have changed"
    ),
    # Releases
    Form.RELEASE_RANGE: "this holds for releases {bounds}, and {release:release}",
    Form.RELEASE_FROM: "from {release}",
    Form.RELEASE_BELOW: "below {release}",
    Form.ONE_VERSION_EXPECTED: "all nodes{group:of} run the same version",
    Form.CUCM_RELEASE_EXPECTED: "CUCM and all IM and Presence nodes run the same release",
    Form.FEWER_THAN_TWO_NODES: "fewer than two nodes{group:of} are installed",
    Form.NO_NODE_RUNS: "no IM and Presence node is installed",
    Form.VERSION_RUNS: "{nodes:list} {nodes:runs} {version}",
    Form.CUCM_RUNS: "CUCM runs {version}",
    Form.VERSIONS_COMPARED: "the whole version that each node reports is compared",
    Form.FIELDS_COMPARED: "the first {count} fields of the versions are compared",
    Form.UPGRADE_HALF_DONE: (
        "an upgrade or a switch of versions is under way, or was left half done"
    ),
    Form.VERSION_UNREADABLE: "{node} reports {version}, which is no whole version",
    Form.VERSION_NOT_REPORTED: "Control Center of {node} reported no version",
    Form.CUCM_VERSION_NOT_READ: "CUCM was not asked for its version",
    # Scopes
    Form.ROW_NOT_APPLICABLE: "nothing: {recommendation} does not apply to {node}",
    Form.ROW_IF_APPLICABLE: "{title}, if {recommendation} applies to {node}",
    Form.ROW_FOR_EVERY_NODE: "{recommendation} holds for every node of every cluster",
    Form.NOT_EXAMINED: "nothing was read on {node}",
    Form.NODE_PLANNED: "node {node} is declared in planned_nodes",
    Form.NODE_IS_PUBLISHER: "node {node} is the publisher",
    Form.NODE_IS_SUBSCRIBER: "node {node} is a subscriber",
    Form.NO_PUBLISHER_KNOWN: "no node is known to be the publisher",
    Form.SEVERAL_NODES: "the cluster has more than one node",
    Form.ONE_NODE: "the cluster has one node",
    Form.ROUTING_NODE_SPARED: (
        "{reason}, and the Partitioned Intradomain Federation Guide keeps this off routing nodes"
    ),
    Form.PEERS_SYNC_FROM_PUBLISHER: "peers sync from {node}, the publisher",
    Form.IN_PUBLISHER_GROUP: "node {node} is in the redundancy group of the publisher",
    Form.NOT_IN_PUBLISHER_GROUP: "node {node} is not in the redundancy group of the publisher",
    Form.PUBLISHER_WITHOUT_GROUP: (
        "publisher {publisher} is in no redundancy group, so its partner is not known"
    ),
    Form.IN_SYNCED_GROUP: "node {node} is in a group of `intercluster_synced_from` ({origin})",
    Form.NOT_IN_SYNCED_GROUP: "`intercluster_synced_from` does not reach node {node} ({origin})",
    Form.WITHOUT_PARTNER: "{reason}, and no failover is possible because it has no partner",
    # Groups and high availability
    Form.PAIR_EXPECTED: "high availability of {group} is on, and both nodes are in state normal",
    Form.NO_NODE_INSTALLED: "{group} has no node installed, so there is no pair to fail over",
    Form.ONE_NODE_INSTALLED: "{group} has one node installed, so there is no pair to fail over",
    Form.TOPOLOGY_NOT_READ: "the CUCM publisher did not list the nodes and groups of the cluster",
    Form.HA_SWITCH_ON: "{group}: high availability is on",
    Form.HA_SWITCH_OFF: "{group}: high availability is off",
    Form.HA_DECLARED: "{group}: `high_availability` is {value}",
    Form.HA_SWITCHED_OFF: "high availability of {group} is switched off",
    Form.HA_OFF: "high availability of {group} is off",
    Form.HA_OFF_NOT_READ: (
        "high availability of {group} is declared off, and the switch was not read"
    ),
    Form.HA_DECLARED_ON: "`high_availability` declares it on for {group}",
    Form.HA_DECLARED_OFF: "`high_availability` declares it off for {group}",
    Form.HA_NOT_DECLARED: "it is not declared whether high availability of {group} should be on",
    Form.HA_OFF_BUT_SWITCH_UNREAD: (
        "`high_availability` declares it off for {group}, but only high availability gives nodes"
        " such states, and its switch was not read"
    ),
    Form.HA_OFF_BUT_SWITCH_DISCOVERED: (
        "`high_availability` declares it off for {group}, but only high availability gives nodes"
        " such states, and its switch was only discovered to be off"
    ),
    Form.HA_SWITCH_NOT_READ: "the CUCM publisher did not report where high availability is on",
    Form.HA_JUDGED_BY_PAIR_ROW: (
        "it says where high availability should be on, and HA-01 judges where it is not"
    ),
    Form.MEMBER_STATE: "{node} is in state {state}",
    Form.MEMBER_UNREADABLE: "{node} is in no readable state",
    Form.MEMBER_UNKNOWN_NODE: "{node} is not among the nodes of the cluster",
    Form.HA_STATE: "{node}: HA state {state}",
    Form.NO_HA_STATE: "{node}: no HA state",
    Form.PAIR_MOVING: "the pair is moving ({states}), and services change while it does",
    Form.PAIR_CLASS: "the pair is {pair_class}{unread:and}{causes:causes}",
    Form.PAIR_CLASS_UNKNOWN: "the state of the pair is unknown{unread:and}{causes:causes}",
    Form.PAIR_HEALTHY_BY_DATABASE: (
        "the states are healthy, but only in the database, which does not confirm them{unread:and}"
    ),
    Form.PAIR_HEALTHY_SWITCH_UNKNOWN: (
        "the states are healthy, but it is not known whether high availability is on"
    ),
    Form.IDLE_SWITCH_UNKNOWN: (
        "{node} is idle and {partner} in backup, so high availability may have stopped it; but "
        "CUCM did not show that high availability is on"
    ),
    Form.IDLE_NODE: (
        "{node} is idle after a failover, its services are stopped on purpose, and {partner}"
        " serves its users in backup mode"
    ),
    Form.IDLE_ACTIVATION_UNKNOWN: (
        "{node} is idle after a failover, which stops services that are activated, and it is not"
        " known whether this one is activated"
    ),
    Form.GROUP_EXPECTED: "{node} belongs to a presence redundancy group",
    Form.GROUP_UNKNOWN: "the redundancy group of {node} is not known",
    Form.GROUP_NOT_NAMED: "neither AXL of the CUCM publisher nor the profile names it",
    Form.NOT_GROUPED: "{node} is in no redundancy group",
    Form.GROUP_NEEDED: "the Presence Engine of a node outside every group does not start",
    Form.IN_GROUP: "{node} is in {group}",
    Form.LISTED_BY_PROFILE: "the profile lists the node in this group",
    Form.LISTED_BY_CLUSTER: "the cluster lists the node in this group",
    Form.PLANNED_NOT_ASKED: "it is declared in planned_nodes, so it was not asked",
    Form.HAS_PAIR: "{group} has a pair of nodes",
    # Replication
    Form.REPLICATION_EXPECTED: "database replication of {node} is good (2)",
    Form.REPLICATION_STATE: "database replication of {node} is in state {meaning} ({number})",
    Form.REPLICATION_STATE_ON: "{meaning} ({number}) on {node}",
    Form.REPLICATE_STATE: "`Replicate_State` of {node} is {number}",
    Form.REPLICATION_INITIALIZING: (
        "replication that starts is in this state, and so is one that never came up"
    ),
    # Prerequisites
    Form.DATABASE_EXPECTED: "an external database for {use:code} is configured on {node}",
    Form.DATABASE_REACHABLE_EXPECTED: (
        "an external database for {use:code} is configured on {node} and reachable"
    ),
    Form.DATABASE_CONFIGURED: "database {databases} is configured for {use:code} on {node}",
    Form.NO_DATABASE: "no external database is listed for {use:code} on {node}",
    Form.DATABASE_SHARED: "database {databases} serves {node} and other nodes too",
    Form.DATABASE: "{name} ({type}){address:at}",
    Form.DATABASE_SILENT: "database {databases} did not answer this machine",
    Form.DATABASE_REPLIED: "database {databases} answers this machine",
    Form.DATABASE_REACHABLE: "database {databases} can be reached",
    Form.DATABASE_NOT_TESTED: (
        "database {databases} is configured; its reachability was not tested"
    ),
    Form.TEST_INCONCLUSIVE: "the connection test from this machine had no result",
    Form.TESTED_FROM_HERE: "the connection test was made from this machine",
    Form.TEST_TURNED_OFF: "`probe` is false, so only the configuration is judged",
    Form.XMPP_FEDERATION_EXPECTED: "XMPP federation is turned on in the administration of {node}",
    Form.LDAP_SEARCH_EXPECTED: (
        "the LDAP contact search for third-party XMPP clients is configured"
    ),
    Form.FILE_SERVER_EXPECTED: "{node} has an external file server and a database of its own",
    Form.THIS_IS_CONFIGURED: "this is configured",
    Form.STARTED_WITH_PREREQUISITE: (
        "{service} started on {node}, and it does not start without this"
    ),
    Form.STARTED_WITH_DATABASE: (
        "{service} started on {node}, so its database was configured and reachable then; which"
        " database that is, and whether it is reachable now, is not known"
    ),
    Form.ITS_DATABASE_REACHABLE: "its database is reachable",
    Form.STARTED_WITH_FILE_SERVER: (
        "{service} started on {node}, so it had a file server and a database then; no database is"
        " listed as its own"
    ),
    Form.DATABASE_IS_OWN: "its database is used by no other node",
    Form.RUNS_WITHOUT_PREREQUISITE: (
        "{service} runs without it: the profile is out of date, or the service will not survive"
        " its next start"
    ),
    Form.STOPPED_WITHOUT_PREREQUISITE: (
        "{service} does not run on {node}, and without this it will not start"
    ),
    Form.STOPPED_WITHOUT_DATABASE: (
        "{service} is stopped, and without its database it will not start"
    ),
    Form.FIREWALL_POSSIBLE: (
        "{service} is {state}, and a firewall may let its node through but not this machine"
    ),
    # Certificates
    Form.CERTIFICATE_EXPECTED: ("the certificate of {server} is valid for at least {days:days}"),
    Form.CERTIFICATE_VALID_UNTIL: "the certificate of {server} is valid until {date}",
    Form.CERTIFICATE_EXPIRED: "the certificate of {server} expired on {date}",
    Form.CERTIFICATE_UNKNOWN: ("it is not known until when the certificate of {server} is valid"),
    Form.CERTIFICATE_DAYS: "`certificate_days` asks for {days:days}",
    Form.HANDSHAKE_WITH: "TLS handshake with {server}",
    Form.RUN_TIME_UNKNOWN: "it is not known when the run began",
    # The profile
    Form.FEATURE_OFF_EXPECTED: "no service runs for the feature that {key:code} declares absent",
    Form.NO_SERVICE_DEPENDS: 'no service depends on {key:code} by an "if" of the table',
    Form.KEY_SERVICES_REQUIRED: "{recommendations} ask for these services in any case",
    Form.NO_NODE_KNOWN: "no node is known",
    Form.REQUIRED_BY: "{reason}, which needs the service",
    Form.POSSIBLY_REQUIRED_BY: "{reason}, which may need the service",
    Form.ON_KNOWN_NODES: "{observation} on the nodes that are known",
    Form.NODES_NOT_LISTED: "the CUCM publisher did not list all nodes of the cluster",
    Form.ONLY_WITH_FEATURE: (
        "{key:code} is declared false, and Cisco asks for the service only with it"
    ),
    Form.NOTHING_TO_COMPARE: "there is nothing to compare {key:key} with",
    Form.NOTHING_CONTRADICTS: "nothing that was read contradicts it",
    Form.NAMES_EXIST_EXPECTED: "every name in {key:code} is a node or group of the cluster",
    Form.NAMES_NOTHING: "{key:code} names no node and no group",
    Form.CLUSTER_HAS: "the cluster has {names:list}",
    Form.CLUSTER_LACKS: "the cluster has no {names:list}",
    Form.CLUSTER_LISTS: "the cluster lists {names:list}",
    Form.NODE_NOT_DECLARED: "CUCM also lists {node}",
    Form.ROLE_DIFFERS: "{node} is declared {declared}, but CUCM lists it as {listed}",
    Form.PRIMARY_NODE_DIFFERS: (
        "{node} is declared the publisher, but the product information names {primary} as primary"
    ),
    Form.GROUP_DIFFERS: "{node} is declared in {declared}, but CUCM lists it in {listed}",
    Form.PLANNED_NODE_REPLIES: ("{node} is declared as not installed yet, but accepts connections"),
    Form.NAME_WITHOUT_EFFECT: "a name that the cluster does not have leaves its key without effect",
    Form.CLUSTER_COUNTS: "what was read counts, and the file differs from it",
    # What to do
    Form.FIX_CAUSE_FIRST: (
        "first fix {recommendations:names}, then do the rest if this still differs"
    ),
    Form.ROW_REMEDY: "in {page}, {once:once}{action}{command:run}{node:on}{then:then}",
    Form.ROW_COMMAND: "run `{command}`{node:on}{then:then}",
    Form.ROW_FIRST: "first {action}",
    Form.HA_OFF_FIRST: (
        "turn high availability of the redundancy {groups} off{where:where} (Cisco Unified CM"
        " Administration > System > Presence Redundancy Groups), unless it is off already, and wait"
        " two minutes"
    ),
    Form.HA_OFF_BRIEFLY: (
        "turn high availability of the redundancy {groups} off{where:where}, wait two minutes"
    ),
    Form.HA_ON_AGAIN: (
        "turn high availability on again only once all services run and database replication is in"
        " state 2 on all nodes"
    ),
    Form.BRING_BACK: "bring {node} back (see coverage), then audit again",
    Form.FIX_ACCESS: (
        "to make {source:source} of {node} answer, {advice}{place:brackets}; then audit again"
    ),
    Form.CHECK_ADDRESS: "correct the address of {node} (see coverage), then audit again",
    Form.CHECK_SERVICE_LIST: (
        "check that Control Center of {node} lists its services, then audit again"
    ),
    Form.LOOK_IN_CONTROL_CENTER: (
        "look at {service} in Control Center of {node}, then audit again"
    ),
    Form.LOOK_IN_SERVICE_ACTIVATION: "look at {service} in Service Activation of {node}",
    Form.AUDIT_WHEN_SETTLED: "audit again once the service has settled",
    Form.AUDIT_LATER: "audit again in a while",
    Form.AUDIT_WHEN_PAIR_STABLE: "audit again once `utils ha status` shows a stable pair",
    Form.TEST_AXL: "send AXL of {node} a request by hand, with the account of the audit",
    Form.DECLARE_KEY: "declare {key:code} in [cluster.deployment]",
    Form.DECLARE_DISCOVERED: "declare in the profile what was only discovered",
    Form.DECLARE_HA: "declare `high_availability` of the cluster",
    Form.READ_ROLES: (
        "make AXL of the CUCM publisher answer, or declare `role` of the nodes in [[cluster.node]]"
    ),
    Form.READ_GROUPS: (
        "make AXL of the CUCM publisher answer, or declare `redundancy_group` of the nodes in"
        " [[cluster.node]]"
    ),
    Form.READ_NODES: (
        "make AXL of the CUCM publisher answer, or declare the nodes in [[cluster.node]]"
    ),
    Form.READ_RELEASE: (
        "make Control Center of the publisher answer, so that the release is known"
    ),
    Form.READ_REPLICATION: (
        "read `utils dbreplication runtimestate` on {node}, and make PerfMon of it answer"
    ),
    Form.AUDIT_WHEN_REPLICATED: (
        "audit again in a while; if it stays so for four hours, Cisco's guide resets it as if the"
        " setup had failed (REPL-01)"
    ),
    Form.READ_VERSION: ("read `show version active` on {node}, and make its Control Center answer"),
    Form.READ_CUCM_VERSION: (
        "make AXL of the CUCM publisher answer, or read `show version active` there"
    ),
    Form.READ_CUCM: "make AXL of the CUCM publisher answer, then audit again",
    Form.PUT_INTO_GROUP: "put {node} into a redundancy group",
    Form.CHECK_HA_AND_CUCM: (
        "run `utils ha status` on both nodes, and make AXL of the CUCM publisher answer"
    ),
    Form.RESTART_RECOVERY_MANAGER: (
        "restart Cisco Server Recovery Manager on both nodes, then read `utils ha status`"
    ),
    Form.CHECK_HA_AND_PERFMON: (
        "read `utils ha status` on both nodes, and make PerfMon of both answer"
    ),
    Form.REMOVE_FROM_PLANNED: "take {node} out of `planned_nodes` once it is installed",
    Form.LIST_DATABASE: "list its database in [[cluster.external_database]]",
    Form.TEST_DATABASE: "test the connection to {databases} from {node}, then audit again",
    Form.TEST_DATABASE_FROM_NODE: "test the connection from {node} itself, then audit again",
}
