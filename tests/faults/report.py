"""The table that a torture run ends with."""

from __future__ import annotations

from collections import Counter
from statistics import median

from tests.faults.history import Fault
from tests.faults.torture import Outcome


def table(outcome: Outcome) -> str:
    tally = outcome.tally
    found = Counter(violation.fault for violation in outcome.violations)
    lines = [
        f"seed {outcome.seed}, {outcome.seconds / 60:.1f} minutes, {outcome.database}, {outcome.readers} readers",
        "",
        "| what | count |",
        "| --- | ---: |",
        f"| events | {outcome.events:,} |",
        f"| deliveries | {outcome.deliveries:,} |",
        f"| acknowledged writes (attempts) | {outcome.writes:,} ({outcome.attempts:,}) |",
        f"| reconnects of readers | {outcome.reconnects:,} |",
        f"| guests taken in and put out | {outcome.guests:,} |",
        *(f"| {fault} | {found[fault]} |" for fault in Fault),
        f"| readers that did not catch up | {len(tally.stuck)} |",
        f"| errors in the servers' logs | {len(outcome.errors)} |",
        "",
        "| fault | times | readers measured | recovered after: p50 | p99 | max |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in sorted(tally.count):
        lines.append(f"| {kind} | {tally.count[kind]} | {_times(tally.recoveries[kind])} |")
    lines.append(f"| (delivery while Redis is away) | | {_times(tally.lags)} |")
    return "\n".join(lines)


def failures(outcome: Outcome) -> list[str]:
    """What makes the run a failed one."""
    violations = [str(violation) for violation in outcome.violations]
    return violations + outcome.tally.stuck + outcome.tally.late


def _times(seconds: list[float]) -> str:
    if not seconds:
        return "0 | | | "
    ordered = sorted(seconds)
    p99 = ordered[int(len(ordered) * 0.99)]
    return f"{len(seconds):,} | {median(seconds):.2f} s | {p99:.2f} s | {ordered[-1]:.2f} s"
