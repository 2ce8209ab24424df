"""What is recorded comes back as it was, holds no secret, and is refused once it is damaged."""

import errno
import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.credentials import Credentials, Secret
from auditor.errors import (
    BadReply,
    ConfigError,
    ExchangeError,
    Interrupted,
    NotAsked,
    OutputError,
    Reason,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
    WrongNode,
)
from auditor.models.nodes import Identity
from auditor.models.settings import Reach
from auditor.problems import Problem
from auditor.soap.evidence.files import (
    INDEX_FILE,
    RUN_FILE,
    EvidenceFolder,
    prepare_evidence_folder,
)
from auditor.soap.evidence.recorder import Recorder, RecordingInfo
from auditor.soap.evidence.recording_network import RecordingNetwork
from auditor.soap.evidence.replay import ReplayNetwork, load_evidence
from auditor.soap.messages import (
    Certificate,
    ConnectionDropped,
    Endpoint,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)
from auditor.soap.network import LiveNetwork, ServerSession

PASSWORD = "s3cr3t & more"
COOKIE = "0123456789ABCDEF"
START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LOGIN = Credentials("audit-ro", Secret(PASSWORD))
NO_PASSWORD = Credentials("audit-ro", Secret(""))
NODE = Endpoint("imp1.lab.test", "127.0.0.1", 8443, "imp1.lab.test")
CERTIFICATE = Certificate("AB:CD", ("imp1.lab.test",), "imp1", "lab CA", START, START, False)
LIMITS = RequestLimits()

Outcome = SoapResponse | ExchangeError


def question(text: str = "a", operation: str = "getCCMVersion", at: Endpoint = NODE) -> SoapRequest:
    """Return a question to a node."""
    return SoapRequest(f"{at.origin}/axl/", {"SOAPAction": '"x"'}, text.encode(), operation)


def answer(
    body: bytes = b"<a/>", status: int = 200, content_type: str = "text/xml"
) -> SoapResponse:
    """Return a reply of a proven node."""
    return SoapResponse(status, content_type, body, START, Identity.CERTIFICATE, CERTIFICATE)


def error(kind: type[ExchangeError], received: bytes = b"") -> ExchangeError:
    """Return an error that says something."""
    made = kind(Problem.UNTRUSTED_ISSUER, NODE.name, issuer="a CA", digest="AB:CD")
    made.received = received
    return made


class ScriptedNetwork(LiveNetwork):
    """A network on which each exchange of any client has the next outcome of a list."""

    outcomes: Sequence[Outcome] = ()
    tests: Sequence[TcpResult] = ()
    time = START

    def open_session(self, _: Endpoint, __: Credentials, ___: RequestLimits) -> ServerSession:
        return ScriptedSession(self)

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        del host, port, timeout_s
        first, *self.tests = self.tests
        return first

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class RecordedScript(RecordingNetwork, ScriptedNetwork):
    """A scripted network that is recorded as a live one would be."""

    def __init__(
        self, recorder: Recorder, outcomes: Sequence[Outcome], tests: Sequence[TcpResult] = ()
    ) -> None:
        super().__init__(recorder)
        self.outcomes, self.tests = outcomes, tests


