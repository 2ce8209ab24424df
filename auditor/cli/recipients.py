"""Who is notified of a run."""

from collections.abc import Sequence

from auditor.cli.messages import print_warning
from auditor.errors import ConfigError
from auditor.history.loading import RunHistory
from auditor.notify.send import Recipient, parse_recipients


def notification_recipients(
    option: Sequence[str], configured: Sequence[str], history: RunHistory | None
) -> tuple[Recipient, ...]:
    """Return who is to be notified; the option takes the place of the configuration.

    Raises:
        ConfigError: the option is given and the history is off, an address names no service, or
            the extra is missing.
    """
    if history is None and option:
        raise ConfigError(
            [
                "--notify reports what changed since the last run, so it needs the history: leave "
                "out --history off"
            ]
        )
    if history is None:
        # The configuration is for every run, so one run without history is no mistake in it.
        if configured:
            print_warning("no notification is sent: --history off hides what changed.")
        return ()
    return parse_recipients(option or configured) if option or configured else ()
