"""--log: as many lines as the counters say, the same for both engines, bounded; errors name what was meant."""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from host_tools import expect

QUINCE, PROGRAM = sys.argv[1:3]
LINE = re.compile(r"(\d+) (\w+): (.+)")


def quince(*words):
    return subprocess.run([QUINCE, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                          check=False)


def lines(text):
    """(instructions, category, text) of each line."""
    rows = [LINE.fullmatch(line) for line in text.splitlines()]
    expect(all(rows), text[:1000])
    return [(int(row[1]), row[2], row[3]) for row in rows]


def check_program(folder):
    stats = folder / "stats.json"
    done = quince("exec", "--log", "blocks,links", "--log", "exceptions", "--stats", str(stats), PROGRAM)
    expect(done.returncode == 0 and not done.stdout, done)
    found = lines(done.stderr)
    counters = json.loads(stats.read_text())
    count = Counter(category for _, category, _ in found)
    made = [text for _, category, text in found if category == "blocks" and "given up" not in text]
    expect(len(made) == counters["blocks_translated"] > 1000, (len(made), counters))
    expect(sum(int(re.search(r"(\d+) instructions", text)[1]) for text in made) ==
           counters["guest_instructions_translated"], counters)
    expect(count["links"] == counters["links"] > 1000, (count, counters))
    expect(found[-1][0] == counters["guest_instructions"], found[-1])
    expect("c00 system call" in found[-1][2] and "r0 1," in found[-1][2], found[-1])  # exit


def check_machine(folder):
    """To the firmware's prompt: what both engines log is the same, instruction by instruction."""
    logs = []
    for engine in ("jit", "interpreter"):
        log, stats = folder / f"{engine}.log", folder / "stats.json"
        done = quince("run", "--boot", "prompt", "--display", "none", "--serial", f"file:{folder}/serial", "--clock",
                      "instructions", "--until", "0 >", "--timeout", "90", "--engine", engine, "--stats", str(stats),
                      "--log", "exceptions,mmio,devices", "--log-limit", "1000000", "--log-file", str(log))
        expect(done.returncode == 0 and not done.stderr, done)
        logs.append(lines(log.read_text()))
        count = Counter(category for _, category, _ in logs[-1])
        counters = json.loads(stats.read_text())
        expect(count["mmio"] == counters["mmio_accesses"] > 1000, (count, counters))
        expect(count["exceptions"] == sum(counters["exceptions"].values()) > 100, (count, counters))
    expect(logs[0] == logs[1], "the engines differ")
    texts = [text for _, _, text in logs[0]]
    expect(any(text.startswith("CUDA, packet 00 00, answer") for text in texts), "the firmware resets the ADB")
    expect(any(text.endswith("firmware configuration") for text in texts), "no access to the firmware's device")


def check_limit(folder):
    log = folder / "limited.log"
    done = quince("exec", "--log", "links,blocks", "--log-limit", "7", "--log-file", str(log), PROGRAM)
    expect(done.returncode == 0 and not done.stderr, done)
    for category in ("links", "blocks"):
        texts = [text for _, found, text in lines(log.read_text()) if found == category]
        expect(len(texts) == 8 and "no more than 7" in texts[-1] and "no more" not in texts[-2], texts)


def check_errors():
    for words, parts in [
        (("exec", "--log", "blocs", PROGRAM), ("'blocs'", "did you mean 'blocks'")),
        (("exec", "--log", "xyz", PROGRAM), ("'xyz'", "blocks, links")),
        (("exec", "--log", "mmio", PROGRAM), ("--log mmio", "quince run")),
        (("exec", "--log", "links", "--engine", "interpreter", PROGRAM), ("--log links", "--engine jit")),
        (("exec", "--log-file", "/nowhere", PROGRAM), ("--log-file", "add --log")),
        (("exec", "--log", "links", "--log-file", "/no/where", PROGRAM), ("--log-file", "/no/where")),
        (("exec", "--log", "links", "--log-limit", "0", PROGRAM), ("--log-limit",)),
    ]:
        done = quince(*words)
        expect(done.returncode == 2 and not done.stdout and done.stderr.count("\n") == 1, done)
        expect(all(part in done.stderr for part in parts), done.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="quince-log-") as name:
        check_program(Path(name))
        check_limit(Path(name))
        check_errors()
        check_machine(Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
