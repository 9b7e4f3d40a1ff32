"""The alert rules as they stand in deploy/ hold for the trouble that they are about, and for no other."""

from __future__ import annotations

from tests.gameday.alerts import alerts, holding
from tests.gameday.looks import FIRST, SECOND, WELL, but, gone, without
from tests.gameday.vitals import Look, Vitals


def held(*servers: Vitals, well: Look = WELL) -> list[str]:
    return [alert.name for alert in holding(Look(servers), well)]


def test_every_rule_that_compares_gauges_is_judged() -> None:
    assert {alert.name for alert in alerts()} == {
        "LivedeskProcessDown",
        "LivedeskRedisDown",
        "LivedeskHintsFail",
        "LivedeskDatabaseDown",
        "LivedeskLogIsNotRead",
        "LivedeskNobodyConnected",
        "LivedeskNoWorker",
        "LivedeskJobsStandStill",
    }


def test_none_holds_while_all_is_well() -> None:
    assert held(FIRST, SECOND) == []


def test_each_trouble_has_its_own() -> None:
    def both(**metrics: float) -> list[str]:
        return held(but(FIRST, **metrics), but(SECOND, **metrics))

    assert held(gone(FIRST), SECOND) == ["LivedeskProcessDown"]
    assert both(realtime_redis_up=0, realtime_hints_healthy=0) == ["LivedeskRedisDown"]
    assert both(realtime_hints_healthy=0) == ["LivedeskHintsFail"]
    assert both(realtime_sweep_healthy=0) == ["LivedeskLogIsNotRead"]
    assert both(livedesk_workers=0) == ["LivedeskNoWorker"]
    assert both(livedesk_jobs_late_seconds=301) == ["LivedeskJobsStandStill"]
    assert both(websocket_active_connections=0) == ["LivedeskNobodyConnected"]


def test_few_people_who_leave_are_no_alarm() -> None:
    few = Look(tuple(but(each, websocket_active_connections=10) for each in (FIRST, SECOND)))
    none = [but(each, websocket_active_connections=0) for each in (FIRST, SECOND)]
    assert held(*none, well=few) == []


def test_a_database_that_is_away_is_one_alert() -> None:
    away = but(FIRST, realtime_database_up=0, realtime_sweep_healthy=0)
    assert held(without(away, "livedesk_workers"), SECOND) == ["LivedeskDatabaseDown"]


def test_conditions_about_one_process_are_not_met_by_two() -> None:
    behind = but(FIRST, realtime_database_up=0, realtime_sweep_healthy=0)
    assert "LivedeskLogIsNotRead" not in held(behind, SECOND)


def test_it_says_how_long_it_must_hold() -> None:
    [alert] = holding(Look((gone(FIRST), SECOND)), WELL)
    assert str(alert) == "LivedeskProcessDown (after 30s)"
