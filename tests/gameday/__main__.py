"""``make game-day``: ``python -m tests.gameday``. Exits with 1 if a diagnosis was wrong, an event went astray, or a part stayed away."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.gameday.day import Day, game_day
from tests.gameday.faults import FAULTS, Fault
from tests.gameday.production import Production
from tests.gameday.timeline import timeline
from tests.support.postgresql import NoPostgreSQL, scratch_database

_LONGEST = 235.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make game-day")
    parser.add_argument("--hold", type=float, default=5, help="seconds that a part stays away")
    parser.add_argument("--part", action="append", help="only this one (again for more)")
    given = parser.parse_args()
    chosen = [fault for fault in FAULTS if not given.part or fault.part in given.part]
    if shutil.which("nginx") is None:
        print("A game day needs nginx on the PATH.", file=sys.stderr)
        return 2
    try:
        with scratch_database() as url:
            production = Production(url)
            try:
                return asyncio.run(_hold(production, chosen, given.hold))
            finally:
                production.close()
    except NoPostgreSQL as reason:
        print(f"A game day needs PostgreSQL: {reason}", file=sys.stderr)
        return 2


async def _hold(production: Production, faults: Sequence[Fault], hold: float) -> int:
    async with asyncio.timeout(_LONGEST):
        _say("Starting nginx, two servers, a worker, Redis and a database …")
        await asyncio.to_thread(production.start)
        day: Day = await game_day(production, faults, say=_say, hold=hold)
    print(timeline(day))
    for line, times in Counter(_errors(production)).most_common(10):
        print(f"logged {times} times: {line}")
    for problem in day.problems:
        print(f"WRONG: {problem}")
    return 1 if day.problems else 0


def _errors(production: Production) -> Iterator[str]:
    for log in production.logs:
        for line in log.splitlines():
            if line.startswith("{") and (said := json.loads(line))["level"] in (
                "ERROR",
                "CRITICAL",
            ):
                yield f"{said['logger']}: {said['message']}"[:200]


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
