"""--stats and --code-cache: the counters are there, and are what a program of known instructions makes them."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE, PROGRAM, LONG, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
LOOP = 2 + 1000
REST = 1 + ROUNDS * (4 + LONG + 1) + 3
WHOLE = {"guest_instructions", "blocks_translated", "guest_instructions_translated", "host_bytes_emitted", "tlb_fills",
         "window_switches", "mmio_accesses", "invalidations", "code_cache_bytes", "code_cache_limit", "links",
         "evictions"}
SECONDS = {"wall_seconds", "cpu_seconds", "translate_seconds"}
MEBIBYTE = 1 << 20


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def quince(*words):
    return subprocess.run([QUINCE, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False)


def counters(*options):
    with tempfile.TemporaryDirectory(prefix="quince-stats-") as folder:
        file = Path(folder) / "stats.json"
        done = quince("exec", "--clock", "instructions", "--stats", str(file), *options, PROGRAM)
        expect(done.returncode == 0 and not done.stderr, f"{options}: {done}")
        found = json.loads(file.read_text())
    for name in WHOLE:
        expect(isinstance(found[name], int) and found[name] >= 0, f"{name}: {found}")
    for name in SECONDS:
        expect(0 <= found[name] < 60, f"{name}: {found}")
    expect(found["guest_instructions"] == LOOP + REST, f"{found['guest_instructions']} instructions, not {LOOP + REST}")
    expect(found["exceptions"] == {"0xc00": 1}, f"exceptions: {found['exceptions']}")
    return found


def check_interpreter():
    found = counters("--engine", "interpreter")
    for name in ("blocks_translated", "host_bytes_emitted", "code_cache_bytes", "translate_seconds"):
        expect(found[name] == 0, f"interpreter: {name}: {found[name]}")


def check_translator():
    found = counters("--engine", "jit")
    # What is executed often, each instruction once; those after a branch that may fall through are in two blocks.
    least = 1 + 4 + LONG + 1
    translated = found["guest_instructions_translated"]
    expect(least <= translated <= least + 64, f"{translated} translated, expected {least} or a few more")
    expect(found["blocks_translated"] >= LONG // 64, f"{found['blocks_translated']} blocks")
    expect(0 < found["translate_seconds"] <= found["wall_seconds"], "time for translating")
    expect(found["code_cache_bytes"] == found["host_bytes_emitted"], "all code is still there")
    expect(found["code_cache_limit"] == 64 * MEBIBYTE and found["evictions"] == 0, "the default is 64 MiB")
    expect(found["links"] > LONG // 64, f"{found['links']} links")
    for name in ("blocks_translated", "guest_instructions_translated", "host_bytes_emitted", "translate_seconds"):
        expect(sum(tier[name] for tier in found["tiers"].values()) == found[name], f"tiers: {name}")


def check_profile():
    found = counters("--engine", "jit", "--profile")
    plain = counters("--engine", "jit")
    expect("activity" not in plain and "translate_stages" not in plain, "nobody asked for a profile")
    expect(list(found["translate_stages"]) == ["decode", "lift", "passes", "emit", "link"], "stages")
    expect(all(seconds > 0 for seconds in found["translate_stages"].values()), f"stages: {found['translate_stages']}")
    activity = found["activity"]
    expect(0 < sum(activity.values()) <= found["wall_seconds"] * 1.05, f"{activity}")
    expect(abs(sum(found["translate_stages"].values()) - activity["translating"]) < 1e-6, "stages and their sum")
    translated = found["guest_instructions_translated"]
    expect(translated < found["host_instructions_emitted"] < found["host_bytes_emitted"], "host instructions")
    interpreted, helped = found["interpreted_instructions"], found["helper_calls"]
    expect(0 < interpreted < found["guest_instructions"], f"{interpreted} interpreted")
    expect(found["interventions"] == interpreted + helped + sum(found["exits"].values()), "interventions")


def check_small_cache():
    found = counters("--engine", "jit", "--code-cache", "1M")
    expect(found["code_cache_limit"] == MEBIBYTE, f"limit: {found['code_cache_limit']}")
    expect(found["host_bytes_emitted"] > MEBIBYTE, "the program is too short for this test")
    expect(0 < found["code_cache_bytes"] <= MEBIBYTE, f"{found['code_cache_bytes']} bytes")
    expect(found["evictions"] > 0 and found["blocks_evicted"] > 0, "nothing was given up")


def check_refusals():
    for command in ("exec", "run"):
        for size in ("0", "1023K", "1025M", "5T", "-1", "1X", "abc", "", "9" * 30 + "G"):
            done = quince(command, "--code-cache", size, PROGRAM)
            expect(done.returncode == 2, f"{command} --code-cache '{size}': status {done.returncode}")
            expect(done.stderr == "quince: --code-cache: takes 1M to 1G (see quince --help)\n", done.stderr)


check_interpreter()
check_translator()
check_profile()
check_small_cache()
check_refusals()
