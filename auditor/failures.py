"""What exactly failed, as data, and the one place that makes sentences of it.

A `Failure` travels in an `ExchangeError` and in the coverage. Reports, `doctor`, `init` and
`failover-check` render it last: as a clause (`failure_cause`, `failure_advice`), or as sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auditor.command_lines import config_option
from auditor.failure_reasons import INTERFACE_ROLES, Interface, Reason, ReasonText, reason_text
from auditor.problems import Problem
from auditor.text import quote_argument


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed exchange as data; no sentence is in it.

    `is_cucm` is None where it is not known which product the server is. `earlier` is the failure
    that kept this request from being sent. `values` fill the placeholders of the problem; `names`
    are those in a refused certificate. Both are free of secrets and of line breaks.
    """

    reason: Reason
    problem: Problem
    server: str
    interface: Interface | None = None
    is_cucm: bool | None = None
    earlier: "Failure | None" = None
    # A mapping has no hash, and a frozen failure should have one.
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    names: tuple[str, ...] = ()

    def with_values(self, **values: str) -> "Failure":
        """Return it with more values, or with others in their place."""
        return replace(self, values={**self.values, **values})

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the certificate that was refused, empty if there was none."""
        return self.values.get("digest", "")

    @property
    def password_source(self) -> str:
        """Return what the refused password came from, empty if that is not known."""
        return self.values.get("password_source", "")


@dataclass(frozen=True, slots=True)
class FailureWords:
    """What advice calls the operator's own settings: by default, keys of the configuration file.

    `addresses` None is the key that holds the address of the failed server.
    """

    addresses: str | None = None
    pin_it: str = "pin it in [cluster.pins]"
    pin_new: str = "pin the new one in [cluster.pins]"
    ca_bundle: str = "ca_bundle"
    cluster: str = "CLUSTER"


FILE_WORDS = FailureWords()
_ADDRESS_KEYS = {
    True: "`cucm_publisher` or [cluster.addresses]",
    False: "[cluster.addresses]",
    None: "[cluster.addresses]",
}
_SERVICEABILITY = {
    True: "Cisco Unified Serviceability",
    False: "Cisco Unified IM and Presence Serviceability",
    None: "Serviceability",
}


def failure_cause(
    failure: Failure, words: FailureWords = FILE_WORDS, *, with_digest: bool = True
) -> str:
    """Return what happened as a clause, without the digest where that is shown beside it."""
    return _fill(_texts(failure).cause, failure, words, with_digest=with_digest)


def failure_advice(failure: Failure, words: FailureWords = FILE_WORDS) -> str:
    """Return what to do as a clause that begins with a verb; empty if there is nothing to do."""
    failure = _failure_to_fix(failure)
    return _fill(_texts(failure).advice or "", failure, words)


def failure_place(failure: Failure, words: FailureWords = FILE_WORDS) -> str:
    """Return where to do it: a page of Cisco's, a command, or a key of the file."""
    failure = _failure_to_fix(failure)
    return _fill(_texts(failure).where or "", failure, words)


def failure_detail(
    failure: Failure, words: FailureWords = FILE_WORDS, *, with_digest: bool = True
) -> str:
    """Return what happened as a sentence."""
    clause = failure_cause(failure, words, with_digest=with_digest)
    return _to_sentence(_texts(failure).cause, clause)


def failure_remedy(failure: Failure, words: FailureWords = FILE_WORDS) -> str:
    """Return what to do as a sentence; empty if there is nothing to do."""
    template = _texts(_failure_to_fix(failure)).advice or ""
    return _to_sentence(template, failure_advice(failure, words))


def failure_text(failure: Failure, words: FailureWords = FILE_WORDS) -> str:
    """Return what happened and what to do, in two sentences."""
    return f"{failure_detail(failure, words)} {failure_remedy(failure, words)}".strip()


def _failure_to_fix(failure: Failure) -> Failure:
    """Return the refused login behind a request that was not sent, else the failure itself."""
    if failure.problem is Problem.AFTER_REFUSED_LOGIN and failure.earlier is not None:
        return failure.earlier
    return failure


def _texts(failure: Failure) -> ReasonText:
    """Return the words of the problem, and those of the reason where it has none."""
    general = reason_text(failure.reason, failure.interface)
    # An advice that is empty, and not None, means that there is nothing to do.
    own = failure.problem.value
    return ReasonText(
        own.cause or general.cause,
        general.advice if own.advice is None else own.advice,
        general.where if own.where is None else own.where,
    )


def _to_sentence(template: str, clause: str) -> str:
    """Begin with a capital, unless a name begins the clause: names stay as they are."""
    if not clause:
        return ""
    start = clause[:1] if template.startswith("{") else clause[:1].upper()
    return f"{start}{clause[1:]}."


_MAX_NAMES = 4
"""How many names of a certificate a sentence holds."""


def _fill(template: str, failure: Failure, words: FailureWords, *, with_digest: bool = True) -> str:
    interface, values = failure.interface, dict(failure.values)
    values.setdefault("names", ", ".join(failure.names[:_MAX_NAMES]))
    digest = f" (SHA-256 {failure.digest})" if failure.digest and with_digest else ""
    source = failure.password_source
    earlier = failure.earlier
    values |= {
        "server": failure.server,
        "who": f"{interface} of {failure.server}" if interface else failure.server,
        "role": INTERFACE_ROLES[interface] if interface else "",
        "digest": digest,
        "password_source": f"; the password came from {source}" if source else "",
        "earlier": failure_cause(earlier, words) if earlier else "",
        # Accounts are made on CUCM, and Cisco Sync Agent brings them to the IM&P nodes.
        "sync_agent": f", or check that Cisco Sync Agent has brought it to {failure.server}"
        if failure.is_cucm is False
        else "",
        # Cisco Tomcat is restarted for it, and a critical service needs Tomcat.
        "with_ha_off": " with high availability of its group off (`auditor explain CERT-01`)"
        if failure.is_cucm is False
        else "",
        # Whether the AXL of an IM&P node accepts the read-only role is in no document.
        "read_only_role": ' (from 11.5 "Standard AXL Read Only API Access" is enough)'
        if failure.is_cucm
        else "",
        "addresses": words.addresses or _ADDRESS_KEYS[failure.is_cucm],
        "activation_page": f"{_SERVICEABILITY[failure.is_cucm]} > Tools > Service Activation",
        "pin_it": words.pin_it,
        "pin_new": words.pin_new,
        "ca_bundle": words.ca_bundle,
        "cluster": quote_argument(words.cluster),
        "config": config_option(),
    }
    # In one pass: braces in the words of a server stay as they are.
    return template.format_map(values)
