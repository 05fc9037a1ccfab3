"""Under --clock instructions runs are the same, to the byte and to the instruction, whichever engine.

repeatable.py [CASE...]: prompt and linux, if none is named."""

import json
import sys
import tempfile
from pathlib import Path

from machine import guests, linux_options, media_options, run_to_end

SKIPPED = 77
ENGINES = ("jit", "jit", "interpreter")
REPORT = "console=ttyPZ0 guest.run=\"cat /proc/interrupts /proc/uptime; date\""
UNTIL_READY = ["--until", "GUEST-READY"]


def linux(*more):
    return [*linux_options(), "--append", REPORT, *more] if guests() else None


# Each: options for a folder that is the run's own, or None; and how the output ends.
CASES = {
    "prompt": (lambda _: ["--boot", "prompt", "--until", "0 > "], b"0 >"),
    "linux": (lambda _: linux(), b"reboot: Power down"),
    "linux-7400": (lambda _: linux("--cpu", "7400"), b"reboot: Power down"),
    "disk": (lambda folder: media_options("disk", folder, *UNTIL_READY), b"GUEST-READY"),
    "cd": (lambda folder: media_options("cd", folder, *UNTIL_READY), b"GUEST-READY"),
}


def run(engine, options_in):
    """Status, output and the number of instructions; None if there is nothing to boot."""
    with tempfile.TemporaryDirectory(prefix="quince-boot-") as folder:
        options = options_in(folder)
        if options is None:
            return None
        stats = Path(folder) / "stats.json"
        result = run_to_end(*options, "--engine", engine, "--clock", "instructions", "--stats", str(stats),
                            "--timeout", "120")
        return result.returncode, result.stdout, json.loads(stats.read_text())["guest_instructions"]


def check(name):
    """False if there is nothing to boot."""
    options_in, ends_with = CASES[name]
    first = run(ENGINES[0], options_in)
    if first is None:
        return False
    if first[0] != 0 or not first[1].rstrip().endswith(ends_with):
        raise AssertionError(f"{name}: status {first[0]}, output {first[1]}")
    for engine in ENGINES[1:]:
        other = run(engine, options_in)
        if first != other:
            raise AssertionError(f"{name}, {ENGINES[0]}: {first[0]} {first[2]} {first[1]}\n"
                                 f"and then, {engine}: {other[0]} {other[2]} {other[1]}")
    print(f"{name}: {first[2]} instructions, {len(first[1])} bytes", flush=True)
    return True


def main(*names):
    if not all([check(name) for name in names or ("prompt", "linux")]):
        print("no Linux kernel, disk or CD (guests/ makes them)")
        sys.exit(SKIPPED)


main(*sys.argv[1:])