class ScriptedSession(ServerSession):
    """A session whose exchanges take 1234 microseconds and one request each."""

    def __init__(self, network: ScriptedNetwork) -> None:
        self._network = network
        self._requests_sent = 0

    @property
    def requests_sent(self) -> int:
        return self._requests_sent

    @property
    def elapsed_us(self) -> int:
        return self._requests_sent * 1234

    @property
    def cookies(self) -> tuple[str, ...]:
        return (COOKIE, "en", NODE.name)

    def post(self, _: SoapRequest) -> SoapResponse:
        self._requests_sent += 1
        outcome, *self._network.outcomes = self._network.outcomes
        if isinstance(outcome, ExchangeError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Nothing is open."""


def subject(
    about: Mapping[str, object] | None = None,
    files: Mapping[str, bytes] | None = None,
    *,
    hide_users: bool = False,
) -> RecordingInfo:
    """Return what a run of one account is about."""
    return RecordingInfo(START, about or {}, files or {}, (LOGIN,), hide_users=hide_users)


def ask(session: ServerSession, *questions: SoapRequest) -> list[Outcome]:
    """Ask in turn, and return what came of it."""
    came: list[Outcome] = []
    for request in questions:
        try:
            came.append(session.post(request))
        except ExchangeError as failure:
            came.append(failure)
    return came


def keep(
    place: Path,
    outcomes: Sequence[Outcome],
    *,
    finish: bool = True,
    hide_users: bool = False,
) -> Path:
    """Record one session in which different questions come to the outcomes."""
    prepare_evidence_folder(place)
    recorder = Recorder(place, subject(hide_users=hide_users))
    session = RecordedScript(recorder, outcomes).open_session(NODE, LOGIN, LIMITS)
    ask(session, *(question(str(number)) for number in range(len(outcomes))))
    if finish:
        recorder.finish(START + timedelta(minutes=1))
    recorder.close()
    recorder.check()
    return place


def replayed(place: Path) -> ServerSession:
    """Return the replay of the one session."""
    return ReplayNetwork(load_evidence(place)).open_session(NODE, NO_PASSWORD, LIMITS)


def everything(place: Path) -> bytes:
    """Return all that is in a folder, the names of its files too."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


OUTCOMES: Mapping[str, Outcome] = {
    "reply": answer(),
    "not UTF-8": answer(b"\xff\x00\xfe", 200, ""),
    "version refused": answer(b"<html>Supported axl versions: 12.5</html>", 599, "text/html"),
    "login page": answer(b"<html>Log in</html>", 200, "text/html;charset=utf-8"),
    "empty": answer(b"", 401),
    "unproven": replace(answer(), identity=Identity.UNPROVEN, certificate=None),
    "cut": error(BadReply, b"<soapenv:Envel"),
    "too large": error(TooLarge, b"x" * 1000),
    "late": error(TimedOut, b"<soap"),
    "silent": error(TimedOut),
    "unreachable": error(Unreachable),
    "lost": error(ConnectionDropped),
    "tls": error(TlsFailed),
    "other name": TlsFailed(
        Problem.OTHER_NAME, NODE.name, names=("a.test", "b.test"), name=NODE.name, digest="AB"
    ),
    "wrong node": error(WrongNode),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_replayed_request_has_the_recorded_outcome(name: str, tmp_path: Path) -> None:
    was = OUTCOMES[name]
    session = replayed(keep(tmp_path / "kept", [was]))
    (outcome,) = ask(session, question("0"))
    assert type(outcome) is type(was)
    if isinstance(was, ExchangeError) and isinstance(outcome, ExchangeError):
        assert outcome.failure == was.failure
        assert (outcome.reason, outcome.settles) == (was.reason, was.settles)
    else:
        assert outcome == was
    assert (session.requests_sent, session.elapsed_us) == (1, 1234)


def test_a_folder_holds_every_exchange_in_order(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    keep(place, [answer(), OUTCOMES["cut"], OUTCOMES["login page"], OUTCOMES["silent"]])
    assert sorted(str(p.relative_to(place)) for p in place.rglob("*") if p.is_file()) == [
        "imp1.lab.test/001-getCCMVersion.reply.xml",
        "imp1.lab.test/001-getCCMVersion.request.xml",
        "imp1.lab.test/002-getCCMVersion.reply-part.txt",
        "imp1.lab.test/002-getCCMVersion.request.xml",
        "imp1.lab.test/003-getCCMVersion.reply.txt",
        "imp1.lab.test/003-getCCMVersion.request.xml",
        "imp1.lab.test/004-getCCMVersion.request.xml",
        "index.jsonl",
        "run.json",
    ]
    entries = [json.loads(line) for line in (place / INDEX_FILE).read_text().splitlines()]
    assert [entry["kind"] for entry in entries] == [*["exchange"] * 4, "time", "end"]
    assert entries[1]["failure"]["reason"] == "bad_reply"
    assert entries[0]["asked_at"] == "2026-01-02T03:04:06.678901Z"


def test_a_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    place.mkdir(mode=0o755)
    keep(place, [answer()])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in place.rglob("*") if path.is_file()}
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_servers_whose_names_make_one_path_get_a_folder_each(
    tmp_path: Path,
) -> None:
    place = tmp_path / "kept"
    prepare_evidence_folder(place)
    recorder = Recorder(place, subject())
    names = ["a/b", "a:b", "A_B", "../a_b", "..", "settings", "x" * 300]
    network = RecordedScript(recorder, [answer(name.encode()) for name in names])
    servers = [replace(NODE, name=name) for name in names]
    for server in servers:
        ask(network.open_session(server, LOGIN, LIMITS), question(at=server))
    recorder.finish(START)
    assert {path.parent for path in place.rglob("*") if path.is_dir()} == {place}
    replay = ReplayNetwork(load_evidence(place))
    for name, server in zip(names, servers, strict=True):
        (outcome,) = ask(replay.open_session(server, NO_PASSWORD, LIMITS), question(at=server))
        assert isinstance(outcome, SoapResponse)
        assert outcome.body == name.encode()


def test_neither_password_nor_cookie_is_in_any_file(tmp_path: Path) -> None:
    said = f"{PASSWORD} audit-ro:{PASSWORD} s3cr3t%20%26%20more {COOKIE} en imp1.lab.test"
    spoken = error(BadReply, said.encode())
    spoken.failure = replace(
        spoken.failure, values={"issuer": f"Said {said}"}, names=(f"{PASSWORD}.test",)
    )
    certificate = replace(CERTIFICATE, names=(said,), common_name=said, issuer=said)
    replies = [answer(said.encode()), replace(answer(content_type=said), certificate=certificate)]
    begun = error(TooLarge, f"begins {PASSWORD[:8]}".encode())
    kept = everything(keep(tmp_path / "kept", [*replies, spoken, begun]))
    for secret in (PASSWORD, "s3cr3t", "more", COOKIE):
        assert secret.encode() not in kept
    assert b"*** *** *** *** en imp1.lab.test" in kept
    assert load_evidence(tmp_path / "kept").redacted_replies == 3


def test_run_json_describes_the_run_without_secrets(tmp_path: Path) -> None:
    prepare_evidence_folder(tmp_path / "kept")
    about = {"tables": {"cluster": [{"name": f"lab {PASSWORD}", PASSWORD: 3}]}}
    files = {"settings/probes.toml": f"# {PASSWORD}".encode()}
    Recorder(tmp_path / "kept", subject(about, files)).finish(START)
    kept = everything(tmp_path / "kept")
    assert PASSWORD.encode() not in kept
    evidence = load_evidence(tmp_path / "kept")
    assert evidence.run.about["tables"] == {"cluster": [{"name": "lab ***", "***": 3}]}
    assert (tmp_path / "kept/settings/probes.toml").read_bytes() == b"# ***"


@pytest.mark.parametrize("hidden", [True, False])
def test_the_account_name_is_hidden_if_asked(hidden: bool, tmp_path: Path) -> None:
    said = answer(b"<a>user audit-ro may not</a>")
    kept = everything(keep(tmp_path / "kept", [said], hide_users=hidden))
    assert (b"audit-ro" in kept) is not hidden


def test_repeated_requests_are_replayed_in_order_and_no_more(
    tmp_path: Path,
) -> None:
    prepare_evidence_folder(tmp_path / "kept")
    recorder = Recorder(tmp_path / "kept", subject())
    network = RecordedScript(recorder, [answer(b"1"), answer(b"2"), answer(b"other")])
    ask(network.open_session(NODE, LOGIN, LIMITS), question(), question(), question("b"))
    recorder.finish(START)
    session = replayed(tmp_path / "kept")
    outcomes = ask(session, question("b"), question(), question(), question())
    assert [one.body for one in outcomes[:3] if isinstance(one, SoapResponse)] == [
        b"other",
        b"1",
        b"2",
    ]
    assert isinstance(outcomes[3], NotAsked)


def test_each_session_with_a_server_has_its_own_replies(tmp_path: Path) -> None:
    prepare_evidence_folder(tmp_path / "kept")
    recorder = Recorder(tmp_path / "kept", subject())
    network = RecordedScript(recorder, [answer(b"1"), answer(b"2")])
    first, second = (network.open_session(NODE, LOGIN, LIMITS) for _ in range(2))
    ask(second, question())
    ask(first, question())
    recorder.finish(START)
    replay = ReplayNetwork(load_evidence(tmp_path / "kept"))
    sessions = [replay.open_session(NODE, LOGIN, LIMITS) for _ in range(3)]
    outcomes = [ask(session, question())[0] for session in sessions]
    assert [one.body for one in outcomes if isinstance(one, SoapResponse)] == [b"2", b"1"]
    assert isinstance(outcomes[2], NotAsked)


def test_a_request_that_was_not_recorded_is_an_error(tmp_path: Path) -> None:
    session = replayed(keep(tmp_path / "kept", [answer()]))
    other = replace(question("0"), headers={"SOAPAction": '"y"'})
    for request in (question("1"), other, question("0", at=replace(NODE, port=1))):
        (outcome,) = ask(session, request)
        assert isinstance(outcome, NotAsked)
        assert outcome.detail == ("The evidence holds no reply of imp1.lab.test to getCCMVersion.")
        assert "replay with the version that kept it" in outcome.advice


def test_tcp_checks_are_replayed_in_order(tmp_path: Path) -> None:
    prepare_evidence_folder(tmp_path / "kept")
    recorder = Recorder(tmp_path / "kept", subject())
    was = [TcpResult(Reach.REACHED, f"one {PASSWORD}", 7), TcpResult(Reach.REFUSED, "two", 8)]
    network = RecordedScript(recorder, [], was)
    assert [network.try_tcp("db.test", 5432, 1) for _ in was] == was
    recorder.finish(START)
    replay = ReplayNetwork(load_evidence(tmp_path / "kept"))
    assert [replay.try_tcp("db.test", 5432, 1) for _ in was] == [
        replace(was[0], text="one ***"),
        was[1],
    ]
    third = replay.try_tcp("db.test", 5432, 1)
    assert (third.reach, third.reason) == (Reach.UNKNOWN, Reason.NOT_ASKED)


def test_a_replay_uses_the_clock_of_the_run(tmp_path: Path) -> None:
    prepare_evidence_folder(tmp_path / "kept")
    recorder = Recorder(tmp_path / "kept", subject())
    network = RecordedScript(recorder, [])
    was = [network.now() for _ in range(2)]
    recorder.finish(START + timedelta(minutes=1))
    replay = ReplayNetwork(load_evidence(tmp_path / "kept"))
    assert [replay.now() for _ in range(3)] == [*was, START + timedelta(minutes=1)]
    assert was[0] < was[1]


def test_a_replay_that_is_interrupted_answers_nothing_more(tmp_path: Path) -> None:
    replay = ReplayNetwork(load_evidence(keep(tmp_path / "kept", [answer()])))
    session = replay.open_session(NODE, LOGIN, LIMITS)
    replay.pause(3600)
    replay.interrupt()
    later: list[Callable[[], object]] = [
        lambda: session.post(question("0")),
        lambda: replay.try_tcp("db.test", 5432, 1),
        lambda: replay.pause(0),
    ]
    for ask_on in later:
        with pytest.raises(Interrupted):
            ask_on()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("full", "the folder is not empty"),
        ("hidden", "the folder is not empty"),
        ("file", "it is a file"),
        ("missing/kept", "does not exist"),
        ("/sys/kept", "it cannot be written"),
    ],
)
def test_an_unusable_folder_is_refused(name: str, problem: str, tmp_path: Path) -> None:
    for full in ("full/index.jsonl", "hidden/.git"):
        (tmp_path / full).parent.mkdir()
        (tmp_path / full).write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(ConfigError, match=problem):
        prepare_evidence_folder(tmp_path / name)
    assert everything(tmp_path) == before


