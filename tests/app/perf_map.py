"""--perf-map: the file names the guest's blocks, each code at its own place, and the host's perf believes it."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE, PROGRAM, NM = sys.argv[1:4]
LINE = re.compile(r"([0-9a-f]+) ([0-9a-f]+) (guest_[0-9a-f]{8}|quince_thunks)")
SKIPPED = 77


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def address_of_spin():
    text = subprocess.run([NM, PROGRAM], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^([0-9a-f]+) . spin$", text, re.MULTILINE)[1], 16)


def run(folder, *before):
    """Runs the program; its finished process and the map, which is removed."""
    number = Path(folder) / "pid"
    # The shell becomes Quince, so that its number is known whoever started it.
    shell = ["sh", "-c", 'echo $$ >"$1"; exec "$2" exec --perf-map "$3"', "sh", str(number), QUINCE, PROGRAM]
    done = subprocess.run([*before, *shell], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False)
    if not number.exists():
        return done, None
    return done, Path(f"/tmp/perf-{int(number.read_text())}.map")


def check_file(folder, name):
    done, file = run(folder)
    expect(done.returncode == 0 and not done.stderr and not done.stdout, done)
    rows = [LINE.fullmatch(line) for line in file.read_text().splitlines()]
    file.unlink()
    expect(all(rows), rows)
    expect(rows[0][3] == "quince_thunks", rows[0])
    expect([row[3] for row in rows].count(name) == 1, f"{name}: {rows}")
    places = sorted((int(row[1], 16), int(row[2], 16)) for row in rows)
    expect(all(size > 0 for _, size in places), places)
    expect(all(a + size <= b for (a, size), (b, _) in zip(places, places[1:])), f"overlapping: {places}")


def check_off(folder):
    done = subprocess.run([QUINCE, "exec", "--engine", "interpreter", "--perf-map", "/nowhere"], capture_output=True,
                          text=True, timeout=60, check=False, cwd=folder)
    expect(done.returncode == 2 and "--perf-map" in done.stderr and "--engine jit" in done.stderr, done)


def check_perf(folder, name):
    data = str(Path(folder) / "perf.data")
    done, file = run(folder, "perf", "record", "-e", "cpu-clock:u", "-o", data, "--")
    if not Path(data).exists() or not file:
        print("perf may not record here:", done.stderr)
        return SKIPPED
    report = subprocess.run(["perf", "report", "--stdio", "-i", data, "--sort", "symbol"], capture_output=True,
                            text=True, timeout=60, check=False)
    file.unlink()
    share = re.search(rf"^ *([0-9.]+)% .*\b{name}\b", report.stdout, re.MULTILINE)
    expect(share and float(share[1]) > 50, f"{name} is not where the time goes: {report.stdout}\n{report.stderr}")
    return 0


def main():
    name = f"guest_{address_of_spin():08x}"
    with tempfile.TemporaryDirectory(prefix="quince-perf-") as folder:
        check_file(folder, name)
        check_off(folder)
        if not shutil.which("perf"):
            print("no perf on this host (install linux-perf); the map itself is right")
            return SKIPPED
        return check_perf(folder, name)


if __name__ == "__main__":
    sys.exit(main())
