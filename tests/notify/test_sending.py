"""Messages to real listeners on loopback, and what keeps them from arriving."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.models.notification import Notification, NotificationType
from auditor.notify import send
from auditor.notify.send import Recipient, parse_recipients, send_notification
from tests.notify.hook import TOKEN, Hook, listening

MESSAGE = Notification("title", "body", NotificationType.INFO)
DEAD = f"json://127.0.0.1:1/{TOKEN}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def test_every_address_gets_the_message_as_plain_text(hook: Hook) -> None:
    """Markup in a name stays what it is."""
    to = parse_recipients([hook.url, hook.url])
    assert hook.told == [], "checking an address sends nothing"
    body = "new: <b>SIP</b> & *PE*\nExit code 3."
    message = Notification("1 new on lab", body, NotificationType.FAILURE)
    assert send_notification(to, message) == ()
    assert len(hook.told) == 2
    assert {message["title"] for message in hook.told} == {"1 new on lab"}
    assert {message["message"] for message in hook.told} == {body}


@pytest.mark.parametrize("kind", NotificationType)
def test_a_service_is_told_how_serious_the_message_is(hook: Hook, kind: NotificationType) -> None:
    """Many show it as a colour, and some decide by it whom to wake."""
    assert send_notification([Recipient(1, hook.url)], replace(MESSAGE, type=kind)) == ()
    assert [message["type"] for message in hook.told] == [kind.value]


def test_a_failed_address_is_named_by_its_number_alone(
    hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    """The others get the message nevertheless, and the token is nowhere."""
    outcomes = send_notification([Recipient(1, DEAD), Recipient(2, hook.url)], MESSAGE)
    assert outcomes == ("notification 1 was not delivered; test the address by hand.",)
    assert len(hook.told) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_refused_message_is_not_delivered(hook: Hook, status: int) -> None:
    hook.status = status
    assert len(send_notification([Recipient(1, hook.url)], MESSAGE)) == 1


def test_a_hanging_service_times_out(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it longer than for all together."""
    hook.hang.clear()
    monkeypatch.setattr(send, "DELIVERY_TIMEOUT_S", 1.5)
    late = "timed out; it may have arrived nevertheless."
    outcomes = send_notification([Recipient(1, hook.url), Recipient(2, hook.url)], MESSAGE)
    assert outcomes == (f"notification 1 {late}", f"notification 2 {late}")


def test_an_address_that_could_not_be_checked_in_time_is_not_refused(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow machine is no mistake in an address, and no reason not to audit."""
    monkeypatch.setattr(send, "DELIVERY_TIMEOUT_S", 0.0)
    waits = "import threading; threading.Event().wait()"
    monkeypatch.setattr(send, "_WORKER_COMMAND", [sys.executable, "-c", waits])
    assert parse_recipients([hook.url]) == (Recipient(1, hook.url),)


def test_a_crashed_worker_is_not_a_delivery(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever it prints on its way down."""
    falls = "import sys; print('x'); sys.exit('it fell with the address in its text')"
    monkeypatch.setattr(send, "_WORKER_COMMAND", [sys.executable, "-c", falls])
    assert (
        len(send_notification([Recipient(1, hook.url)], replace(MESSAGE, body="body" * 50_000)))
        == 1
    )
    assert capfd.readouterr() == ("", "")


def test_all_malformed_addresses_are_refused_and_not_shown() -> None:
    wrong = [f"nonsense://{TOKEN}", TOKEN, f"mailto://{TOKEN}"]
    with pytest.raises(ConfigError) as refused:
        parse_recipients([DEAD, *wrong])
    starts = [line.partition(":")[0] for line in refused.value.problems]
    assert starts == [f"--notify, address {number}" for number in (2, 3, 4)]
    assert TOKEN not in str(refused.value)


def test_without_the_extra_it_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "find_spec", lambda _: None)
    assert parse_recipients([]) == ()
    with pytest.raises(ConfigError, match=r'install "auditor\[notify\]"'):
        parse_recipients([DEAD])


def test_an_address_is_in_no_repr() -> None:
    assert TOKEN not in repr(Recipient(1, DEAD))


def test_a_worker_does_not_get_the_passwords_of_clusters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It talks to services outside."""
    path = tmp_path / "environment"
    looks = f"import os; open({str(path)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setattr(send, "_WORKER_COMMAND", [sys.executable, "-c", looks])
    monkeypatch.setenv("AUDITOR_PASSWORD", "s3cret")
    monkeypatch.setenv("AUDITOR_PASSWORD_LAB", "s3cret")
    assert send_notification([Recipient(1, DEAD)], MESSAGE) == ()
    assert "s3cret" not in path.read_text()
