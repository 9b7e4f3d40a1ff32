"""``make torture``: ``python -m tests.faults --minutes 10 --seed 1``. Exits with 1 if anything was lost, repeated, …"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections import Counter
from random import randrange

from tests.faults.report import failures, table
from tests.faults.torture import torture
from tests.support.postgresql import NoPostgreSQL, scratch_database


def main() -> int:
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--sqlite", action="store_true", help="even if there is PostgreSQL")
    given = parser.parse_args()
    seed = randrange(1_000_000) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    with contextlib.ExitStack() as stack:
        url = "" if given.sqlite else _postgresql(stack)
        outcome = asyncio.run(torture(minutes=given.minutes, seed=seed, database_url=url, say=_say))
    print(table(outcome))
    for error, times in Counter(outcome.errors).most_common(10):
        print(f"logged {times} times: {error}")
    problems = failures(outcome)
    for problem in problems[:100]:
        print(problem)
    return 1 if problems else 0


def _postgresql(stack: contextlib.ExitStack) -> str:
    try:
        return stack.enter_context(scratch_database())
    except NoPostgreSQL as reason:
        _say(f"On SQLite: {reason}")
        return ""


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
