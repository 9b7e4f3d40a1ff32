"""The checker finds what it is there to find: every fault put in on purpose, and nothing in a history without one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.faults.history import Acknowledgement, Envelope, Fault, History

ROOM, SECRET = "ticket:1", "ticket-notes:1"
Told = list[tuple[str, int, Envelope]]


def log_of(room: str, length: int) -> list[Envelope]:
    return [
        {
            "type": "message.new",
            "room": room,
            "id": f"{room}-{seq}",
            "seq": seq,
            "data": {"id": f"m{seq}", "client_id": f"{room}-c{seq}", "content": f"Message {seq}"},
        }
        for seq in range(1, length + 1)
    ]


class Story:
    """A history of one room with ten messages, told to one reader, that a test may spoil."""

    def __init__(self) -> None:
        self.log = log_of(ROOM, 10)
        self.told: Told = [(ROOM, event["seq"], event) for event in self.log]
        self.acknowledged = [
            (event["data"]["client_id"], _acknowledgement(event)) for event in self.log
        ]
        self.asked_for = {event["data"]["client_id"] for event in self.log}
        self.put_out_with: int | None = None

    def faults(self) -> list[Fault]:
        history = History()
        history.reader("carol", [ROOM])
        for client_id in self.asked_for:
            history.asked_for(client_id)
        for client_id, acknowledgement in self.acknowledged:
            history.acknowledged(client_id, acknowledgement)
        for room, seq, content in self.told:
            history.heard("carol", room, seq, content)
        if self.put_out_with is not None:
            history.withdrawn("carol", ROOM, after=self.put_out_with)
        history.log(ROOM, self.log)
        return [violation.fault for violation in history.violations()]


def _acknowledgement(event: Envelope) -> Acknowledgement:
    data = event["data"]
    return Acknowledgement(event["room"], event["seq"], data["id"], data["content"])


def drop_in_the_middle(story: Story) -> None:
    del story.told[4]


def drop_the_first(story: Story) -> None:
    del story.told[0]


def drop_the_last(story: Story) -> None:
    del story.told[-1]


def repeat(story: Story) -> None:
    story.told.insert(6, story.told[5])


def repeat_all_after_a_reconnect(story: Story) -> None:
    story.told += story.told[3:]


def swap_neighbours(story: Story) -> None:
    story.told[2], story.told[3] = story.told[3], story.told[2]


def alter_the_content(story: Story) -> None:
    room, seq, event = story.told[7]
    story.told[7] = (room, seq, {**event, "data": {**event["data"], "content": "Something else"}})


def tell_of_another_room(story: Story) -> None:
    story.told.append((SECRET, 1, log_of(SECRET, 1)[0]))


def tell_after_the_right_was_lost(story: Story) -> None:
    story.put_out_with = 9


def tell_what_is_in_no_log(story: Story) -> None:
    story.told.append((ROOM, 11, log_of(ROOM, 11)[10]))


def lose_an_acknowledged_write(story: Story) -> None:
    story.acknowledged.append(("lost", Acknowledgement(ROOM, 11, "m11", "Message 11")))
    story.asked_for.add("lost")


def write_twice_what_was_tried_twice(story: Story) -> None:
    again = {**log_of(ROOM, 11)[10], "data": story.log[4]["data"]}
    story.log.append(again)
    story.told.append((ROOM, 11, again))


def acknowledge_a_retry_otherwise(story: Story) -> None:
    client_id, first = story.acknowledged[3]
    story.acknowledged.append((client_id, Acknowledgement(ROOM, 11, first.message, first.content)))


def write_something_else_than_acknowledged(story: Story) -> None:
    client_id, first = story.acknowledged[3]
    story.acknowledged[3] = (
        client_id,
        Acknowledgement(ROOM, first.seq, first.message, "Nothing of it"),
    )


def write_what_nobody_asked_for(story: Story) -> None:
    del story.acknowledged[2]
    story.asked_for.discard(f"{ROOM}-c3")


def leave_a_hole_in_the_log(story: Story) -> None:
    del story.log[5], story.told[5], story.acknowledged[5]


SPOILED: list[tuple[Callable[[Story], None], set[Fault]]] = [
    (drop_in_the_middle, {Fault.LOST}),
    (drop_the_first, {Fault.LOST}),
    (drop_the_last, {Fault.LOST}),
    (repeat, {Fault.REPEATED}),
    (repeat_all_after_a_reconnect, {Fault.REPEATED}),
    (swap_neighbours, {Fault.OUT_OF_ORDER}),
    (alter_the_content, {Fault.ALTERED}),
    (tell_of_another_room, {Fault.LEAKED}),
    (tell_after_the_right_was_lost, {Fault.LEAKED}),
    (tell_what_is_in_no_log, {Fault.INVENTED}),
    (lose_an_acknowledged_write, {Fault.WRITE_LOST}),
    (write_twice_what_was_tried_twice, {Fault.WRITE_REPEATED}),
    (acknowledge_a_retry_otherwise, {Fault.WRITE_REPEATED}),
    (write_something_else_than_acknowledged, {Fault.WRITE_ALTERED}),
    (write_what_nobody_asked_for, {Fault.INVENTED}),
]


def test_a_history_without_a_fault_has_no_violation() -> None:
    assert Story().faults() == []


@pytest.mark.parametrize(
    ("spoil", "expected"), SPOILED, ids=[spoil.__name__ for spoil, _ in SPOILED]
)
def test_a_fault_put_in_on_purpose_is_found(
    spoil: Callable[[Story], None], expected: set[Fault]
) -> None:
    story = Story()
    spoil(story)
    assert set(story.faults()) == expected


def test_a_hole_in_the_log_itself_is_found() -> None:
    story = Story()
    leave_a_hole_in_the_log(story)
    assert Fault.LOST in story.faults()


def test_every_dropped_and_every_repeated_event_is_counted() -> None:
    for seed in range(50):
        random, story = Random(seed), Story()
        dropped = random.sample(range(10), random.randint(1, 9))
        story.told = [each for place, each in enumerate(story.told) if place not in dropped]
        repeated = random.choices(story.told, k=random.randint(0, 3))
        story.told += repeated
        assert story.faults().count(Fault.LOST) == len(dropped), f"seed {seed}"
        assert story.faults().count(Fault.REPEATED) == len(repeated), f"seed {seed}"


def test_who_was_put_out_needs_no_more_but_has_no_gap() -> None:
    story = Story()
    story.put_out_with = 7
    story.told = story.told[:6]
    assert story.faults() == []
    del story.told[3]
    assert story.faults() == [Fault.LOST]


def test_a_refused_resume_is_a_violation() -> None:
    history = History()
    history.reader("carol", [ROOM])
    history.refused("carol", ROOM, "resumed: false")
    history.log(ROOM, [])
    assert [violation.fault for violation in history.violations()] == [Fault.REFUSED]


def test_endpoints_that_show_an_event_otherwise_are_compared_in_their_own_shape() -> None:
    def shown(event: Envelope) -> Any:
        return [event["seq"], event["data"]["content"]]

    history = History()
    history.reader("carol", [ROOM], shown)
    log = log_of(ROOM, 2)
    for event in log:
        history.asked_for(event["data"]["client_id"])
    history.heard("carol", ROOM, 1, [1, "Message 1"])
    history.heard("carol", ROOM, 2, [2, "Message 3"])
    history.log(ROOM, log)
    assert [str(violation) for violation in history.violations()] == [
        "altered: carol in ticket:1: number 2"
    ]
