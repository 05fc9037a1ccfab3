"""What the tests of --perf-map, --jitdump and --gdb-jit share."""

import re
import subprocess
from pathlib import Path

SKIPPED = 77


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def block_name(nm, program, symbol="spin"):
    """What the host's tools call the block at this symbol of the guest."""
    text = subprocess.run([nm, program], capture_output=True, text=True, check=True).stdout
    return f"guest_{int(re.search(rf'^([0-9a-f]+) . {symbol}$', text, re.MULTILINE)[1], 16):08x}"


def run(folder, quince, option, program, *before):
    """Runs the program there; the finished process and Quince's process number, None if it did not start."""
    number = Path(folder) / "pid"
    # The shell becomes Quince, so that its number is known whoever started it.
    shell = ["sh", "-c", 'echo $$ >"$1"; exec "$2" exec "$3" "$4"', "sh", str(number), quince, option, program]
    done = subprocess.run([*before, *shell], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, cwd=folder)
    return done, int(number.read_text()) if number.exists() else None


def check_needs_jit(folder, quince, option):
    done = subprocess.run([quince, "exec", "--engine", "interpreter", option, "/nowhere"], capture_output=True,
                          text=True, timeout=60, check=False, cwd=folder)
    expect(done.returncode == 2 and option in done.stderr and "--engine jit" in done.stderr, done)


def check_share(report, name, least=50):
    """In a report of perf's, more than this share of the time (per cent) is the block's."""
    share = re.search(rf"^ *([0-9.]+)% .*\b{name}\b", report.stdout, re.MULTILINE)
    expect(share and float(share[1]) > least, f"{name} is not where the time goes: {report.stdout}\n{report.stderr}")
