"""Every error of the program, in one tree.

AuditorError
├── ConfigError        the configuration, a pack or the command line is wrong (exit 2)
├── CredentialError    no password, or the command that should print it failed (exit 2)
│   └── NoPassword     no source has one
├── OutputError        a report cannot be written
├── Interrupted        the user pressed Ctrl-C while something was under way (exit 130)
└── ExchangeError      one exchange with one server failed; carries the token of coverage.reason
    ├── Unreachable  TimedOut (NotConnected)  TlsFailed  WrongNode
    ├── BadCredentials  NotAuthorised  NoSuchService
    ├── RateLimited  Unavailable  UnsupportedVersion
    ├── SoapFault  BadReply  TooLarge
    └── NotAsked   Bug
"""

from collections.abc import Iterable
from datetime import datetime

from auditor.failure_reasons import Interface
from auditor.failure_reasons import Reason as Reason  # every user of errors needs it
from auditor.failures import Failure, failure_detail, failure_remedy, failure_text
from auditor.problems import Problem

REDACTED = "***"


class AuditorError(Exception):
    """The root: its text is one line that says what happened, where, and what to do next."""


class ConfigError(AuditorError):
    """The user's files or options are wrong; holds every mistake found, not only the first."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Take one line per problem, each naming the file and the key."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class CredentialError(AuditorError):
    """No password could be had for a cluster."""


class NoPassword(CredentialError):
    """No source has a password for a cluster."""


class OutputError(AuditorError):
    """A report, snapshot or configuration cannot be written where it was asked for."""


class Interrupted(AuditorError):
    """The run is being ended by its user: no further request may be sent."""


class ExchangeError(AuditorError):
    """One exchange failed; `failure` holds all that is known of it, and the text is made of that.

    `settles`: nothing else needs to be asked of this server, for it would end the same way, and
    asking on could lock the account. `received` is the beginning of a reply that broke off, as it
    came, secrets and all: for a recorder, which hides them. `certificate_not_after` is the end of a
    certificate that was refused only because it has ended.
    """

    reason: Reason
    settles = False
    received = b""
    certificate_not_after: datetime | None = None

    def __init__(
        self,
        problem: Problem,
        server: str = "",
        interface: Interface | None = None,
        *,
        earlier: Failure | None = None,
        names: Iterable[str] = (),
        **values: object,
    ) -> None:
        """Take what failed, on which server, and the values that the problem's words need.

        Values are free of secrets and of line breaks. `earlier` is a failure that led to this one,
        and `names` are those in a refused certificate.
        """
        # Evidence stores the values as texts, and a replay must make the same sentence of them.
        texts = {name: str(value) for name, value in values.items()}
        self.failure = Failure(
            self.reason,
            problem,
            server,
            interface,
            earlier=earlier,
            values=texts,
            names=tuple(names),
        )
        # The sentence is made in `__str__`: a caller may still add values, such as the source of
        # the password.
        super().__init__(problem)

    def __str__(self) -> str:
        """Return what happened and what to do next, in two sentences."""
        return failure_text(self.failure)

    @property
    def detail(self) -> str:
        """Return what happened as a sentence."""
        return failure_detail(self.failure)

    @property
    def advice(self) -> str:
        """Return what to do next as a sentence."""
        return failure_remedy(self.failure)


class Unreachable(ExchangeError):
    """No connection: name not found, refused, no route, or lost before any byte came back."""

    reason = Reason.UNREACHABLE


class TimedOut(ExchangeError):
    """The whole request, connect to last byte, outlasted its deadline."""

    reason = Reason.TIMED_OUT


class NotConnected(TimedOut):
    """The deadline passed before there was a connection: nothing was sent."""

    settles = True


class TlsFailed(ExchangeError):
    """The certificate or the handshake was refused; nothing was sent."""

    reason = Reason.TLS
    settles = True


class WrongNode(ExchangeError):
    """Another node of the cluster answered."""

    reason = Reason.WRONG_NODE
    settles = True


class BadCredentials(ExchangeError):
    """HTTP 401."""

    reason = Reason.CREDENTIALS
    settles = True


class NotAuthorised(ExchangeError):
    """HTTP 403: as a rule the account lacks a role, and it does not prove the password.

    No document says that it comes only after the password was checked, and a proxy in front of a
    node may send it to any client.
    """

    # It does not settle: another interface needs another role, which the account may have.
    reason = Reason.NOT_AUTHORISED


class NoSuchService(ExchangeError):
    """HTTP 404: the web service is not there, often because it is not activated."""

    reason = Reason.NO_SUCH_SERVICE


class RateLimited(ExchangeError):
    """The node kept saying that requests come too fast, after every pause allowed."""

    reason = Reason.RATE_LIMITED


class Unavailable(ExchangeError):
    """HTTP 5xx without a SOAP fault, after every pause allowed."""

    reason = Reason.UNAVAILABLE


class UnsupportedVersion(ExchangeError):
    """Client and server share no AXL version."""

    reason = Reason.UNSUPPORTED_VERSION


class SoapFault(ExchangeError):
    """A well-formed SOAP fault; its values `code` and `fault` are the server's own words."""

    reason = Reason.SOAP_FAULT

    @property
    def code(self) -> str:
        """Return the fault's code."""
        return self.failure.values["code"]

    @property
    def text(self) -> str:
        """Return the fault's text."""
        return self.failure.values["fault"]


class BadReply(ExchangeError):
    """The reply is no answer to the question: HTML, cut short, another operation, wrong shape."""

    reason = Reason.BAD_REPLY


class TooLarge(ExchangeError):
    """The reply passed the cap on its size and was dropped."""

    reason = Reason.TOO_LARGE


class NotAsked(ExchangeError):
    """An earlier answer made this question pointless or dangerous."""

    reason = Reason.NOT_ASKED


class Bug(ExchangeError):
    """A fault of this program inside one collector; the trace is in the log."""

    reason = Reason.BUG
