#!/usr/bin/env python3
"""Real programs and large benchmarks, prebuilt for the guest, under quince exec: each must print the right checksum.

The programs (GPL among them, so not in this repository) are looked for in $QUINCE_SHARED/guests/bench-ppc, else in
../shared beside the repository; without them the test is skipped. With --full they run as long as their authors
meant, and the checksums to print are those of the table in guests/README.md. Without it they run a small part of
that, and the checksums to print are those that qemu-ppc prints in the same run."""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SKIPPED = 77  # what CTest takes for "skipped"

# Benchmarks inside gbench, with the scale for a short run.
INSIDE_GBENCH = {
    "listmix": 300, "records": 150000, "queens": 11, "sorts": 1, "fannkuch": 8, "sha256": 80, "bigint": 1,
    "vmloop": 120000, "virt": 150, "memops": 60, "stream": 2, "chase": 200000, "nbody": 4000, "mandel": 50,
    "linsolve": 1, "transc": 8000, "altivec": 400, "smc": 100, "kernel": 3,
}

# Lua scripts, with the argument for a short run.
LUA_SCRIPTS = {"fib": 20, "orbit": 1000, "spectral": 30, "strings": 2000, "trees": 7}

TEXT = (4000000, 200000)  # bytes to compress: full, short
LZMA_TEXT = (600000, 60000)
SQLITE_SIZE = (6, 1)

TABLE_ROW = re.compile(r"^\| (\w[\w-]*) \|.*\| `([0-9a-f]{8})`[^|]*\|$", re.MULTILINE)
BENCH_LINE = re.compile(rb"^BENCH name=\S+ scale=\S+ checksum=([0-9a-f]{8}) secs=\S+$", re.MULTILINE)


def checksum(data):
    """What the table holds for programs whose output is not a checksum already."""
    h = 1
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
        h = (h << 5 | h >> 27) & 0xFFFFFFFF
    return f"{h:08x}"


def bench_line(output):
    found = BENCH_LINE.findall(output)
    return found[0].decode() if len(found) == 1 else "no BENCH line"


def verification_lines(output):
    return checksum(b"".join(line for line in output.splitlines(keepends=True) if b"Verif" in line))


@dataclass(frozen=True)
class Case:
    name: str
    command: tuple
    cpu: str = "750"
    digest: object = checksum  # of the output
    output: str = ""           # the file that is the output, if standard output is not
    in_table: bool = True


def cases(folder, full):
    """All programs, in an order in which each finds the files that it reads."""
    which = 0 if full else 1
    for program, cpu in (("gbench", "750"), ("gbench-av", "7400")):
        for name, scale in INSIDE_GBENCH.items():
            scales = () if full else (str(scale),)
            yield Case(name, (folder / program, name, *scales), cpu, bench_line)
    gbench, bzip2 = folder / "gbench", folder / "bzip2"
    for name, argument in LUA_SCRIPTS.items():
        arguments = () if full else (str(argument),)
        yield Case(f"lua-{name}", (folder / "lua", folder / "lua-scripts" / f"{name}.lua", *arguments))
    yield Case("text", (gbench, "gen", str(TEXT[which]), "1"), in_table=False)
    yield Case("bzip2", (bzip2, "-9", "-c", "text"))
    yield Case("bunzip2", (bzip2, "-d", "-c", "bzip2"))
    yield Case("gzip", (folder / "minigzip", "-9", "-c", "text"))
    yield Case("text3", (gbench, "gen", str(LZMA_TEXT[which]), "2"), in_table=False)
    yield Case("lzma", (folder / "lzma", "e", "text3", "text.lzma"), output="text.lzma")
    yield Case("zstd", (folder / "zstd", "-q", "-9", "-c", "text"))
    yield Case("sqlite", (folder / "speedtest1", "--memdb", "--size", str(SQLITE_SIZE[which]), "--verify"),
               digest=verification_lines)


