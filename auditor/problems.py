"""Everything that can fail with a server: what is said of it, and what to do, a row each."""

from enum import Enum

from auditor.failure_reasons import ReasonText

# The first question after a refused certificate is whether the password has left this machine.
_NOTHING_SENT = "; nothing was sent"
_ASK_AGAIN_PROXY = "ask again; if it stays so, look for a proxy between this machine and {server}"
_ASK_AGAIN_TOMCAT = "ask again; if it stays so, look at the web server of {server} (Cisco Tomcat)"
_ASK_AGAIN_LIST = (
    "ask again; if it stays so, look at the same list in the administration pages of {server}"
)
_LOAD_BALANCER = "look for a proxy or load balancer between this machine and {server}"
_COMPARE_GROUPS = "compare with CUCM's Presence Redundancy Groups; ask again"
_COMPARE_SERVERS = "compare with CUCM's server list, and declare the nodes as [[cluster.node]]"
_COMPARE_DIGEST = "compare that digest on {server} itself, then {pin_it}"
_CERTIFICATE_PAGE = "Cisco Unified OS Administration > Security > Certificate Management > tomcat"
_PINS = "[cluster.pins]; `auditor trust{config} {server} {cluster}` shows and records it"
_READ_HA_STATE = "read the state with `utils ha status` on {server}"
_READ_REPLICATION = "read it with `utils dbreplication runtimestate` on {server}"


