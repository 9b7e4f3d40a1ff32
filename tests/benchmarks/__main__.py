"""Measures this engine beside stock Channels and others, interleaved, server and load each on a core of its own.

python -m tests.benchmarks [--scenario room500,pairs] [--servers ours-uvicorn,stock-pubsub-uvicorn] [--rounds 3] [--seconds 5]

Writes `docs/performance.md` when all is measured, or when asked with --write. `--quick` is one short round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks import profiling, report
from tests.benchmarks.contestants import CONTESTANTS
from tests.benchmarks.running import Failed, Laboratory
from tests.benchmarks.scenarios import SCENARIOS
from tests.support.postgresql import NoPostgreSQL, bare_commit, server_url
from tests.support.server import ROOT


def main() -> int:
    given = _arguments()
    scenarios = given.scenario or [
        name for name, scenario in SCENARIOS.items() if scenario.repeated or not given.quick
    ]
    rounds, seconds = (1, 1.0) if given.quick else (given.rounds, given.seconds)
    found: report.Found = {name: {} for name in scenarios}
    problems: list[str] = []
    wanted = _without_what_is_missing(given.servers)
    if given.profiles:
        Path(given.profiles).mkdir(parents=True, exist_ok=True)
    with Laboratory(given.profiles and Path(given.profiles)) as laboratory:
        for name in scenarios:
            repeated = SCENARIOS[name].repeated or given.scenario
            for _ in range(rounds if repeated else 1):
                _round(laboratory, name, wanted, seconds, found, problems)
            print(f"\n{SCENARIOS[name].title}\n{report.table(SCENARIOS[name], found[name])}\n")
    for samples in sorted(Path(given.profiles).glob("*.txt")) if given.profiles else ():
        print(f"\n{samples.stem}: {profiling.summary(samples)}")
    if given.json:
        found = _with_earlier(Path(given.json), found)
    if given.write or not (given.scenario or given.servers or given.quick):
        page = report.write(
            found,
            ROOT / "docs",
            rounds=rounds,
            seconds=seconds,
            machine=_machine(),
            problems=problems,
        )
        print(f"written: {page.relative_to(ROOT)}")
    return 1 if problems else 0


def _with_earlier(file: Path, found: report.Found) -> report.Found:
    """All results that the file has and these, which it then has too; in the order in which scenarios are listed."""
    earlier = json.loads(file.read_text()) if file.exists() else {}
    results = earlier | {name: earlier.get(name, {}) | found[name] for name in found}
    file.write_text(json.dumps(results, indent=1))
    return {name: results[name] for name in SCENARIOS if name in results}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenario", type=_names(SCENARIOS), help=", ".join(SCENARIOS))
    parser.add_argument("--servers", type=_names(CONTESTANTS), help=", ".join(CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument(
        "--quick", action="store_true", help="one round of 1 s, of what is repeated otherwise"
    )
    parser.add_argument("--profiles", metavar="FOLDER", help="sample the servers with py-spy")
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="keeps all results; the last of each server in a scenario counts",
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    return parser.parse_args()


def _names(known: dict[str, Any]) -> Any:
    def names(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(known)}")
        return chosen

    return names


def _without_what_is_missing(servers: list[str] | None) -> list[str]:
    wanted = servers or list(CONTESTANTS)
    try:
        server_url()
    except NoPostgreSQL as reason:
        print(f"Not measured on PostgreSQL: {reason}", file=sys.stderr)
        wanted = [name for name in wanted if not CONTESTANTS[name].postgresql]
    return wanted


def _round(
    laboratory: Laboratory,
    name: str,
    wanted: list[str],
    seconds: float,
    found: report.Found,
    problems: list[str],
) -> None:
    """Each contestant once. One that fails is told in the report and doesn't stop the others."""
    scenario = SCENARIOS[name]
    for contestant in scenario.candidates(wanted):
        try:
            result = laboratory.measure(
                contestant,
                {"seconds": seconds, **scenario.order},
                servers=scenario.servers,
                fill=scenario.fill,
            )
        except (Failed, TimeoutError, subprocess.TimeoutExpired) as error:
            problems.append(f"{name}, {contestant.name}: {str(error).strip().splitlines()[-1]}")
            print(problems[-1], file=sys.stderr, flush=True)
            continue
        if result["faults"]:
            problems.append(f"{name}, {contestant.name}: {result['faults']} out of order or lost")
        found[name].setdefault(contestant.name, []).append(result)
        print(f"{name:<9} {contestant.name:<32} {_short(result)}", flush=True)


def _short(result: dict[str, Any]) -> str:
    return "  ".join(f"{key} {value:,.4g}" for key, value in result.items())


def _machine() -> str:
    load = os.getloadavg()[0]
    version = platform.python_version()
    here = f"{os.cpu_count()} cores, Python {version}, load average {load:.1f} at the end"
    try:
        commit = bare_commit() * 1000
    except NoPostgreSQL:
        return here
    return f"{here}; a bare commit of one row on its PostgreSQL: {commit:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