def _flipped(data: bytes) -> bytes:
    return data.replace(b"1", b"7", 1) if b"1" in data else data + b" "


def _edit(path: Path) -> None:
    path.write_bytes(_flipped(path.read_bytes()))


def _forge(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    (path.parent.parent / "elsewhere").write_bytes(content)
    path.symlink_to(path.parent.parent / "elsewhere")


@pytest.mark.parametrize("change", [_edit, Path.unlink, _forge])
@pytest.mark.parametrize(
    "name",
    [
        "imp1.lab.test/001-getCCMVersion.request.xml",
        "imp1.lab.test/001-getCCMVersion.reply.xml",
        "imp1.lab.test/002-getCCMVersion.reply-part.txt",
    ],
)
def test_evidence_is_refused_once_one_of_its_files_was_changed(
    name: str, change: Callable[[Path], None], tmp_path: Path
) -> None:
    place = keep(tmp_path / "kept", [answer(b"<a>1</a>"), OUTCOMES["cut"]])
    load_evidence(place)
    change(place / name)
    with pytest.raises(ConfigError, match=name.replace(".", r"\.")):
        load_evidence(place)


def test_evidence_is_refused_once_run_json_was_changed(tmp_path: Path) -> None:
    place = keep(tmp_path / "kept", [answer()])
    _edit(place / RUN_FILE)
    with pytest.raises(ConfigError, match=r"run\.json"):
        load_evidence(place)


def test_evidence_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    place = keep(tmp_path / "kept", [answer()])
    run = json.loads((place / RUN_FILE).read_text())
    (place / RUN_FILE).write_text(json.dumps(run | {"schema_version": "1.0"}))
    with pytest.raises(ConfigError, match=r"schema version 1\.0, and this auditor reads 2\.0"):
        load_evidence(place)


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"kind": "auditor-snapshot"}', "\xff"])
def test_a_file_that_is_no_evidence_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / RUN_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match="is no evidence"):
        load_evidence(tmp_path)


