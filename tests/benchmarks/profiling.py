"""Where a server spends its time: py-spy beside one that is under load, its samples added up by function."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RATE = 250
_MOST = 70
_WAITING = ("select (selectors.py", "_worker (concurrent/futures", "wait (threading.py")


@contextmanager
def profiled(pid: int, samples: Path) -> Iterator[None]:
    """Samples the process for as long as the context lasts; writes stacks with their counts."""
    program = str(Path(sys.executable).with_name("py-spy"))
    options = ["--pid", str(pid), "--rate", str(_RATE), "--duration", "unlimited", "--nonblocking"]
    process = subprocess.Popen(
        [program, "record", *options, "--gil", "--format", "raw", "--output", str(samples)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def summary(samples: Path) -> str:
    """A table: what share of the samples a function was at the top of, and in how many it was at all."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    total = 0
    for line in samples.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_without_line(frame) for frame in stack.split(";")]
        if not frames or any(waiting in frames[-1] for waiting in _WAITING):
            continue
        total += int(count)
        own[frames[-1]] += int(count)
        for frame in set(frames):
            within[frame] += int(count)
    lines = [f"{total} samples", "  own  within  function"]
    lines += [
        f"{own[name] / total:5.1%}  {count / total:6.1%}  {name}"
        for name, count in within.most_common(_MOST)
    ]
    return "\n".join(lines)


def _without_line(frame: str) -> str:
    """``name (file:12)`` without the number."""
    head, _, tail = frame.rpartition(":")
    return f"{head})" if head and tail.rstrip(")").isdigit() else frame