def children_seconds():
    """Processor time of the programs that have been run so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@dataclass
class Result:
    checksum: str
    seconds: float
    instructions: int = 0


class Runner:
    """Runs programs in a folder of its own, where their standard output stays under the name of the case."""

    def __init__(self, command_for_cpu, folder):
        self.command_for_cpu = command_for_cpu
        self.folder = folder
        self.name = folder.name
        folder.mkdir()

    def run(self, case):
        stats = self.folder / "stats.json"
        stats.unlink(missing_ok=True)
        command = [*self.command_for_cpu(case.cpu, stats), *map(str, case.command)]
        before = children_seconds()
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        seconds = children_seconds() - before
        (self.folder / case.name).write_bytes(done.stdout)
        if done.returncode != 0:
            return Result(f"status {done.returncode}: {done.stderr.decode(errors='replace').strip()[-200:]}", seconds)
        output = (self.folder / case.output).read_bytes() if case.output else done.stdout
        counted = json.loads(stats.read_text())["guest_instructions"] if stats.exists() else 0
        return Result(case.digest(output), seconds, counted)


def our_runner(quince, engine, scratch):
    return Runner(lambda cpu, stats: [quince, "exec", "--engine", engine, "--cpu", cpu, "--stats", stats],
                  scratch / engine)


def reserved_field_of_mffs(quince, folder):
    """True if the processor ignores the reserved field of mffs: mffsprobe prints `same` four times."""
    ok = True
    for cpu in ("750", "7400"):
        output = quince.run(Case("mffsprobe", (folder / "mffsprobe",), cpu, lambda text: text.decode())).checksum
        lines = output.splitlines()
        good = len(lines) == 5 and all(line.endswith(" same") for line in lines[:4]) and lines[4] == "MFFS-DONE bad=0"
        print(f"{'ok' if good else 'WRONG':6} mffsprobe     {cpu:5} {quince.name}", "" if good else output)
        ok = ok and good
    return ok


def compare(case, engine, ours, wanted):
    good = ours.checksum == wanted
    speed = f"{ours.instructions / ours.seconds / 1e6:6.0f} M/s" if ours.seconds and ours.instructions else ""
    detail = "" if good else f"  (should be {wanted})"
    print(f"{'ok' if good else 'WRONG':6} {case.name:13} {case.cpu:5} {engine:11} {ours.checksum}  {ours.seconds:7.2f} s"
          f"  {ours.instructions:12} instructions {speed}{detail}", flush=True)
    return good


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quince", required=True, help="the program quince")
    parser.add_argument("--qemu", default="qemu-ppc", help="the peer that the short run is compared with")
    parser.add_argument("--engines", default="jit,interpreter", metavar="LIST", help="of quince, with commas")
    parser.add_argument("--full", action="store_true", help="the whole work; compare with the table")
    parser.add_argument("--only", default="", metavar="REGEX", help="only the programs whose name matches")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    guests = Path(os.environ.get("QUINCE_SHARED", ROOT.parent / "shared")) / "guests"
    folder = guests / "bench-ppc"
    if not folder.is_dir():
        print("skipped: no folder guests/bench-ppc beside the source tree or in $QUINCE_SHARED")
        sys.exit(SKIPPED)
    if not arguments.full and not shutil.which(arguments.qemu):
        sys.exit(f"{arguments.qemu} is missing (install Debian's qemu-user: ./run --deps does)")
    table = dict(TABLE_ROW.findall((guests / "README.md").read_text(encoding="utf-8")))

    with tempfile.TemporaryDirectory(prefix="quince-bench-programs-") as scratch:
        ours = [our_runner(arguments.quince, engine, Path(scratch)) for engine in arguments.engines.split(",")]
        peer = Runner(lambda cpu, stats: [arguments.qemu, "-cpu", cpu], Path(scratch) / "peer")
        needed = {"text", "text3", "bzip2"} if arguments.only else set()
        verdicts = []
        started = time.monotonic()
        for case in cases(folder, arguments.full):
            if not re.search(arguments.only, case.name) and case.name not in needed:
                continue
            results = [one.run(case) for one in ours]
            if not arguments.full:
                wanted = peer.run(case).checksum
            else:
                wanted = table.get(case.name, "a row in the table") if case.in_table else results[0].checksum
            verdicts += [compare(case, one.name, result, wanted) for one, result in zip(ours, results)]
        probe = all([reserved_field_of_mffs(one, folder) for one in ours])
    good = verdicts.count(True)
    print(f"{good} right, {len(verdicts) - good} wrong, in {time.monotonic() - started:.0f} s")
    sys.exit(0 if good and all(verdicts) and probe else 1)


if __name__ == "__main__":
    main()
