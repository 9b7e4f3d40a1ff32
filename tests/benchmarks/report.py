"""Writes what was measured: medians and ratios as tables and a chart, in `docs/performance.md`."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import CONTESTANTS
from tests.benchmarks.scenarios import SCENARIOS, Scenario
from tests.benchmarks.targets import capacity, medians
from tests.benchmarks.targets import table as targets_table

Found = dict[str, dict[str, list[dict[str, Any]]]]
"""Scenario → contestant → the results of its rounds."""

_STYLE = """<style>
text{fill:#1f2328}.back{fill:#fff}.ours{fill:#2f6fde}.stock{fill:#b9532f}.others{fill:#8a8f98}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117}.ours{fill:#6aa1ff}.stock{fill:#e08a64}.others{fill:#7d8590}}
</style>"""
_BAR, _GAP, _LEFT, _WIDTH = 16, 5, 330, 860
_COLUMNS = {
    "server_us": ("server CPU each", "{:,.1f} µs"),
    "p50_ms": ("p50", "{:,.1f} ms"),
    "p99_ms": ("p99", "{:,.1f} ms"),
    "further_bytes": ("each further room", "{:,.0f} B"),
    "client_cpu": ("client's core", "{:.0%}"),
    "missing": ("missing", "{:,.0f}"),
}


def table(scenario: Scenario, found: dict[str, list[dict[str, Any]]]) -> str:
    """Markdown; ratios are to the better stock layer on the same server."""
    middle = {name: medians(rounds) for name, rounds in found.items() if rounds}
    columns = [key for key in _COLUMNS if any(key in row for row in middle.values())]
    columns = [key for key in columns if key != scenario.figure]
    titles = [_COLUMNS[key][0] for key in columns]
    lines = [
        f"| server | {scenario.unit} | × stock | × stock, by CPU | {' | '.join(titles)} |",
        "| --- |" + " ---: |" * (3 + len(columns)),
    ]
    for name, row in middle.items():
        cells = [_COLUMNS[key][1].format(row[key]) if key in row else "" for key in columns]
        value = row.get(scenario.figure, 0)
        ratios = f"{_ratio(scenario, name, middle)} | {_ratio_by_cpu(name, middle)}"
        lines.append(
            f"| {CONTESTANTS[name].title} | {_number(value)} | {ratios} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _ratio(scenario: Scenario, name: str, middle: dict[str, dict[str, float]]) -> str:
    server = "daphne" if "daphne" in name else "uvicorn"
    stock = [
        row[scenario.figure]
        for other, row in middle.items()
        if other.startswith("stock") and other.endswith(server) and scenario.figure in row
    ]
    value = middle[name].get(scenario.figure)
    if not stock or not value:
        return ""
    best = min(stock) if scenario.less_is_better else max(stock)
    return f"{value / best:.2f}" if best else ""


def _ratio_by_cpu(name: str, middle: dict[str, dict[str, float]]) -> str:
    server = "daphne" if "daphne" in name else "uvicorn"
    rates = [
        rate
        for other, row in middle.items()
        if other.startswith("stock") and other.endswith(server) and (rate := capacity(row))
    ]
    value = capacity(middle[name])
    return f"{value / max(rates):.2f}" if rates and value else ""


def chart(scenario: Scenario, found: dict[str, list[dict[str, Any]]]) -> str:
    """Horizontal bars of the medians, as SVG."""
    values = {
        name: row[scenario.figure]
        for name, rounds in found.items()
        if rounds and scenario.figure in (row := medians(rounds))
    }
    most = max(values.values(), default=1) or 1
    height = 34 + len(values) * (_BAR + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img"',
        ' font-family="system-ui, sans-serif" font-size="12">',
        _STYLE,
        f'<rect class="back" width="{_WIDTH}" height="{height}"/>',
        f'<text x="8" y="18" font-weight="600">{escape(scenario.title)}: {escape(scenario.unit)}</text>',
    ]
    for index, (name, value) in enumerate(values.items()):
        contestant = CONTESTANTS[name]
        y = 28 + index * (_BAR + _GAP)
        width = max(value / most * (_WIDTH - _LEFT - 80), 1)
        parts += [
            f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(contestant.title)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" class="{contestant.family}"/>',
            f'<text x="{_LEFT + width + 5:.1f}" y="{y + 12}">{_number(value)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


_BEGIN, _END = "<!-- made by make bench: begin -->", "<!-- made by make bench: end -->"

_HEAD = """{rounds} interleaved rounds of {seconds:g} s; medians. One server process on one core, the load on another. Machine: {machine}.

Frames are of 290 bytes unless said otherwise. "× stock" is against the better of stock's two Redis layers on the same server;
"by CPU" compares the server's CPU time for each delivery, which is what one core can do, whatever else takes the core away for a while.
The load checks that each message came once and in order; "missing" counts what never came. Its share of its core stands in the tables:
{proof}.
"""


def write(
    found: Found, docs: Path, *, rounds: int, seconds: float, machine: str, problems: list[str]
) -> Path:
    """Writes the charts, and in `performance.md` what stands between the marks; the rest of the page is written by hand."""
    images = docs / "images"
    images.mkdir(exist_ok=True)
    page = docs / "performance.md"
    before, _, rest = page.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    middle = {
        name: {who: medians(results) for who, results in all_of_it.items() if results}
        for name, all_of_it in found.items()
    }
    head = _HEAD.format(rounds=rounds, seconds=seconds, machine=machine, proof=_proof(found))
    parts = [head, "### Targets\n", targets_table(middle) + "\n"]
    for name, results in found.items():
        scenario = SCENARIOS[name]
        image = images / f"performance-{name}.svg"
        image.write_text(chart(scenario, results))
        parts += [
            f"### {scenario.title}\n",
            f"![{scenario.title}](images/{image.name})\n",
            table(scenario, results) + "\n",
        ]
    if problems:
        parts += ["### What failed in this run\n", "\n".join(f"- {p}" for p in problems) + "\n"]
    page.write_text(f"{before}{_BEGIN}\n\n" + "\n".join(parts) + f"\n{_END}{after}")
    return page


def _proof(found: Found) -> str:
    best = [r["per_second"] for r in found.get("room500", {}).get("picows", [])]
    if not best:
        return "where it is near 100 %, the figure is the client's limit, not the server's"
    return f"it took {max(best):,.0f} deliveries/s from picows, so it is no limit for figures well below that"
