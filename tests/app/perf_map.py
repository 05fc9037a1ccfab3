"""--perf-map: the file names the guest's blocks, each code at its own place, and the host's perf believes it."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from host_tools import SKIPPED, block_name, check_needs_jit, check_share, expect, run

QUINCE, PROGRAM, NM = sys.argv[1:4]
LINE = re.compile(r"([0-9a-f]+) ([0-9a-f]+) (guest_[0-9a-f]{8}|quince_thunks)")


def map_of(process):
    return Path(f"/tmp/perf-{process}.map")


def check_file(folder, name):
    done, process = run(folder, QUINCE, "--perf-map", PROGRAM)
    expect(done.returncode == 0 and not done.stderr and not done.stdout, done)
    rows = [LINE.fullmatch(line) for line in map_of(process).read_text().splitlines()]
    map_of(process).unlink()
    expect(all(rows), rows)
    expect(rows[0][3] == "quince_thunks", rows[0])
    expect([row[3] for row in rows].count(name) == 1, f"{name}: {rows}")
    places = sorted((int(row[1], 16), int(row[2], 16)) for row in rows)
    expect(all(size > 0 for _, size in places), places)
    expect(all(a + size <= b for (a, size), (b, _) in zip(places, places[1:])), f"overlapping: {places}")


def check_perf(folder, name):
    data = str(Path(folder) / "perf.data")
    done, process = run(folder, QUINCE, "--perf-map", PROGRAM, "perf", "record", "-e", "cpu-clock:u", "-o", data, "--")
    if not Path(data).exists() or not process:
        print("perf may not record here:", done.stderr)
        return SKIPPED
    report = subprocess.run(["perf", "report", "--stdio", "-i", data, "--sort", "symbol"], capture_output=True,
                            text=True, timeout=60, check=False)
    map_of(process).unlink()
    check_share(report, name)
    return 0


def main():
    name = block_name(NM, PROGRAM)
    with tempfile.TemporaryDirectory(prefix="quince-perf-") as folder:
        check_file(folder, name)
        check_needs_jit(folder, QUINCE, "--perf-map")
        if not shutil.which("perf"):
            print("no perf on this host (install linux-perf); the map itself is right")
            return SKIPPED
        return check_perf(folder, name)


if __name__ == "__main__":
    sys.exit(main())
