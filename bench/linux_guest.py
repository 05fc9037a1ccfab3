"""The benchmark programs inside a booted Linux: one boot runs them all, and the host's processor time is read at the
lines that the guest prints before and after each."""

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path

import machine_runs
from measure import Run

START, END = "BENCH-START", "BENCH-END"
RESULT = re.compile(rf"{END} (\S+) rc=(\d+) (.*)")


def cpio(files):
    """An archive as Linux unpacks it, of (name, mode, contents)."""
    out = bytearray()
    for number, (name, mode, contents) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        path = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(contents), 0, 0, 0, 0, len(path), 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + path
        out += bytes(-len(out) % 4) + contents
        out += bytes(-len(out) % 4)
    return bytes(out)


def script(work):
    """For the guest's shell. A warm-up comes first, but not of a program that is about code that runs once; what a
    program prints follows its END on the line."""
    lines = ["#!/bin/sh", "cd /bench"]
    for program, rounds in work.items():
        if program.rounds > 1:
            lines.append(f"./{program.name} {program.quick_rounds} >/dev/null 2>&1")
        lines += [f"echo {START} {program.name}", f"out=$(./{program.name} {rounds} 2>&1); rc=$?", f"echo {END} {program.name} rc=$rc $out"]
    return "\n".join(lines) + "\n"


def runs_of(one, programs):
    """Of a MachineRun. A program without a line of its own has what went wrong with the machine."""
    starts, found = {}, {}
    for cpu, line in one.lines:
        if line.startswith(START + " "):
            starts[line.split()[1]] = cpu
        result = RESULT.search(line)
        if result and result.group(1) in starts:
            name, status, text = result.groups()
            seconds = cpu - starts[name]
            checksum = re.fullmatch(r"checksum ([0-9a-f]{8})", text.strip())
            if status != "0":
                found[name] = Run(seconds, seconds, failure=f"status {status} {text}".strip())
            elif not checksum:
                found[name] = Run(seconds, seconds, failure="printed no checksum")
            else:
                found[name] = Run(seconds, seconds, checksum.group(1))
    failed = Run(failure=one.failure or "the guest did not run it")
    return {program: found.get(program.name, failed) for program in programs}


@dataclass(frozen=True)
class Machine:
    """`command` makes a command line from a Boot and a file for counters. `executable` finds a program for the guest."""
    name: str
    kernel: Path
    initrd: Path
    command: object
    missing: str = ""
    fast: bool = False
    executable: object = None
    profile: object = None  # as of measure.Engine

    def image(self, work, scratch):
        """The usual initial RAM disk, and behind it an archive with the programs."""
        usual = self.initrd.read_bytes()
        plain = gzip.decompress(usual) if usual[:2] == b"\x1f\x8b" else usual
        files = [("bench", 0o040755, b""), ("bench/run", 0o100755, script(work).encode())]
        files += [(f"bench/{program.name}", 0o100755, self.executable(program).read_bytes()) for program in work]
        path = Path(scratch) / f"{self.name}.cpio"
        path.write_bytes(plain + bytes(-len(plain) % 512) + cpio(files))
        return path

    def run(self, work, scratch, timeout=900):
        """(for each program of `work`, which maps it to rounds, a Run; the counters, if the machine has some)."""
        boot = machine_runs.Boot(kernel=self.kernel, initrd=self.image(work, scratch),
                                 append="console=ttyPZ0 guest.run=/bench/run")
        counters = Path(scratch) / f"{self.name}.json"
        counters.unlink(missing_ok=True)
        one = machine_runs.run(self.command(boot, counters), timeout)
        return runs_of(one, work), json.loads(counters.read_text()) if counters.exists() else {}
