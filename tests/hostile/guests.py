#!/usr/bin/env python3
"""Hostile guests: Quince stays up or says in one line why not, ends at once when told to, and takes no more of the
host's memory and processors than README.md allows.

guests.py FOLDER [--long] [--engine NAME] [NAME...]    FOLDER has the guests; QUINCE names the program"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUINCE = os.environ["QUINCE"]
for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(variable, None)

MIB = 1 << 20
RAM, CODE_CACHE = 64, 16  # MiB, as given to Quince
STUCK, TIMEOUT = 4, 124
AT_ONCE = 2.0  # seconds from a request to the end of the process, on a busy host
ENDS = ("timeout", "signal", "monitor")

# What each guest is, and how it may end before it is told to. The quick run takes those marked so.
FOR_EVER, DEAD_END = "for ever", "dead end"
GUESTS = {
    # name: (boards, kind, quick)
    "mmio": ("bare g3", FOR_EVER, True),
    "dma": ("g3", FOR_EVER, True),
    "interrupts": ("bare g3", FOR_EVER, True),
    "jumps": ("bare g3", FOR_EVER, True),
    "clocks": ("bare g3", FOR_EVER, True),
    "new_code": ("bare g3", FOR_EVER, True),
    "self_modify": ("bare g3", FOR_EVER, True),
    "self_map": ("bare g3", FOR_EVER, True),
    "storms": ("bare g3", FOR_EVER, True),
    "alias_storm": ("bare g3", FOR_EVER, True),
    "alias_bomb": ("bare g3", FOR_EVER, False),
    "spaces": ("bare g3", FOR_EVER, True),
    "tables": ("bare g3", FOR_EVER, False),
    "flood": ("bare g3", FOR_EVER, True),
    **{f"exception_loop_{n}": ("bare g3", FOR_EVER, True) for n in range(1, 11)},
    **{f"dead_end_{n}": ("bare" if n == 2 else "bare g3", DEAD_END, True) for n in range(1, 6)},
}

# The bounds of README.md, in MiB.
FIXED, ROM_AND_SCREEN, PER_ADDRESS_SPACE, ADDRESS_SPACES = 48, 20, 30, 32
PER_CODE_CACHE, DECODED = 10, 400
FEW_SPACES = 2  # that a guest can fill which does not try to


def bound(name, board, engine):
    spaces = ADDRESS_SPACES if name in ("spaces", "tables") else FEW_SPACES
    code = DECODED if engine == "interpreter" else PER_CODE_CACHE * CODE_CACHE
    return RAM + (ROM_AND_SCREEN if board == "g3" else 0) + code + spaces * PER_ADDRESS_SPACE + FIXED


class Failure(Exception):
    pass


class Run:
    """One guest on one board, until it is told to end or has ended."""

    def __init__(self, folder, name, board, engine, seconds, end):
        self.name, self.board, self.engine, self.seconds, self.end = name, board, engine, seconds, end
        self.kind = GUESTS[name][1]
        self.work = tempfile.TemporaryDirectory(prefix="quince-hostile-")
        self.path = Path(self.work.name)
        self.command = [QUINCE, "run", "--engine", engine, "--ram", f"{RAM}M", "--display", "none",
                        "--monitor", f"unix:{self.path}/monitor", *self.machine(folder), *self.serial(),
                        *([] if engine == "interpreter" else ["--code-cache", f"{CODE_CACHE}M"]),
                        "--timeout", str(seconds if end == "timeout" else seconds + 60)]

    def machine(self, folder):
        if self.board == "bare":
            return ["--board", "bare", f"{folder}/{self.name}.bare"]
        with open(self.path / "disk", "wb") as disk:
            disk.truncate(MIB)
        return ["--firmware", f"{folder}/{self.name}.g3", "--disk", f"{self.path}/disk"]

    def serial(self):
        # Somebody who connects and never reads.
        return ["--serial", f"unix:{self.path}/serial" if self.name == "flood" else f"file:{self.path}/serial"]

    def connect(self, what):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(20)
        deadline = time.monotonic() + 20
        while True:
            try:
                line.connect(f"{self.path}/{what}")
                return line
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def ask_to_end(self, process):
        if self.end == "signal":
            process.send_signal(signal.SIGTERM)
        elif self.end == "monitor":
            with self.connect("monitor") as line:
                stream = line.makefile("rw", encoding="utf-8")
                stream.readline()
                stream.write(json.dumps({"command": "quit"}) + "\n")
                stream.flush()
                stream.readline()

    def wait(self, process, seconds):
        """The status and what the kernel counted, or None."""
        deadline = time.monotonic() + seconds
        while True:
            number, status, usage = os.wait4(process.pid, os.WNOHANG)
            if number:
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode, usage
            if time.monotonic() > deadline:
                return None
            time.sleep(0.01)

    def execute(self):
        begun = time.monotonic()
        with subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, cwd=self.path) as process:
            reader = self.connect("serial") if self.name == "flood" else None
            try:
                ended = self.wait(process, self.seconds)
                if not ended:
                    asked = time.monotonic()
                    self.ask_to_end(process)
                    ended = self.wait(process, AT_ONCE)
                    if not ended:
                        raise Failure(f"does not end within {AT_ONCE} s ({self.end})")
                    self.reaction = time.monotonic() - asked
                errors = process.stderr.read().decode(errors="replace")
            finally:
                if process.returncode is None:
                    process.kill()
                if reader:
                    reader.close()
        return ended[0], ended[1], time.monotonic() - begun, errors.splitlines()

    def check(self):
        self.reaction = 0.0
        status, usage, wall, errors = self.execute()
        if self.kind == DEAD_END:
            if status != STUCK or len(errors) != 1 or not errors[0].startswith("quince: the guest has stopped: "):
                raise Failure(f"status {status}, {errors}")
        else:
            expected = {"timeout": TIMEOUT, "signal": 128 + signal.SIGTERM, "monitor": 0}[self.end]
            if status != expected or errors:
                raise Failure(f"status {status} instead of {expected}, {errors}, console: {self.console()[-300:]!r}")
            if self.name != "flood" and not re.search(r"^[a-z]", self.console(), re.M):
                raise Failure("it got nowhere")
        if "UNEXPECTED" in self.console() or "FINISHED" in self.console():
            raise Failure(self.console()[-300:])
        resident, most = usage.ru_maxrss / 1024, bound(self.name, self.board, self.engine)
        if resident > most:
            raise Failure(f"{resident:.0f} MiB resident; the bound is {most}")
        busy = usage.ru_utime + usage.ru_stime
        if busy > wall * 1.1 + 0.2:
            raise Failure(f"{busy:.1f} s of processors in {wall:.1f} s")
        self.work.cleanup()
        return (f"status {status}, {resident:.0f} MiB (bound {most}), {busy / wall:.2f} processors, ended in "
                f"{self.reaction:.2f} s ({self.end})")

    def console(self):
        path = self.path / "serial"
        return path.read_text(encoding="latin-1")[:1 << 20] if path.is_file() else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--long", action="store_true", help="all guests, longer, with both engines")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--engine", action="append", choices=("jit", "interpreter"))
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_intermixed_args()
    engines = arguments.engine or (["jit", "interpreter"] if arguments.long else ["jit"])
    names = arguments.names or [name for name, row in GUESTS.items() if arguments.long or row[2]]
    failed = 0
    number = 0
    for engine in engines:
        seconds = arguments.seconds or (30 if engine == "jit" else 5) * arguments.long or 0.3
        for name in names:
            for board in GUESTS[name][0].split():
                number += 1
                # Dead ends need time to be reached when others run on this host, too.
                patience = max(seconds, 10) if GUESTS[name][1] == DEAD_END else seconds
                run = Run(Path(arguments.folder).absolute(), name, board, engine, patience, ENDS[number % len(ENDS)])
                what = f"{name} on {board}, {engine}"
                try:
                    print(f"{what}: {run.check()}", flush=True)
                except (Failure, OSError) as failure:
                    failed += 1
                    print(f"{what}: FAILED: {failure}", flush=True)
    print(f"{number} runs, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