@pytest.mark.parametrize("place", ["nothing-there", "empty"])
def test_a_folder_without_evidence_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"there is no run\.json in it"):
        load_evidence(tmp_path / place)


def test_a_lost_swapped_or_changed_line_of_the_index_is_detected(tmp_path: Path) -> None:
    place = keep(tmp_path / "kept", [answer(), answer(b"2"), answer(b"3")])
    index = place / INDEX_FILE
    lines = index.read_bytes().splitlines(keepends=True)
    swapped = [lines[1], lines[0], *lines[2:]]
    doubled = [*lines, lines[-1]]
    changed = [swapped, doubled]
    changed += [lines[:n] + lines[n + 1 :] for n in range(len(lines) - 1)]
    changed += [[*lines[:n], _flipped(lines[n]), *lines[n + 1 :]] for n in range(len(lines))]
    for damaged in changed:
        index.write_bytes(b"".join(damaged))
        with pytest.raises(ConfigError, match=r"damaged|after the end of the run"):
            load_evidence(place)


def test_evidence_of_a_run_that_was_killed_is_read_wherever_it_ended(
    tmp_path: Path,
) -> None:
    """The files of an exchange are there before its line, so every cut of the index could be."""
    place = keep(tmp_path / "kept", [answer(), OUTCOMES["cut"]], finish=False)
    index = place / INDEX_FILE
    whole = index.read_bytes()
    for end in range(0, len(whole) + 1, 7):
        index.write_bytes(whole[:end])
        written = whole[:end].count(b"\n")
        evidence = load_evidence(place)
        assert (evidence.is_complete, len(evidence.exchanges)) == (False, written)


