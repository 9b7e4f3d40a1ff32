"""The course of a game day: strike, name the part, hold, give it back, wait until all is well; then compare what everybody heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from tests.gameday.alerts import holding
from tests.gameday.audience import Audience
from tests.gameday.diagnosis import Finding, diagnose
from tests.gameday.faults import Fault
from tests.gameday.production import Production
from tests.gameday.vitals import Look, look

LOOK_EVERY = 0.5
_NAMED_WITHIN = 30.0
_WELL_WITHIN = 60.0


@dataclass
class Row:
    """One fault, as the timeline shows it. Times are in seconds; ``begun`` since the beginning of the day."""

    fault: Fault
    begun: float
    findings: list[Finding] = field(default_factory=list)
    """Different ones, in the order in which they were made."""
    alerts: list[str] = field(default_factory=list)
    """Those that hold at last, and how long they must."""
    named_after: float | None = None
    given_back: float | None = None
    recovered_after: float | None = None


@dataclass
class Day:
    """What it came to. ``problems`` make it a failed one."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0
    events: int = 0
    deliveries: int = 0
    listeners: int = 0
    writes: int = 0
    attempts: int = 0
    reconnects: int = 0


async def game_day(
    production: Production,
    faults: Sequence[Fault],
    *,
    say: Callable[[str], None],
    copies: int = 4,
    hold: float = 5,
) -> Day:
    """Runs on a set-up that has been started. Each part stays away for ``hold`` seconds after it was named."""
    audience = Audience(production.nginx, copies)  # type: ignore[arg-type]
    async with httpx.AsyncClient(timeout=8) as http:
        watch = _Watch(production, audience, http, hold, say)
        try:
            await audience.gather()
            return await watch.through(faults)
        finally:
            await audience.close()


class _Watch:
    def __init__(
        self,
        production: Production,
        audience: Audience,
        http: httpx.AsyncClient,
        hold: float,
        say: Callable[[str], None],
    ) -> None:
        self._production = production
        self._audience = audience
        self._http = http
        self._hold = hold
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._begin = self._loop.time()
        self._well = Look(())
        self.day = Day()

    async def through(self, faults: Sequence[Fault]) -> Day:
        day, audience = self.day, self._audience
        await self._until_well("the beginning")
        for fault in faults:
            row = Row(fault, self._now())
            day.rows.append(row)
            await self._take_away(row)
            await self._give_back(row)
        await audience.stop_writing()
        day.problems += await audience.problems()
        if "token=" in self._production.nginx.logs:
            day.problems.append("a token stands in a log of the proxy")
        day.seconds = self._now()
        day.events = sum(audience.history.heads.values())
        day.deliveries = audience.history.deliveries + sum(len(c.heard) for c in audience.clients)
        day.listeners = len(audience.readers) + len(audience.clients)
        day.writes, day.attempts = audience.history.writes, audience.attempts
        day.reconnects = sum(reader.connects - 1 for reader in audience.readers)
        return day

    async def _take_away(self, row: Row) -> None:
        fault = row.fault
        self._say(f"{row.begun:5.0f} s  {fault.what}")
        striking = asyncio.ensure_future(asyncio.to_thread(fault.strike, self._production))
        while True:
            findings, now = await self._look()
            self._note(row, findings, now)
            waited = self._now() - row.begun
            if row.named_after is not None:
                if striking.done() and waited > row.named_after + self._hold:
                    break
            elif waited > _NAMED_WITHIN:
                self._problem(f"{fault.what}: nothing was named in {waited:.0f} s")
                break
            await asyncio.sleep(LOOK_EVERY)
        await striking
        last = [(finding.part, finding.trouble) for finding in findings]
        if last != [(fault.part, fault.trouble)]:
            self._problem(f"{fault.what}: named at the end {[str(each) for each in findings]}")

    def _note(self, row: Row, findings: list[Finding], now: Look) -> None:
        """Whatever else is named meanwhile is a wrong diagnosis."""
        for finding in findings:
            if finding.part != row.fault.part:
                self._problem(f"{row.fault.what}: {finding} was named ({finding.because})")
            elif row.named_after is None:
                row.named_after = self._now() - row.begun
            if str(finding) not in map(str, row.findings):
                self._say(f"{self._now():5.0f} s      {finding}: {finding.because}")
                row.findings.append(finding)
        row.alerts = [str(alert) for alert in holding(now, self._well)]

    async def _give_back(self, row: Row) -> None:
        row.given_back = self._now()
        try:
            await asyncio.to_thread(row.fault.repair, self._production)
            await self._until_well(row.fault.what)
        except TimeoutError as stuck:
            self._problem(f"{row.fault.what}: did not recover: {stuck}")
        else:
            row.recovered_after = self._now() - row.given_back
            self._say(f"{self._now():5.0f} s      well again after {row.recovered_after:.1f} s")

    async def _until_well(self, what: str) -> None:
        """Until all parts say so, and then everybody listens and has everything."""
        deadline = self._loop.time() + _WELL_WITHIN
        while True:
            findings, now = await self._look()
            if not findings and all(_is_well(now)):
                break
            if self._loop.time() > deadline:
                raise TimeoutError(f"{what}: {[str(each) for each in findings]} {now}")
            await asyncio.sleep(LOOK_EVERY)
        await self._audience.has_everything(deadline - self._loop.time())
        self._well = (await self._look())[1]

    async def _look(self) -> tuple[list[Finding], Look]:
        now = await look(self._http, self._production.addresses, self._production.nginx.url)
        return diagnose(now, self._well), now

    def _problem(self, text: str) -> None:
        if text not in self.day.problems:
            self._say(f"{self._now():5.0f} s      WRONG: {text}")
            self.day.problems.append(text)

    def _now(self) -> float:
        return self._loop.time() - self._begin


def _is_well(now: Look) -> list[bool]:
    return [each.status == "ok" and each.redis == "ok" for each in now.servers]
