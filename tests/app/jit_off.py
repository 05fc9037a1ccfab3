"""--jit-off: without each part of the translator a program has the same result, and the part is really gone."""

import json
import re
import subprocess
import sys
import tempfile

from host_tools import expect

QUINCE, PROGRAM, NM = sys.argv[1:4]

# What the representation of the whole program has, unless the part is off.
SEEN = {
    "integer": "rotate_left",
    "carry": "carry_out",
    "memory": "load16",
    "cr": "set_cr_signed",
    "fusion": "= equal",
    "forwarding": "load_fp_stored",
    "float": "fp_arith",
    "vector": "load_vec",
    "registers": "get_state",
    "returns": "call_subroutine",
}


def quince(*words):
    return subprocess.run([QUINCE, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                          check=False)


def code(start, off, column):
    done = quince("translate", PROGRAM, "--cpu", "7400", "--at", hex(start), "--count", "51", "--show", column, *off)
    expect(done.returncode == 0, done)
    return done.stdout


def check_code(start, part):
    """The code of the whole program with the part and without it."""
    ir, without = (code(start, off, "ir") for off in ((), ("--jit-off", part)))
    if part in SEEN:
        expect(SEEN[part] in ir and SEEN[part] not in without, f"{part}: {ir}\n{without}")
    if part == "dead":
        expect(ir.count("r9 = ") + 1 == without.count("r9 = "), f"{ir}\n{without}")
    if part == "constants":
        expect(ir.count("= add ") + 1 == without.count("= add "), f"{ir}\n{without}")
    host, without = (code(start, off, "host") for off in ((), ("--jit-off", part)))
    expect((host != without) == (part != "links"), f"{part}: {host}\n{without}")
    expect("gs:" in host and ("gs:" not in without) == (part == "flat"), f"{part}: {without}")


def check_run(part, expected, folder):
    stats = f"{folder}/stats.json"
    done = quince("exec", "--cpu", "7400", "--stats", stats, *(["--jit-off", part] if part else []), PROGRAM)
    expect(done.returncode == expected and not done.stderr, (part, done))
    with open(stats, encoding="utf-8") as file:
        return json.load(file)


def check_errors():
    for words, parts in [
        (("exec", "--jit-off", "carri", PROGRAM), ("'carri'", "did you mean 'carry'")),
        (("translate", "--jit-off", "xyz", PROGRAM), ("'xyz'", "integer, memory")),
        (("exec", "--jit-off", "cr", "--engine", "interpreter", PROGRAM), ("--jit-off", "--engine jit")),
    ]:
        done = quince(*words)
        expect(done.returncode == 2 and not done.stdout and done.stderr.count("\n") == 1, done)
        expect(all(part in done.stderr for part in parts), done.stderr)


def main():
    text = quince("help", "translate").stdout
    parts = re.search(r"Do without a part of the translator: ([a-z, ]+)\n", text)
    names = re.split(r",\s+", parts[1].strip())
    expect(set(names) == set(SEEN) | {"constants", "dead", "links", "flat", "loops", "compares"}, names)
    symbols = subprocess.run([NM, PROGRAM], capture_output=True, text=True, check=True).stdout
    start = int(re.search(r"^(\w+) . loop$", symbols, re.MULTILINE)[1], 16)
    expected = quince("exec", "--cpu", "7400", "--engine", "interpreter", PROGRAM).returncode
    with tempfile.TemporaryDirectory(prefix="quince-jit-off-") as folder:
        expect(check_run(None, expected, folder)["links"] > 0, "nothing is linked")
        for part in names:
            counters = check_run(part, expected, folder)
            expect((counters["links"] == 0) == (part == "links"), (part, counters))
            check_code(start, part)
        check_run(",".join(names), expected, folder)
    check_errors()
    return 0


if __name__ == "__main__":
    sys.exit(main())
