"""The timeline of a game day, in Markdown."""

from __future__ import annotations

from tests.gameday.day import Day, Row


def timeline(day: Day) -> str:
    lines = [
        "| second | what was done | what the metrics said | named | alert | recovered after |",
        "| ---: | --- | --- | --- | --- | ---: |",
        *(line for row in day.rows for line in _lines(row)),
    ]
    return "\n".join([*lines, "", summary(day)])


def summary(day: Day) -> str:
    return (
        f"{day.seconds:.0f} s, {day.listeners} listeners behind the proxy, {day.reconnects} of their reconnects;"
        f" {day.events:,} events, {day.deliveries:,} deliveries, {day.writes:,} acknowledged writes in"
        f" {day.attempts:,} attempts. {_verdict(day)}"
    )


def _verdict(day: Day) -> str:
    if day.problems:
        return f"{len(day.problems)} problems."
    return "Nothing was lost, repeated or out of order, and every part was named rightly."


def _lines(row: Row) -> list[str]:
    said = "; then ".join(finding.because for finding in row.findings)
    named = ", then ".join(f"**{finding}**" for finding in row.findings)
    after = "never" if row.named_after is None else f"after {row.named_after:.1f} s"
    alerts = ", ".join(f"`{alert}`".replace(" (", "` (").removesuffix("`") for alert in row.alerts)
    recovered = "never" if row.recovered_after is None else f"{row.recovered_after:.1f} s"
    back = row.given_back or 0
    return [
        f"| {row.begun:.0f} | {row.fault.what} | {said} | {named}, {after} | {alerts or 'none'} | |",
        f"| {back:.0f} | {row.fault.given_back} | | | | {recovered} |",
    ]