class Problem(Enum):
    """What exactly failed: finer than a reason, with words of its own where it needs them.

    Placeholders that are not in `Failure.values`: `server`, `who` (interface and server), and the
    names of `auditor.failures.FailureWords`. `digest` and `password_source` are left out where
    they are unknown.
    """

    # Evidence stores the names: a change of one makes older evidence unreadable. No two rows may
    # have the same texts, or Enum would make the second an alias of the first.
    UNSPECIFIED = ReasonText("")
    """Only the reason is known."""

    # unreachable
    NO_HOST_NAME = ReasonText(
        "the address of {server} is not a host name", "give its address ({addresses})"
    )
    NO_ADDRESS = ReasonText(
        "{host} has no address: {error}",
        "correct the name, or give its address ({addresses})",
        '{addresses}: "{server}" = "ADDRESS"',
    )
    NO_CONNECTION = ReasonText(
        "no connection to {server} at {place}: {error}",
        "check its address ({addresses}), the network, and that it is up",
        "the firewalls on the way",
    )
    CONNECTION_REFUSED = ReasonText(
        "{place} refused the connection",
        "check the address and port, and that Cisco Tomcat runs there",
        "{addresses}; on the server `utils service list` shows Cisco Tomcat",
    )
    CONNECTION_TIMED_OUT = ReasonText(
        "{place} did not answer in the time allowed",
        "let TCP port {port} through from this machine, or correct its address",
        "the firewalls on the way, or {addresses}",
    )
    NO_ROUTE = ReasonText(
        "no connection to {place}: {error}",
        "check the route to it, that it is up, and that its address and port are right",
        "the network, or {addresses}",
    )
    NO_PROXY_CONNECTION = ReasonText(
        "the proxy opened no connection to {server}",
        "check the proxy in the environment, or set proxy = false",
        "`proxy`; HTTPS_PROXY in the environment",
    )
    CONNECTION_DROPPED = ReasonText(
        "{server} ended the connection without answering",
        "check that its web server (Cisco Tomcat) is not being restarted",
    )
    HANDSHAKE_DROPPED = ReasonText(
        f"{{server}} ended the connection during the TLS handshake{_NOTHING_SENT}",
        "check that its web server (Cisco Tomcat) runs and that nothing filters the port",
    )
    # timed_out
    DEADLINE_PASSED = ReasonText(
        "{server} did not answer completely within {seconds} s",
        "check its load and the network, or raise timeout_s; this request was not repeated",
    )
    NO_CONNECTION_IN_TIME = ReasonText(
        "{server} completed no connection within {seconds} s",
        "check that it is up, the network, and its address; it was not asked again",
        "{addresses}; the firewalls on the way",
    )
    SHARE_PASSED = ReasonText(
        "{server} did not answer in what earlier time-outs left of the {seconds} s that its "
        "requests have in all",
        "check its load and the network, or raise timeout_s",
    )
    # tls
    IMPOSSIBLE_NAME = ReasonText(
        f"{{name}} is not a name that a certificate can prove{_NOTHING_SENT}",
        "give the name in its certificate ({addresses})",
        "{addresses}",
    )
    UNREADABLE_CERTIFICATE = ReasonText(
        f"{{server}} showed a certificate that cannot be read{_NOTHING_SENT}",
        "renew its Tomcat certificate{with_ha_off}",
        _CERTIFICATE_PAGE,
    )
    UNPINNED_CERTIFICATE = ReasonText(
        f"{{server}} showed a certificate that is not pinned for it{{digest}}{_NOTHING_SENT}",
        "find out why it changed; if that was meant, {pin_new}",
        _PINS,
    )
    UNVERIFIED_CERTIFICATE = ReasonText(
        f"{{server}} showed a certificate that does not verify{_NOTHING_SENT}",
        "give the authority that signed it as {ca_bundle}, or {pin_it}",
        "Cisco Unified OS Administration > Security, or `legacy_tls`",
    )
    EXPIRED_CERTIFICATE = ReasonText(
        f"{{server}} showed a certificate that expired on {{date}}{_NOTHING_SENT}",
        "renew its Tomcat certificate{with_ha_off}, or correct this machine's clock",
        _CERTIFICATE_PAGE,
    )
    FUTURE_CERTIFICATE = ReasonText(
        f"{{server}} showed a certificate that is valid only from {{date}}{_NOTHING_SENT}",
        "correct the clock of this machine or of the node",
        _CERTIFICATE_PAGE,
    )
    SELF_SIGNED_CERTIFICATE = ReasonText(
        f"{{server}} showed a self-signed certificate that is not pinned{{digest}}{_NOTHING_SENT}",
        _COMPARE_DIGEST,
        _PINS,
    )
    WEAK_CERTIFICATE = ReasonText(
        f"{{server}} showed a certificate with a key or signature too weak for today's rules"
        f"{_NOTHING_SENT}",
        "renew it, or set legacy_tls = true for a release 9.x or 10.x cluster",
        f"{_CERTIFICATE_PAGE}, or `legacy_tls`",
    )
    UNTRUSTED_ISSUER = ReasonText(
        f'{{server}} showed a certificate signed by "{{issuer}}", which is not trusted here'
        f"{{digest}}{_NOTHING_SENT}",
        "give the authority that signed it as {ca_bundle}, or {pin_it}",
        "`ca_bundle`, or [cluster.pins] by `auditor trust{config} {server} {cluster}`",
    )
    COMMON_NAME_ONLY = ReasonText(
        '{server} showed a certificate that names its host ("{common_name}") only as common name, '
        f"which does not count{{digest}}{_NOTHING_SENT}",
        _COMPARE_DIGEST,
        _PINS,
    )
    OTHER_NAME = ReasonText(
        f"{{server}} showed a certificate for {{names}}, not for {{name}}{_NOTHING_SENT}",
        "use the name that it is issued to ({addresses}), or {pin_it}",
        "[cluster.addresses], or [cluster.pins] by `auditor trust{config} {server} {cluster}`",
    )
    NO_TLS = ReasonText(
        f"{{server}} does not speak TLS on port {{port}}{_NOTHING_SENT}",
        "check the port ({addresses}); Cisco's web services use 8443",
        "{addresses}",
    )
    HANDSHAKE_FAILED = ReasonText(
        f"the TLS handshake with {{server}} failed ({{error}}){_NOTHING_SENT}",
        "compare the TLS settings of {server} with those of this machine",
        "Cisco Unified OS Administration > Security, or `legacy_tls`",
    )
    OLD_TLS = ReasonText(
        f"the TLS handshake with {{server}} failed ({{error}}){_NOTHING_SENT}",
        "for a release 9.x or 10.x cluster set legacy_tls = true",
        "`legacy_tls`",
    )
    # credentials, not_authorised, no_such_service
    LOGIN_REFUSED = ReasonText(
        "{who} refused the user name or password (HTTP 401){password_source}"
    )
    ROLE_MISSING = ReasonText("{who} does not let the account ask (HTTP 403)")
    SERVICE_MISSING = ReasonText("{who} does not exist (HTTP 404)")
    # rate_limited, unavailable
    TOO_FAST = ReasonText(
        "{who} says that requests come too fast ({fault})",
        "ask again in a few minutes, and look for other programs that ask {server}",
    )
    SERVER_BUSY = ReasonText("{who} is overloaded or starting (HTTP 503)", "ask again later")
    NO_MEMORY = ReasonText("{who} has no memory left for requests ({fault})", "ask again later")
    HTTP_ERROR = ReasonText("{who} failed with HTTP {status} and no SOAP fault")
    # soap_fault
    FAULT = ReasonText("{who} answered with a SOAP fault ({fault})")
    NO_DATABASE = ReasonText(
        "{who} answered that it cannot reach its database ({fault})",
        "run `utils service list` on {server}; if A Cisco DB is stopped, start that first",
        "the command line of {server}",
    )
    QUERY_TOO_LARGE = ReasonText(
        "{who} answered with a SOAP fault ({fault})",
        "report this with the log of `auditor --verbose`: the reply would pass AXL's limit of 8 MB",
    )
    # bad_reply
    REDIRECT = ReasonText(
        "{who} sent a redirect (HTTP {status}); redirects are not followed",
        "check that the address is that of {server} itself, and the port that of its web services",
    )
    UNEXPECTED_STATUS = ReasonText(
        "{who} answered with HTTP {status}",
        "check that the address and port are those of the web services of {server}",
    )
    NO_XML = ReasonText(
        "{who} sent {content} where XML is expected",
        "check that the address is that of {server}, and what answers there in a browser",
    )
    MALFORMED_REPLY = ReasonText(
        "{who} sent a reply that cannot be used: {error}", _ASK_AGAIN_TOMCAT
    )
    OTHER_OPERATION = ReasonText(
        "{who} sent a reply to another request than {operation}", _LOAD_BALANCER
    )
    WRONG_NAMESPACE = ReasonText("{who} sent {element} in a wrong namespace", _ASK_AGAIN_PROXY)
    REPEATED_ELEMENT = ReasonText(
        "{who} sent {element} twice, where only one is allowed", _ASK_AGAIN_PROXY
    )
    NIL_WITH_CONTENT = ReasonText("{who} sent {element} as nil, with content", _ASK_AGAIN_PROXY)
    ELEMENTS_IN_VALUE = ReasonText(
        "{who} sent elements inside {element}, where a value is expected", _ASK_AGAIN_PROXY
    )
    MISSING_ELEMENT = ReasonText("{who} sent a reply without {element}", _ASK_AGAIN_LIST)
    EMPTY_LIST = ReasonText(
        "{who} sent an empty list of {items}, although every node has some", _ASK_AGAIN_LIST
    )
    NO_COUNT = ReasonText(
        "{who} answered without the number of nodes that was asked for",
        "run `utils service list` on {server}; if A Cisco DB is stopped, start that first",
        "the command line of {server}",
    )
    SERVICES_UNREADABLE = ReasonText(
        "{who} could not read its services (return code not 0)", _ASK_AGAIN_LIST
    )
    COMPRESSED_REPLY = ReasonText(
        "{server} sent a compressed reply, which auditor never asks for", _LOAD_BALANCER
    )
    CUT_SHORT = ReasonText(
        "{server} ended the connection in the middle of its reply", _ASK_AGAIN_TOMCAT
    )
    NO_HTTP = ReasonText(
        "{server} did not answer in HTTP",
        "check the address and port; Cisco's web services use 8443",
    )
    # too_large, unsupported_version
    REPLY_TOO_LARGE = ReasonText("{server} sent more than {limit} bytes")
    VERSION_REFUSED = ReasonText(
        "{who} does not speak AXL version {version}; {offer}",
        'set axl_version to "auto" or to one that it speaks',
        "`axl_version`",
    )
    VERSION_UNKNOWN = ReasonText(
        "AXL version {version} is unknown to auditor", "set `axl_version` for this cluster"
    )
    NODES_NOT_LISTED = ReasonText(
        "AXL {version} of CUCM cannot list IM and Presence nodes, and the file has none",
        "declare every node of the cluster as [[cluster.node]]",
    )
    # what CUCM lists
    NO_GROUPS = ReasonText("CUCM AXL listed no presence redundancy group at all", _COMPARE_GROUPS)
    REPEATED_ROW = ReasonText("CUCM AXL listed {item} {count} times", _COMPARE_GROUPS)
    EMPTY_GROUP = ReasonText(
        "CUCM AXL listed no server of redundancy group {group}, and {node} in no group",
        _COMPARE_GROUPS,
    )
    UNLISTED_NODE = ReasonText(
        "CUCM AXL has {node} in redundancy group {group}, and not in its list of IM and Presence "
        "nodes",
        "compare CUCM's server list with its Presence Redundancy Groups; ask again",
    )
    LEFT_OUT_NODE = ReasonText(
        "CUCM AXL does not list {node}, which the CUCM server that was asked before it listed",
        _COMPARE_SERVERS,
    )
    IMPOSSIBLE_NODE_NAME = ReasonText(
        "CUCM AXL listed {name}, which is not a host name", _COMPARE_SERVERS
    )
    UNKNOWN_ROLE = ReasonText(
        "CUCM AXL gave {name} the role {role}, so it is unknown whether it is an IM&P node",
        _COMPARE_SERVERS,
    )
    NO_NODES = ReasonText(
        "CUCM AXL listed no IM and Presence node",
        "check that this is the CUCM that the nodes belong to, and declare the nodes as "
        "[[cluster.node]]",
    )
    REPEATED_NODE = ReasonText(
        "CUCM AXL listed {name} twice", "compare with CUCM's server list; ask again"
    )
    # what PerfMon and the database answer
    NO_STATE = ReasonText(
        "PerfMon of {server} gave no single value of {counter}",
        f"the counter is documented from release 12.5; {_READ_HA_STATE}",
    )
    UNKNOWN_STATE = ReasonText(
        "PerfMon of {server} gave {counter}, which is not a documented state", _READ_HA_STATE
    )
    NO_REPLICATION = ReasonText(
        "PerfMon of {server} gave no single value of {counter}", _READ_REPLICATION
    )
    UNKNOWN_REPLICATION = ReasonText(
        "PerfMon of {server} gave {counter}, which is not a documented state", _READ_REPLICATION
    )
    OTHER_HOST = ReasonText(
        "PerfMon answered for {host} when {server} was asked",
        "check `addresses` and the load balancers or NAT between here and {server}",
    )
    REDACTED_HOST = ReasonText(
        "PerfMon of {server} named a host that holds a secret, so it is unknown which node that is",
        f"{_READ_HA_STATE}, and look for a proxy or load balancer before it",
    )
    OTHER_CATALOGUE = ReasonText(
        "the catalogue of the database has other columns than expected", ""
    )
    EMPTY_CATALOGUE = ReasonText("the catalogue of the database lists none of the tables", "")
    ANCHOR_ROW_MISSING = ReasonText("AXL answered without the row that is always there", "")
    OTHER_COLUMNS = ReasonText("AXL answered with other columns than asked for", "")
    # wrong_node
    OTHER_NODE = ReasonText(
        f"the address of {{server}} is answered with the certificate of {{other}}{_NOTHING_SENT}",
        "correct the address ({addresses}) or the name service: each node needs its own address",
    )
    SAME_MACHINE = ReasonText(
        "{server} and {other} gave the same start times for their services: one machine answered "
        "for both",
        "check `addresses`, and NAT or load balancers on the way",
    )
    # worker_lost, no_worker, worker_version, no_password, scheduler_lost
    WORKER_LOST = ReasonText(
        "{workers} died while asking the cluster, which was not tried a third time",
        "look in the log of the worker there why it ended (out of memory?), then audit again",
    )
    RESULT_NOT_FETCHED = ReasonText(
        "the scheduler could not fetch the answers from the worker {worker}",
        "let the scheduler reach that port (`--worker-port`), then audit again",
    )
    WORKER_EXPOSED = ReasonText(
        "the worker {worker} would send in the clear what it finds, so it asked nothing",
        "start it with --protocol tls and a tls:// scheduler, then audit again",
    )
    NO_WORKER_FOR_SITE = ReasonText(
        "no worker for site {site} came within {seconds} s; {offer}",
        'start one with --resources "{resource}=1", or correct `site`, then audit again',
    )
    NO_WORKER_AT_ALL = ReasonText(
        "no worker came within {seconds} s", "start one (`auditor docs fleets`), then audit again"
    )
    SITE_WORKERS_LOST = ReasonText(
        "all workers for site {site} were lost, the last on {hosts}, and no other came within "
        "{seconds} s",
        "look in the log of the worker there why it ended, hangs or lacks memory, then audit again",
    )
    ALL_WORKERS_LOST = ReasonText(
        "all workers were lost, the last on {hosts}, and no other came within {seconds} s",
        "look in the log of the worker there why it ended, hangs or lacks memory, then audit again",
    )
    OTHER_WORKER_VERSION = ReasonText(
        "the worker {worker} runs auditor {worker_version}, and this machine {version}; "
        "nothing was asked",
        "install auditor {version} there, restart the worker, then audit again",
    )
    NO_PROGRAM_ON_WORKER = ReasonText(
        "a worker or the scheduler cannot run auditor {version} ({error}); nothing was asked",
        "install `auditor[fleet]` {version} in the Python of each, restart it, then audit again",
    )
    NO_PASSWORD = ReasonText(
        "the worker {worker} has no password for {username}; nothing was asked",
        "set {variable} in the environment of the worker's service on {worker}, then restart it",
    )
    PASSWORD_FAILED = ReasonText(
        "the worker {worker} cannot use its password ({error}); nothing was asked",
        "correct it on {worker}, then audit again",
    )
    SCHEDULER_GONE = ReasonText("the scheduler {scheduler} went away before an answer came")
    SCHEDULER_SILENT = ReasonText(
        "nothing was heard from the scheduler {scheduler} for {seconds} s",
        "look whether it hangs, and at the network to it, then audit again",
    )
    TASK_FAILED = ReasonText("auditor itself failed on a worker ({error})")
    # not_asked, bug
    # No advice: the earlier failure has its own, which would be given twice.
    AFTER_FAILURE = ReasonText("not asked, because of this: {earlier}", "")
    TIME_SPENT = ReasonText(
        "not asked: earlier requests to {server} took the {seconds} s that they have in all",
        "check its load and the network, or raise timeout_s",
    )
    AFTER_REFUSED_LOGIN = ReasonText("not asked, so that the account is not locked: {earlier}")
    PLANNED_NODE = ReasonText(
        "not asked, because planned_nodes names it; but it accepts connections",
        "take it out of planned_nodes once it is installed",
        "`planned_nodes`",
    )
    REFUSED_ELSEWHERE = ReasonText(
        "the password was not tried: {other} refused it, and repeated failures lock accounts",
        "",
        "",
    )
    NOT_RECORDED = ReasonText(
        "the evidence{ends} holds no reply of {server} to {question}",
        "audit live, or replay with the version that kept it ({version})",
    )
    OWN_FAULT = ReasonText("auditor itself failed here ({error})")