def test_evidence_that_ends_early_is_named_where_a_reply_is_missing(tmp_path: Path) -> None:
    session = replayed(keep(tmp_path / "kept", [answer()], finish=False))
    (outcome,) = ask(session, question("1"))
    assert isinstance(outcome, NotAsked)
    assert outcome.detail.startswith("The evidence, which ends early, holds no reply")


def test_a_full_disk_stops_the_evidence_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "kept"
    prepare_evidence_folder(place)
    recorder = Recorder(place, subject())
    session = RecordedScript(recorder, [answer(b"1"), answer(b"2"), answer(b"3")]).open_session(
        NODE, LOGIN, LIMITS
    )
    ask(session, question("1"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(EvidenceFolder, "write_file", full)
        outcomes = ask(session, question("2"))
    outcomes += ask(session, question("3"))
    assert [one.body for one in outcomes if isinstance(one, SoapResponse)] == [b"2", b"3"]
    recorder.finish(START)
    recorder.close()
    with pytest.raises(OutputError, match="No space left on device"):
        recorder.check()
    kept = load_evidence(place)
    assert (len(kept.exchanges), kept.is_complete) == (1, False)


def test_an_exchange_after_the_end_of_a_run_is_not_recorded(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    prepare_evidence_folder(place)
    recorder = Recorder(place, subject())
    session = RecordedScript(recorder, [answer(), answer()]).open_session(NODE, LOGIN, LIMITS)
    recorder.close()
    assert isinstance(ask(session, question())[0], SoapResponse)
    recorder.check()
    assert load_evidence(place).exchanges == ()
