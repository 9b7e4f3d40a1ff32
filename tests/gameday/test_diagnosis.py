"""The table of rules names the part that is in trouble, and no other."""

from __future__ import annotations

import pytest

from tests.gameday.diagnosis import diagnose
from tests.gameday.looks import FIRST, SECOND, WELL, but, gone, without
from tests.gameday.vitals import Look, Vitals, parsed

_OF_THE_DATABASE = ("livedesk_workers", "livedesk_jobs_late_seconds", "realtime_log_events")


def named(*servers: Vitals, proxy_answers: bool = True, well: Look = WELL) -> list[str]:
    return [str(finding) for finding in diagnose(Look(servers, proxy_answers), well)]


def test_nothing_is_named_while_all_is_well() -> None:
    assert named(FIRST, SECOND) == []


def test_a_process_that_does_not_answer_is_gone() -> None:
    assert named(gone(FIRST), SECOND) == ["server-1 is gone"]


def test_a_process_after_which_others_tidy_up_has_died() -> None:
    assert named(but(FIRST, realtime_reaped_processes_total=1), gone(SECOND)) == [
        "server-2 has died"
    ]


def test_what_others_had_tidied_up_before_says_nothing() -> None:
    before = but(FIRST, realtime_reaped_processes_total=3)
    well = Look((before, but(SECOND, realtime_reaped_processes_total=2)))
    assert named(before, gone(SECOND), well=well) == ["server-2 is gone"]


def test_a_process_that_drains_is_stopping() -> None:
    assert named(FIRST, but(SECOND, realtime_draining=1)) == ["server-2 is stopping"]


@pytest.mark.parametrize(
    ("error", "trouble"), [("ConnectionError", "is away"), ("TimeoutError", "hangs")]
)
def test_redis_is_named_when_every_process_misses_it(error: str, trouble: str) -> None:
    missing = [but(each, redis=error, realtime_redis_up=0) for each in (FIRST, SECOND)]
    assert named(*missing) == [f"Redis {trouble}"]


def test_redis_is_away_where_the_only_process_that_answers_misses_it() -> None:
    missing = but(SECOND, redis="ConnectionError", realtime_redis_up=0)
    assert named(gone(FIRST), missing) == ["server-1 is gone", "Redis is away"]


def test_a_part_that_one_process_misses_is_behind_a_cut() -> None:
    missing = but(FIRST, redis="TimeoutError", realtime_redis_up=0)
    assert named(missing, SECOND) == ["server-1's way to Redis is cut"]
    assert named(FIRST, but(SECOND, realtime_database_up=0)) == [
        "server-2's way to PostgreSQL is cut"
    ]


def test_while_the_database_is_away_nothing_is_said_of_what_it_knows() -> None:
    away = [
        without(but(each, realtime_database_up=0), *_OF_THE_DATABASE) for each in (FIRST, SECOND)
    ]
    assert named(*away) == ["PostgreSQL is away"]


def test_the_worker_is_gone_when_no_worker_is_alive() -> None:
    assert named(*(but(each, livedesk_workers=0) for each in (FIRST, SECOND))) == ["worker is gone"]


def test_the_proxy_is_named_when_only_the_way_through_it_fails() -> None:
    lonely = [but(each, websocket_active_connections=0) for each in (FIRST, SECOND)]
    assert named(*lonely, proxy_answers=False) == ["nginx is away"]
    assert named(*lonely) == ["nginx lets nobody through"]
    assert named(*lonely, well=Look(tuple(lonely))) == []


def test_sockets_on_their_way_to_another_process_are_no_trouble_of_the_proxy() -> None:
    empty, emptied = (but(each, websocket_active_connections=0) for each in (FIRST, SECOND))
    assert named(empty, but(emptied, realtime_draining=1)) == ["server-2 is stopping"]
    assert named(empty, gone(SECOND)) == ["server-2 is gone"]


def test_a_proxy_without_servers_is_not_to_blame() -> None:
    assert named(gone(FIRST), gone(SECOND), proxy_answers=False) == [
        "server-1 is gone",
        "server-2 is gone",
    ]


def test_metrics_are_read_and_those_with_labels_are_summed() -> None:
    text = """# HELP realtime_closes_total Ended sockets.
# TYPE realtime_closes_total counter
realtime_closes_total{code="1000"} 3.0
realtime_closes_total{code="4503"} 2.0
realtime_draining 0.0
realtime_delivery_seconds_bucket{le="+Inf"} 1e+06
"""
    assert parsed(text) == {
        "realtime_closes_total": 5,
        "realtime_draining": 0,
        "realtime_delivery_seconds_bucket": 1_000_000,
    }
