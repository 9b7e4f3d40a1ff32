"""Which rules of deploy/alerts.yaml hold at a look. Those about rates need a history, and are left out."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import yaml

from tests.gameday.vitals import Look
from tests.support.server import ROOT

_CLAUSE = re.compile(
    r"(?:(?P<over>min|max|sum)\()?(?P<metric>\w+)\{[^}]*\}(?P<offset> offset \w+)?\)?"
    r" (?P<sign>==|>|<) (?P<bound>[\d.]+)"
)
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_OVER: dict[str, Callable[[list[float]], float]] = {"min": min, "max": max, "sum": sum}


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that can be judged from one look, and how long it must hold before somebody is told."""

    name: str
    clauses: tuple[re.Match[str], ...]
    lasting: str

    def __str__(self) -> str:
        return f"{self.name} (after {self.lasting})"

    def holds(self, now: Look, well: Look) -> bool:
        """Clauses about single processes must hold for the same one."""
        over_all = [clause for clause in self.clauses if clause["over"]]
        single = [clause for clause in self.clauses if not clause["over"]]
        if not all(_holds(each, well if each["offset"] else now) for each in over_all):
            return False
        one_by_one = (Look((server,)) for server in now.servers)
        return not single or any(all(_holds(c, one) for c in single) for one in one_by_one)


@lru_cache(maxsize=1)
def alerts() -> list[Alert]:
    """Those of the file that compare gauges."""
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"]
    found = []
    for rule in (rule for group in groups for rule in group["rules"]):
        clauses = [_CLAUSE.fullmatch(part) for part in rule["expr"].split(" and ")]
        if all(clauses):
            found.append(Alert(rule["alert"], tuple(filter(None, clauses)), rule.get("for", "0s")))
    return found


def holding(now: Look, well: Look) -> list[Alert]:
    """``well`` stands for what was some minutes ago."""
    return [alert for alert in alerts() if alert.holds(now, well)]


def _holds(clause: re.Match[str], look: Look) -> bool:
    metric = clause["metric"]
    values = [float(x.answers) for x in look.servers] if metric == "up" else look.values(metric)
    if not values:
        return False
    return _SIGNS[clause["sign"]](_OVER[clause["over"] or "max"](values), float(clause["bound"]))
