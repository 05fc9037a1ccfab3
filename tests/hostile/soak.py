#!/usr/bin/env python3
"""Keeps one guest busy for hours and fails if Quince takes ever more of the host for it.

soak.py [--minutes N] [--settle N] [--samples FILE.csv]    QUINCE names the program, as for the other boot tests

Linux runs the stress mix with its files on a disk, one process that reads the CD without end, and somebody at the
monitor who changes the CD and looks at the screen. Every ten seconds resident memory, file descriptors and threads are
noted; after the first ten minutes (--settle) none of them may grow any more, and the guest's log has no error.
Interrupted, it judges what there is: status 0, 1 or 77 (nothing to boot, or over before anything could be judged)."""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "boot"))
from machine import Machine, built, guests  # noqa: E402 (the folder had to be named)

SKIPPED = 77
INTERVAL = 10  # seconds between samples
MIB = 1 << 20
RAM = 192  # MiB
DISK, CD = 256 * MIB, 32 * MIB
# What may come and go: the guest's last pages, a thread's stack. A leak of a page a second is 14 MiB in an hour.
SLACK = 4 * MIB
LOOKS, PAUSE = 3, 0.3  # seconds: the worker of a CD that has just been taken out takes a moment to end
ERRORS = re.compile(
    r"STRESS-FAIL|Oops|BUG:|WARNING:|Call Trace|I/O error|EXT[234]-fs error|lost interrupt|timed? ?out|soft lockup|"
    r"rcu: INFO|Kernel panic|segfault|Machine check|unhandled signal|Out of memory|nobody cared|differs")

EXPECTED = re.compile(r"\bsr0?\b|sr 1:0:0:0")  # the CD is changed while it is being read


class Stopped(Exception):
    """Somebody has asked for an end."""


class Monitor:
    """Somebody in front of the machine: connects anew for each visit, so that connections that leak show, too."""

    def __init__(self, path, folder):
        self.path, self.folder, self.visits = path, folder, 0

    def visit(self):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(str(self.path))
            stream = line.makefile("rw", encoding="utf-8")
            if json.loads(stream.readline())["protocol"] != 1:
                raise AssertionError("the monitor does not greet")
            self.ask(stream, "status")
            self.ask(stream, "screenshot", file=str(self.folder / "screen.png"))
            if self.visits % 6 == 5:
                self.ask(stream, "cd", file=str(self.folder / f"cd{self.visits // 6 % 2}"))
            self.visits += 1

    @staticmethod
    def ask(stream, command, **arguments):
        stream.write(json.dumps({"command": command, "arguments": arguments, "id": 1}) + "\n")
        stream.flush()
        while True:
            answer = json.loads(stream.readline())
            if "event" not in answer:
                break
        if "error" in answer:
            raise AssertionError(f"{command}: {answer['error']}")


def load_options():
    """Kernel and initramfs with the test programs."""
    initrd = built("test-initramfs")
    if guests() is None or initrd is None:
        return None
    kernel, _ = guests()
    return ["--kernel", kernel, "--initrd", initrd]


def guest_command(seconds):
    """All of RAM is touched first, so that what grows afterwards is ours."""
    return " ".join([
        "mount -t ext2 /dev/sda /mnt || mount /dev/sda /mnt;",
        "mkdir -p /mnt/files /tmp/fill; mount -t tmpfs -o size=160m tmpfs /tmp/fill;",
        "dd if=/dev/zero of=/tmp/fill/f bs=1M count=140 2>/dev/null; umount /tmp/fill;",
        "(while :; do cat /dev/sr0 >/dev/null 2>&1 || sleep 1; done) &",
        "(while :; do dd if=/dev/sda of=/dev/null bs=64k 2>/dev/null; sleep 5; done) &",
        f"stress-mix {seconds} /mnt/files; echo SOAK-STATUS $?; dmesg | tail -n 60; echo SOAK-END"])


def sample(pid):
    """Of descriptors and threads the least that a few looks find: those that stay."""
    looks = [look(pid)]
    while len(looks) < LOOKS:
        time.sleep(PAUSE)
        looks.append(look(pid))
    return looks[-1] | {what: min(one[what] for one in looks) for what in ("descriptors", "threads")}


