"""What only operating systems do: one image without an operating system (bench/system) on the board `bare`, on QEMU's
Macintoshes, and on other emulators (named_peers.py). An experiment's figure is (long run - short run) / work, so that
starting up does not count."""

import os
import re
import struct
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from measure import Run, Series

HERE = Path(__file__).resolve().parent
PEER = "qemu-system-ppc"
PARAMETERS = 0x3000  # experiment, rounds; then the marker and the checksum; then what the board needs
SHORT = 10           # a short run has one part in so many of the rounds
LONGER = 5           # the long runs of a fast machine have so many times the rounds
LONG_ENOUGH = 0.2    # seconds that a long run should take more than a short one where the speed is not known before


@dataclass(frozen=True)
class Experiment:
    number: int
    name: str
    rounds: int
    units: int
    what: str


def read_experiments():
    text = (HERE / "system" / "experiments.inc").read_text(encoding="utf-8")
    rows = re.findall(r'^EXPERIMENT\((\w+), (\d+), (\d+), "(.*)"\)$', text, re.MULTILINE)
    return [Experiment(n, name, int(rounds), int(units), what) for n, (name, rounds, units, what) in enumerate(rows)]


def with_parameters(image, experiment, rounds, path):
    """A copy of the image with its parameters written; the image is one segment at address 0."""
    data = bytearray(image.read_bytes())
    header = struct.unpack(">I", data[28:32])[0]
    offset, virtual = struct.unpack(">II", data[header + 4:header + 12])
    struct.pack_into(">II", data, offset + PARAMETERS - virtual, experiment.number, rounds)
    path.write_bytes(data)


def wait(process):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def run_ours(quince, engine, image, timeout):
    """(processor seconds, checksum or what went wrong)."""
    process = subprocess.Popen(
        [quince, "run", "--board", "bare", "--engine", engine, "--ram", "64M", "--timeout", str(timeout), image],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text = process.stdout.read()
    seconds = wait(process)
    found = re.fullmatch(r"DONE ([0-9a-f]{8})\n", text)
    good = process.returncode == 0 and found
    return seconds, found.group(1) if good else f"status {process.returncode} {text.strip()[-200:]}"


def run_peer(machine, image, timeout):
    """The guest sleeps when it is done; the monitor says so."""
    process = subprocess.Popen(
        [PEER, "-M", machine, "-cpu", "750", "-m", "64", "-vga", "none", "-display", "none", "-serial", "none",
         "-net", "none", "-monitor", "stdio", "-device", f"loader,file={image},cpu-num=0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    result = "no end"
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        process.stdin.write(f"xp /2xw {PARAMETERS + 8:#x}\n")
        process.stdin.flush()
        found = None
        while not found:
            line = process.stdout.readline()
            if not line:
                break
            found = re.search(r"^[0-9a-f]+: 0x([0-9a-f]{8}) 0x([0-9a-f]{8})", line)
        if not found:
            break
        marker = bytes.fromhex(found.group(1))
        if marker in (b"DONE", b"FAIL"):
            result = found.group(2) if marker == b"DONE" else "failed"
            break
        time.sleep(0.02)
    process.stdin.write("quit\n")
    process.stdin.close()
    process.stdout.read()
    return wait(process), result


def wanted(checksum):
    return bool(re.fullmatch("[0-9a-f]{8}", checksum))


class Operations:
    """Experiments on machines. A machine is a function from an image to (processor seconds, checksum or failure);
    `missing` says for some of them why they can't be used. The machine `fast` has longer long runs; those in `unknown`
    are tried first, so that each experiment's long run takes long enough."""

    def __init__(self, image, experiments, engines, *, missing=None, fast="", unknown=(), scale=1.0, scratch=""):
        self.image, self.experiments, self.engines = image, experiments, engines
        self.fast, self.unknown, self.scale, self.scratch = fast, unknown, scale, Path(scratch)
        self.longer = {(e.name, name): LONGER if name == fast else 1 for e in experiments for name in engines}
        self.tried = set()
        self.table = {(e.name, name): Series(missing=(missing or {}).get(name, ""))
                      for e in experiments for name in engines}

    def series(self, experiment, name):
        return self.table[experiment.name, name]

    def image_of(self, experiment, rounds):
        path = self.scratch / f"{experiment.name}-{rounds}"
        if not path.exists():
            with_parameters(self.image, experiment, rounds, path)
        return path

    def one_round(self, say):
        for experiment in self.experiments:
            for name in self.engines:
                series = self.series(experiment, name)
                if series.missing or any(one.failure for one in series.runs):  # it would only take longer
                    continue
                say(f"{experiment.name} in {name}")
                if name in self.unknown and (experiment.name, name) not in self.tried:
                    self.try_longer(experiment, name)
                series.runs.append(difference(self.engines[name], *self.work(experiment, name), experiment.units))
            self.compare(experiment)

    def work(self, experiment, name):
        """Of a short and a long run: (rounds, image)."""
        usual = max(SHORT, round(experiment.rounds * self.scale))
        return [(rounds, self.image_of(experiment, rounds)) for rounds in
                (usual // SHORT, usual * self.longer[experiment.name, name])]

    def try_longer(self, experiment, name):
        """Four times the work again and again, until it takes long enough. These runs do not count."""
        self.tried.add((experiment.name, name))
        run, place = self.engines[name], (experiment.name, name)
        for _ in range(5):
            short, long = self.work(experiment, name)
            (less, first), (more, last) = run(short[1]), run(long[1])
            if not wanted(first) or not wanted(last) or more - less > LONG_ENOUGH * min(self.scale, 1):
                return
            self.longer[place] *= 4

    def compare(self, experiment):
        """No code of the host says what is right: right is what all print after their short runs, in each round, or
        all but a minority."""
        all_series = [self.series(experiment, name) for name in self.engines]
        seen = Counter(one.checksum for series in all_series for one in series.runs if not one.failure)
        most, times = seen.most_common(1)[0] if seen else ("", 0)
        for series in all_series:
            series.expected = most if 2 * times > sum(seen.values()) else "one and the same" if seen else ""


def difference(run, short, long, units):
    """Seconds per operation, as a Run."""
    less, first = run(short[1])
    if not wanted(first):
        return Run(failure=first)
    more, last = run(long[1])
    if not wanted(last):
        return Run(failure=last)
    seconds = max(0.0, more - less) / ((long[0] - short[0]) * units)
    return Run(seconds, seconds, first)
