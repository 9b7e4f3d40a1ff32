"""One connection's conversation: what the session answers itself, what it hands on, and when it has enough."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from realtime.commands import Join, SendMessage, Typing
from realtime.conf import Config
from realtime.dialects.classic import ClassicDialect
from realtime.dialects.rooms import RoomDialect
from realtime.session import Bucket, Close, Do, Output, Reply, Session

ALICE = User(pk=7, username="alice")
LIMITS = Config(messages_per_second=10_000, messages_burst=10_000)


def make_session(dialect: Any = RoomDialect, **limits: Any) -> Session:
    """A session of Alice's that began at time 0."""
    given = {"messages_per_second": 10_000, "messages_burst": 10_000, **limits}
    return Session(dialect(ALICE, {}, {}), Config(**given), 0)


def codes(outputs: list[Output]) -> list[Any]:
    """What is said, shortly: an error's code or a frame's type, a close code, a command's name."""
    said: list[Any] = []
    for output in outputs:
        if isinstance(output, Reply):
            frame = json.loads(output.text)
            said.append(frame["data"]["code"] if frame["type"] == "error" else frame["type"])
        elif isinstance(output, Close):
            said.append(output.code)
        else:
            said.append(type(output.command).__name__)
    return said


# --- words ---


def test_a_ping_is_answered_on_the_spot_with_its_ref() -> None:
    (reply,) = make_session().receive('{"type":"ping","ref":"a"}', 1)
    assert isinstance(reply, Reply)
    frame = json.loads(reply.text)
    assert (frame["type"], frame["ref"]) == ("pong", "a")


def test_a_command_is_handed_on_with_its_frame() -> None:
    text = '{"type":"join_room","room":"till","since":3,"ref":1}'
    (output,) = make_session().receive(text, 1)
    assert isinstance(output, Do) and isinstance(output.command, Join)
    assert (output.command.room, output.command.since, output.command.ref) == ("till", 3, 1)
    assert output.command.frame == json.loads(text)


def test_a_frame_that_the_dialect_ignores_is_answered_with_nothing() -> None:
    assert make_session(ClassicDialect).receive('{"action":"dance"}', 1) == []


def test_an_error_in_a_frame_is_told_and_the_session_goes_on() -> None:
    session = make_session()
    assert codes(session.receive('{"type":"dance"}', 1)) == ["unknown_type"]
    assert codes(session.receive('{"type":"typing","room":"till"}', 1)) == [Typing.__name__]


# --- what is no frame ---

NO_FRAMES = [
    "",
    "hello",
    "{",
    '{"type":"ping"',
    "{'type':'ping'}",
    "[]",
    '["ping"]',
    "3",
    "null",
    '"ping"',
    "NaN",
    '{"type":"ping"} {}',
    "\ufeff{}",
    r'["\ud83d"]',
    '{"a":1e400,"b":NaN}',
    '{"type":"\ud800"}',
    '{"a":' * 20_000 + "1" + "}" * 20_000,
    b'{"type":"ping"}',
    b"\xff",
    b"",
]


@pytest.mark.parametrize("frame", NO_FRAMES, ids=lambda frame: repr(frame[:12]))
def test_what_is_no_json_object_is_an_invalid_frame(frame: str | bytes) -> None:
    assert codes(make_session().receive(frame, 1)) == ["invalid_frame"]


def test_the_twentieth_malformed_frame_in_a_row_ends_it() -> None:
    session = make_session()
    for _ in range(19):
        assert codes(session.receive("nonsense", 1)) == ["invalid_frame"]
    assert codes(session.receive("nonsense", 1)) == ["invalid_frame", 4400]


@pytest.mark.parametrize("good", ['{"type":"ping"}', '{"type":"dance"}', "{}"])
def test_a_json_object_in_between_begins_the_count_anew(good: str) -> None:
    session = make_session()
    for _ in range(3):
        for _ in range(19):
            assert 4400 not in codes(session.receive("nonsense", 1))
        session.receive(good, 1)


UNUSABLE = [r'"\ud83d"', "1e400", "9" * 5_000, r'{"a":["\udc00"]}', r'"x","\ud83d":1']


@pytest.mark.parametrize("value", UNUSABLE, ids=lambda value: value[:12])
@pytest.mark.parametrize("dialect", [RoomDialect, ClassicDialect])
def test_a_json_object_that_nothing_can_hold_is_told_with_its_ref_and_is_not_malformed(
    dialect: Any, value: str
) -> None:
    session = make_session(dialect)
    for _ in range(25):
        (reply,) = session.receive(f'{{"type":"join_room","ref":7,"room":"x","n":{value}}}', 1)
        assert isinstance(reply, Reply)
        frame = json.loads(reply.text)
        assert (frame["ref"], frame["data"]["code"]) == (7, "invalid_field")


def test_a_ref_that_cannot_be_told_back_is_left_out() -> None:
    (reply,) = make_session().receive(r'{"type":"ping","ref":"\ud83d"}', 1)
    assert isinstance(reply, Reply)
    assert json.loads(reply.text)["ref"] is None