def look(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    field = {name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) for name in ("VmRSS", "VmSize", "Threads")}
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return {"resident": field["VmRSS"] << 10, "virtual": field["VmSize"] << 10, "threads": field["Threads"],
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "cpu": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")}


def judge(samples, settle):
    """What grew after the first minutes, as a list of complaints; None if there is too little to tell."""
    early = [s for s in samples if s["at"] <= settle]
    late = [s for s in samples if s["at"] > settle]
    if len(early) < 3 or len(late) < 6:
        return None
    complaints = []
    for what in ("descriptors", "threads"):
        before, after = max(s[what] for s in early), max(s[what] for s in late)
        if after > before:
            complaints.append(f"{what}: {before} at most while it settled, {after} later")
    third = max(1, len(late) // 3)
    first, last = late[:third], late[-third:]
    for what in ("resident", "virtual"):
        before, after = (statistics.mean(s[what] for s in part) for part in (first, last))
        print(f"soak: {what}: {before / MIB:.1f} MiB after settling, {after / MIB:.1f} MiB in the last third, "
              f"{max(s[what] for s in samples) / MIB:.1f} MiB at most")
        if after > before + SLACK:
            complaints.append(f"{what}: grew by {(after - before) / MIB:.1f} MiB")
    return complaints


class Console(threading.Thread):
    """Reads the serial line, so that nothing waits for it, and keeps all of it."""

    def __init__(self, machine):
        super().__init__(daemon=True)
        self.machine, self.text = machine, ""
        self.ended = threading.Event()

    def run(self):
        while data := self.machine.line.recv(65536):
            self.text += data.decode("latin-1").replace("\r", "")
        self.ended.set()


def prepare(folder):
    disk = folder / "disk"
    with open(disk, "wb") as file:
        file.truncate(DISK)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", str(disk)], check=True)
    for name in ("cd0", "cd1"):
        (folder / name).write_bytes(os.urandom(CD))
    return ["--ram", f"{RAM}M", "--disk", str(disk), "--cd", str(folder / "cd0"),
            "--monitor", f"unix:{folder}/monitor"]


def watch(machine, console, monitor, minutes, keep):
    """Samples until the guest ends."""
    started, samples = time.monotonic(), []
    while not console.ended.wait(INTERVAL):
        seconds = time.monotonic() - started
        if seconds > minutes * 60 + 900:
            raise AssertionError("the guest does not end")
        monitor.visit()
        samples.append({"at": seconds, **sample(machine.process.pid)})
        keep(samples[-1])
        yield samples


def run(arguments, folder):
    samples, stopped = [], False
    columns = ["at", "resident", "virtual", "descriptors", "threads", "cpu"]
    out = open(arguments.samples, "w", encoding="ascii") if arguments.samples else None

    def keep(row):
        if out:
            print(",".join(f"{row[name]:.0f}" for name in columns), file=out, flush=True)

    if out:
        print(",".join(columns), file=out, flush=True)
    command = guest_command(int(arguments.minutes * 60))
    with Machine(*load_options(), *prepare(folder), "--append", f'console=ttyPZ0 guest.run="{command}"',
                 timeout=int(arguments.minutes * 60) + 1200) as machine:
        console = Console(machine)
        console.start()
        monitor = Monitor(folder / "monitor", folder)
        status = None
        try:
            for samples in watch(machine, console, monitor, arguments.minutes, keep):
                pass
            status = machine.wait()
        except Stopped:
            stopped = True
            begun = time.monotonic()
            machine.process.send_signal(signal.SIGTERM)
            if machine.wait(20) != 128 + signal.SIGTERM:
                raise AssertionError("it does not end at SIGTERM") from None
            print(f"soak: interrupted; Quince ended within {time.monotonic() - begun:.1f} s")
    return samples, console.text, status, stopped


def report(samples, text, status, stopped, settle):
    complaints = judge(samples, settle)
    if complaints is None:
        print("soak: too short to judge")
        return SKIPPED if stopped else 1
    complaints += [f"the guest's log: {line.strip()}" for line in text.splitlines()
                   if ERRORS.search(line) and not EXPECTED.search(line)]
    if not stopped and (status != 0 or not re.search(r"STRESS-DONE stressors=\d+ failed=0\nSOAK-STATUS 0", text)):
        complaints.append(f"the guest did not finish: status {status}, {text[-1000:]}")
    busy = (samples[-1]["cpu"] - samples[0]["cpu"]) / (samples[-1]["at"] - samples[0]["at"])
    print(f"soak: {samples[-1]['at'] / 60:.1f} minutes, {busy:.2f} of a processor, "
          f"{samples[-1]['descriptors']} descriptors, {samples[-1]['threads']} threads")
    for complaint in complaints:
        print("soak:", complaint)
    return 1 if complaints else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--settle", type=float, default=10, help="minutes in which anything may still grow")
    parser.add_argument("--samples", help="a file for all samples")
    parser.add_argument("--log", help="a file for what the guest has printed")
    arguments = parser.parse_args()
    if load_options() is None or not shutil.which("mke2fs"):
        print("no Linux kernel with test programs (guests/build kernel test-initramfs makes them)")
        return SKIPPED

    def stop(*_):
        raise Stopped

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with tempfile.TemporaryDirectory(prefix="quince-soak-") as name:
        samples, text, status, stopped = run(arguments, Path(name))
    if arguments.log:
        Path(arguments.log).write_text(text, encoding="utf-8")
    return report(samples, text, status, stopped, arguments.settle * 60)


if __name__ == "__main__":
    sys.exit(main())
