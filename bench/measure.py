"""Runs programs under several engines in turn, and says what the runs are worth: medians, spread, right or wrong."""

import json
import math
import re
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

CHECKSUM = re.compile(r"checksum ([0-9a-f]{8})\n")

# A series whose slowest and fastest run differ by more than this share of the median is noisy.
NOISY_SPREAD = 0.10


@dataclass(frozen=True)
class Program:
    name: str
    kind: str  # its class
    cpu: str
    rounds: int
    quick_rounds: int
    more: int = 1  # so many times the rounds for engines that are that much faster here than QEMU


def read_programs(path):
    rows = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return [Program(name, kind, cpu, int(rounds), int(quick), int(more))
            for name, kind, cpu, rounds, quick, more in (row for row in rows if row and not row[0].startswith("#"))]


def check_only(program):
    """The same with the work of a quick run."""
    return replace(program, rounds=program.quick_rounds, more=1)


@dataclass(frozen=True)
class Engine:
    """A way to run programs. `command` makes a command line from a program, its rounds, and a file for counters."""
    name: str
    command: object
    missing: str = ""   # why it can't be used, if it can't
    fast: bool = False  # does Program.more times the work
    profile: object = None  # like `command`, for one more run that counts where the time goes; its time does not count


@dataclass(frozen=True)
class Run:
    cpu_seconds: float = 0
    wall_seconds: float = 0
    checksum: str = ""
    failure: str = ""
    instructions: int = 0  # 0: the engine does not count
    counters: dict = field(default_factory=dict)


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(engine, program, rounds, scratch, timeout=300):
    """One run. Whatever goes wrong is in `failure`."""
    counters = Path(scratch) / "counters.json"
    counters.unlink(missing_ok=True)
    cpu, wall = processor_seconds(), time.monotonic()
    try:
        done = subprocess.run([str(word) for word in engine.command(program, rounds, counters)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout, check=False, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return Run(failure=f"no end after {timeout} s")
    except OSError as error:
        return Run(failure=error.strerror)
    cpu, wall = processor_seconds() - cpu, time.monotonic() - wall
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        return Run(cpu, wall, failure=f"status {done.returncode} {last[0]}".strip())
    found = CHECKSUM.fullmatch(done.stdout)
    if not found:
        return Run(cpu, wall, failure="printed no checksum")
    counted = json.loads(counters.read_text()) if counters.exists() else {}
    return Run(cpu, wall, found.group(1), instructions=counted.get("guest_instructions", 0), counters=counted)


@dataclass
class Series:
    """All runs of a program under one engine. Times count only if each run printed the expected checksum."""
    expected: str = ""  # empty: the right result is not known
    missing: str = ""
    times: int = 1      # each run did so many times the usual work
    runs: list = field(default_factory=list)

    def problem(self):
        """Why there is no figure; empty if there is one."""
        if self.missing:
            return self.missing
        for one in self.runs:
            if one.failure:
                return one.failure
            if one.checksum != self.expected:
                return f"WRONG: {one.checksum} for {self.expected}" if self.expected else "nothing to compare with"
        return "" if self.runs else "not run"

    def wrong(self):
        return bool(self.problem()) and not self.missing and bool(self.runs)

    def seconds(self):
        """For the usual work."""
        return statistics.median(self.all_seconds())

    def all_seconds(self):
        return [one.cpu_seconds / self.times for one in self.runs]

    def best(self):
        return min(self.all_seconds())

    def spread(self):
        """Slowest minus fastest, as a share of the median."""
        times = self.all_seconds()
        return (max(times) - min(times)) / max(self.seconds(), 1e-12)

    def instructions(self):
        """For the usual work."""
        return statistics.median(one.instructions for one in self.runs) / self.times

    def mips(self):
        """Millions of guest instructions per second of processor time; 0 if they are not counted."""
        return self.instructions() / max(self.seconds(), 1e-6) / 1e6


def ratio(ours, peer):
    """How many times our processor time is the peer's; None if either has no valid time, or one too short to see."""
    if ours.problem() or peer.problem() or not ours.seconds() or not peer.seconds():
        return None
    return ours.seconds() / peer.seconds()


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def noise(series):
    """What the machine did to the runs: (median spread, worst spread, share of wall time on a processor)."""
    good = [one for one in series if not one.problem() and len(one.runs) > 1]
    if not good:
        return None
    spreads = [one.spread() for one in good]
    runs = [one for each in good for one in each.runs]
    share = sum(one.cpu_seconds for one in runs) / max(sum(one.wall_seconds for one in runs), 1e-6)
    return statistics.median(spreads), max(spreads), min(share, 1.0)


def too_noisy(found):
    """Of what noise() says."""
    return bool(found) and (found[0] > NOISY_SPREAD or found[2] < 0.8)
