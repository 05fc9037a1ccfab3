"""quince translate: its guest column is what GNU objdump says, its counts add up, and what it can't show it refuses."""

import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE, PROGRAM, OBJDUMP = sys.argv[1:4]
USAGE, UNUSABLE = 2, 3
WIDEST = 160
HOST = re.compile(r"\+([0-9a-f]{3,}) +(\d+)  \S")
GUEST = re.compile(r"([0-9a-f]{8})  ([0-9a-f]{8})  (.{1,24})")
BLOCK = re.compile(r"-- block ([0-9a-f]{8}): (\d+) guest instructions, (\d+) host instructions, (\d+) \+ (\d+) bytes")
TOTALS = re.compile(r"(\d+) blocks, (\d+) guest instructions(?:, (\d+) host instructions \(.*?\))?, (\d+) host bytes")


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def translate(*words):
    return subprocess.run([QUINCE, "translate", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def listing(*words):
    done = translate(*words)
    expect(done.returncode == 0 and not done.stderr, f"{words}: {done}")
    lines = done.stdout.splitlines()
    expect(all(len(line) <= WIDEST for line in lines), f"{words}: lines of more than {WIDEST} columns")
    return lines


def objdump(count):
    """Address, word and text of the program's first instructions, by an independent disassembler."""
    text = subprocess.run([OBJDUMP, "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} ){4})\t(.*)$", text, re.MULTILINE)
    return [(int(address, 16), word.replace(" ", ""), words) for address, word, words in found[:count]]


def normal(text):
    """Assembly without blanks, hints for the prediction of branches, and names of places."""
    text = re.sub(r"^(b\S*)[-+] ", r"\1 ", text)
    text = re.sub(r"0x0*([0-9a-f]{6,})", r"\1", text)
    return re.sub(r"[\s.]+", "", re.sub(r"<.*>", "", text))


def check_guest_column():
    count = 40
    expected = objdump(count)
    for show in ("guest", "guest,host", "guest,ir,host", "ir,guest"):
        lines = listing(PROGRAM, "--count", str(count), "--show", show)
        shown = [found.groups() for found in map(GUEST.match, lines) if found]
        expect(len(shown) == count, f"--show {show}: {len(shown)} guest instructions, not {count}")
        for (address, word, text), (at, bits, other) in zip(shown, expected):
            expect((int(address, 16), word) == (at, bits), f"{address} {word}: objdump has {at:x} {bits}")
            ours = text.rstrip() if show == "guest" else text.split("  +")[0].split("   %")[0].split("   r")[0]
            expect(normal(other).startswith(normal(ours)[:8]), f"{address}: {ours!r}; objdump has {other!r}")


def check_counts():
    lines = listing(PROGRAM, "--count", "40")
    blocks, host, sizes, guest = 0, 0, 0, 0
    offset = 0
    for line in lines:
        if found := HOST.search(line):
            expect(int(found[1], 16) == offset, f"{line}: expected offset {offset:x}")
            offset += int(found[2])
            host += 1
        if found := BLOCK.match(line):
            expect(int(found[4]) + int(found[5]) == offset, f"{line}: {offset} bytes are listed")
            blocks += 1
            guest += int(found[2])
            sizes += offset
            offset = 0
    totals = TOTALS.match(lines[-1])
    expect(totals and [int(number) for number in totals.groups()] == [blocks, guest, host, sizes],
           f"{lines[-1]}: listed are {blocks} blocks, {guest} guest, {host} host, {sizes} bytes")
    expect(guest == 40, f"{guest} guest instructions, not 40")


def check_whole_file():
    lines = listing(PROGRAM, "--count", "all", "--show", "totals")
    expect(len(lines) == 2, lines)
    words = sum(size // 4 for size in code_segments(Path(PROGRAM).read_bytes()))
    totals = TOTALS.match(lines[0])
    expect(int(totals[2]) == words, f"{lines[0]}: the file has {words}")
    times = re.fullmatch(r"(\d+) ns for each guest instruction: (\d+) lifting, (\d+) passes, (\d+) host code", lines[1])
    expect(times and 0 < int(times[1]) < 1_000_000, lines[1])
    expect(abs(int(times[1]) - sum(int(times[n]) for n in (2, 3, 4))) <= 2, f"{lines[1]}: does not add up")


def code_segments(file):
    """File sizes of the executable segments: readelf in small."""
    table, = struct.unpack_from(">I", file, 28)
    size, count = struct.unpack_from(">HH", file, 42)
    for n in range(count):
        kind, _, _, _, in_file, _, flags, _ = struct.unpack_from(">8I", file, table + n * size)
        if kind == 1 and flags & 1:
            yield in_file


def check_raw(folder):
    file = folder / "code"
    file.write_bytes(struct.pack(">III", 0x38600064, 0x7C632214, 0x4E800020))  # li, add, blr
    for options in ([], ["--at", "0"], ["--at", "0x4"], ["--count", "all"], ["--for", "process"]):
        lines = listing(str(file), *options)
        count = 2 if "0x4" in options else 3
        expect(TOTALS.match(lines[-1])[2] == str(count), f"{options}: {lines[-1]}")
    # A load of a process is an access to memory as it is; in a machine it is looked up.
    file.write_bytes(struct.pack(">I", 0x80640008))  # lwz
    sizes = [int(TOTALS.match(listing(str(file), "--for", kind)[-1])[3]) for kind in ("process", "machine")]
    expect(sizes[0] < sizes[1], f"host instructions of lwz: {sizes}")


def check_refusals(folder):
    (folder / "short").write_bytes(b"abc")
    (folder / "empty").write_bytes(b"")
    (folder / "broken").write_bytes(b"\x7fELF\x01\x02\x01")
    refused = [([PROGRAM, "--tier", "2"], USAGE), ([PROGRAM, "--tier", "3"], USAGE), ([PROGRAM, "--at", "0"], USAGE),
               ([PROGRAM, "--at", "0x10000099"], USAGE), ([PROGRAM, "--at", "here"], USAGE),
               ([PROGRAM, "--at", "0x1ffffffff"], USAGE), ([PROGRAM, "--at", "-4"], USAGE), ([PROGRAM, "--at", ""], USAGE),
               ([PROGRAM, "--count", "0"], USAGE), ([PROGRAM, "--count", "-1"], USAGE), ([PROGRAM, "--count", "x"], USAGE),
               ([PROGRAM, "--show", "x"], USAGE), ([PROGRAM, "--cpu", "601"], USAGE), ([PROGRAM, "--for", "x"], USAGE),
               ([], USAGE), ([str(folder / "missing")], UNUSABLE), ([str(folder)], UNUSABLE)]
    refused += [([str(folder / name)], UNUSABLE) for name in ("short", "empty", "broken")]
    for words, status in refused:
        done = translate(*words)
        expect(done.returncode == status and not done.stdout, f"{words}: {done}")
        expect(done.stderr.startswith("quince: ") and done.stderr.count("\n") == 1, f"{words}: {done.stderr}")


check_guest_column()
check_counts()
check_whole_file()
with tempfile.TemporaryDirectory(prefix="quince-translate-") as name:
    check_raw(Path(name))
    check_refusals(Path(name))
