"""Which part is in trouble: a table of rules over what the parts tell of themselves. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.gameday.vitals import Look, Vitals


@dataclass(frozen=True, slots=True)
class Finding:
    """A part and what is wrong with it, and what said so."""

    part: str
    trouble: str
    because: str

    def __str__(self) -> str:
        return f"{self.part} {self.trouble}"


Rule = Callable[[Look, Look], Iterator[Finding]]


def diagnose(now: Look, well: Look) -> list[Finding]:
    """All that is wrong now. ``well`` is the last look at which nothing was."""
    return [finding for rule in RULES for finding in rule(now, well)]


def _a_process_is_gone(now: Look, well: Look) -> Iterator[Finding]:
    """Who was stopped has tidied up; after one that died, others do once its lease has ended."""
    metric = "realtime_reaped_processes_total"
    was_reaped = sum(now.values(metric)) > _sum_of_those_who_answer(now, well, metric)
    for each in now.servers:
        if each.answers:
            continue
        if was_reaped:
            yield Finding(each.name, "has died", f"another process shows `{metric}` + 1")
        else:
            yield Finding(each.name, "is gone", "its `/metrics` doesn't answer")


def _sum_of_those_who_answer(now: Look, well: Look, metric: str) -> float:
    names = {each.name for each in now.answering}
    return sum(each.metrics.get(metric, 0) for each in well.servers if each.name in names)


def _a_process_is_stopping(now: Look, well: Look) -> Iterator[Finding]:
    for each in now.answering:
        if each.metrics.get("realtime_draining"):
            yield Finding(each.name, "is stopping", "`realtime_draining 1`")


def _redis_is_away(now: Look, well: Look) -> Iterator[Finding]:
    def is_down(server: Vitals) -> bool:
        return server.metrics.get("realtime_redis_up") == 0

    because = "`realtime_redis_up 0`, `/healthz/redis` says "
    errors = {each.redis for each in now.answering if is_down(each)}
    if not errors:
        return
    error = "TimeoutError" if "TimeoutError" in errors else min(errors)
    trouble = "hangs" if error == "TimeoutError" else "is away"
    yield from _whose(now, is_down, "Redis", trouble, f"{because}`{error}`")


def _the_database_is_away(now: Look, well: Look) -> Iterator[Finding]:
    def is_down(server: Vitals) -> bool:
        return server.metrics.get("realtime_database_up") == 0

    yield from _whose(now, is_down, "PostgreSQL", "is away", "`realtime_database_up 0`")


def _nobody_does_background_work(now: Look, well: Look) -> Iterator[Finding]:
    if now.values("livedesk_workers") and max(now.values("livedesk_workers")) == 0:
        yield Finding("worker", "is gone", "`livedesk_workers 0`")


def _all_sockets_are_gone(now: Look, well: Look) -> Iterator[Finding]:
    metric = "websocket_active_connections"
    if not now.proxy_answers and now.answering:
        lost = f", sockets {sum(well.values(metric)):.0f} → {sum(now.values(metric)):.0f}"
        yield Finding("nginx", "is away", f"`/healthz` through it fails, past it not{lost}")
    elif _all_serve(now) and not sum(now.values(metric)) and sum(well.values(metric)):
        yield Finding("nginx", "lets nobody through", f"`{metric} 0`")


def _all_serve(now: Look) -> bool:
    """Otherwise sockets may just be on their way from one process to another."""
    draining = now.values("realtime_draining")
    return len(draining) == len(now.servers) and not any(draining)


def _whose(
    now: Look, is_down: Callable[[Vitals], bool], part: str, trouble: str, because: str
) -> Iterator[Finding]:
    """The part itself if everybody says so, else the way there of those who do."""
    down = [each for each in now.answering if is_down(each)]
    if down and len(down) == len(now.answering):
        yield Finding(part, trouble, because)
    else:
        for each in down:
            yield Finding(f"{each.name}'s way to {part}", "is cut", because)


RULES: list[Rule] = [
    _a_process_is_gone,
    _a_process_is_stopping,
    _redis_is_away,
    _the_database_is_away,
    _nobody_does_background_work,
    _all_sockets_are_gone,
]
