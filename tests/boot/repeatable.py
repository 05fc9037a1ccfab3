"""Under --clock instructions two runs are the same, to the byte and to the instruction."""

import json
import sys
import tempfile
from pathlib import Path

from machine import guests, linux_options, run_to_end

NO_GUEST = 77


def run(folder, options):
    stats = Path(folder) / "stats.json"
    result = run_to_end(*options, "--clock", "instructions", "--stats", str(stats), "--timeout", "120")
    return result.returncode, result.stdout, json.loads(stats.read_text())["guest_instructions"]


def check(options, ends_with):
    with tempfile.TemporaryDirectory(prefix="quince-boot-") as folder:
        first, second = run(folder, options), run(folder, options)
    if first != second:
        raise AssertionError(f"{first[0]} {first[2]} {first[1]}\nand then\n{second[0]} {second[2]} {second[1]}")
    if first[0] != 0 or not first[1].rstrip().endswith(ends_with):
        raise AssertionError(f"status {first[0]}, output {first[1]}")


def main():
    check(["--boot", "prompt", "--until", "0 > "], b"0 >")
    if not guests():
        print("no Linux kernel (guests/ makes one)")
        sys.exit(NO_GUEST)
    command = "console=ttyPZ0 guest.run=\"cat /proc/interrupts /proc/uptime; date\""
    check([*linux_options(), "--append", command], b"reboot: Power down")


main()