# --- size ---


def padded(size: int, filling: str = "x") -> str:
    """A ping of so many bytes."""
    empty = len('{"type":"ping","x":""}')
    width = len(filling.encode(errors="surrogatepass"))
    text = '{"type":"ping","x":"' + filling * ((size - empty) // width) + '"}'
    return text + " " * (size - len(text.encode(errors="surrogatepass")))


@pytest.mark.parametrize("filling", ["x", "é", "€", "🔥"])
def test_the_limit_counts_bytes(filling: str) -> None:
    session = make_session(message_max_size=1_000)
    assert codes(session.receive(padded(1_000, filling), 1)) == ["pong"]
    assert codes(session.receive(padded(1_001, filling), 1)) == ["too_large", 4413]


def test_binary_and_broken_text_over_the_limit_are_too_large() -> None:
    for frame in (b"x" * 1_001, "\ud800" * 400):
        assert codes(make_session(message_max_size=1_000).receive(frame, 1)) == ["too_large", 4413]


def test_a_limit_of_one_byte_works() -> None:
    session = make_session(message_max_size=1)
    assert codes(session.receive("{", 1)) == ["invalid_frame"]
    assert codes(session.receive("{}", 1)) == ["too_large", 4413]


@pytest.mark.parametrize("value", ["{}", "[]", "0", '{"":0}'])
@pytest.mark.parametrize("dialect", [RoomDialect, ClassicDialect])
def test_a_frame_of_more_values_than_anybody_needs_is_not_read(dialect: Any, value: str) -> None:
    session = make_session(dialect)
    for _ in range(25):
        frame = '{"type":"ping","x":[' + ",".join([value] * 70_000) + "]}"
        assert codes(session.receive(frame, 1)) == ["too_large"]
    assert codes(session.receive('{"type":"ping"}', 1)) == ["pong"]


def test_a_list_is_no_frame_however_long_it_is() -> None:
    session = make_session()
    for _ in range(19):
        assert codes(session.receive(" " + "[" * 100_000, 1)) == ["invalid_frame"]
    assert codes(session.receive("[" * 100_000, 1)) == ["invalid_frame", 4400]


def test_a_long_message_is_read_whatever_it_is_made_of() -> None:
    text = json.dumps({"type": "send_message", "room": "till", "content": "[" * 65_000})
    assert codes(make_session().receive(text, 1)) == [SendMessage.__name__]


# --- too many ---


def test_a_burst_is_let_through_and_then_so_many_a_second() -> None:
    bucket = Bucket(rate=2, burst=3, now=100)
    assert [bucket.take(100) for _ in range(5)] == [True, True, True, False, False]
    assert [bucket.take(100.5) for _ in range(2)] == [True, False]
    assert [bucket.take(200) for _ in range(4)] == [True, True, True, False]


def test_frames_over_the_limit_are_dropped_and_told_at_most_once_a_second() -> None:
    session = make_session(messages_per_second=1, messages_burst=1)
    ping = '{"type":"ping"}'
    assert codes(session.receive(ping, 0)) == ["pong"]
    assert codes(session.receive(ping, 0.1)) == ["rate_limited"]
    assert session.receive(ping, 0.2) == []
    assert session.receive(ping, 0.9) == []
    assert codes(session.receive(ping, 1.05)) == ["pong"]
    assert codes(session.receive(ping, 1.2)) == ["rate_limited"]


def test_malformed_frames_over_the_limit_are_dropped_too() -> None:
    session = make_session(messages_per_second=1, messages_burst=1)
    assert codes(session.receive("nonsense", 0)) == ["invalid_frame"]
    assert codes(session.receive("nonsense", 0)) == ["rate_limited"]


def test_the_two_hundredth_drop_within_ten_seconds_ends_it() -> None:
    session = make_session(messages_per_second=0.001, messages_burst=1)
    session.receive("{}", 0)
    said = [codes(session.receive("{}", n * 0.05)) for n in range(200)]
    assert said[-1] == [4429]  # told at most once a second, at the end too
    assert all(4429 not in codes for codes in said[:-1])


def test_drops_that_are_spread_out_do_not_end_it() -> None:
    session = make_session(messages_per_second=0.001, messages_burst=1)
    session.receive("{}", 0)
    for n in range(1_000):
        assert 4429 not in codes(session.receive("{}", n * 0.051))


def test_a_rate_of_one_works() -> None:
    session = make_session(messages_per_second=1, messages_burst=1)
    for second in range(5):
        assert codes(session.receive('{"type":"ping"}', second)) == ["pong"]


# --- silence ---


def test_a_client_that_never_sends_is_never_idle() -> None:
    assert not make_session().is_idle(now=1e9, timeout=300)


def test_a_client_that_has_sent_is_idle_after_the_timeout() -> None:
    session = make_session()
    session.receive("nonsense counts as well", 10)
    assert not session.is_idle(now=310, timeout=300)
    assert session.is_idle(now=310.1, timeout=300)
    session.receive('{"type":"ping"}', 311)
    assert not session.is_idle(now=320, timeout=300)
