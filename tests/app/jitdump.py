"""--jitdump: each record of the file holds a block's code, and the host's perf shows its instructions."""

import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from host_tools import SKIPPED, block_name, check_needs_jit, check_share, expect, run

QUINCE, PROGRAM, NM = sys.argv[1:4]
HEADER = struct.Struct("<IIIIIIQQ")
RECORD = struct.Struct("<IIQIIQQQQ")
X86_64 = 62


def records(content, process):
    """(name, address, code) of each record, by perf's description of the format."""
    magic, version, size, machine, _, owner, started, _ = HEADER.unpack_from(content)
    expect((magic, version, size, machine, owner) == (0x4A695444, 1, HEADER.size, X86_64, process), content[:40])
    found, at, last = [], size, started
    while at < len(content):
        kind, size, time, owner, _, vma, address, length, index = RECORD.unpack_from(content, at)
        rest = content[at + RECORD.size : at + size]
        name, code = rest[:-length].decode(), rest[-length:]
        expect(kind == 0 and owner == process and vma == address and index == len(found), (kind, owner, index))
        expect(name.endswith("\0") and len(code) == length and time >= last, name)
        found.append((name[:-1], address, code))
        at, last = at + size, time
    expect(at == len(content), "the last record is cut off")
    return found


def check_file(folder, name):
    done, process = run(folder, QUINCE, "--jitdump", PROGRAM)
    expect(done.returncode == 0 and not done.stderr and not done.stdout, done)
    found = records((Path(folder) / f"jit-{process}.dump").read_bytes(), process)
    expect(found[0][0] == "quince_thunks", found[0][0])
    spin = [code for found_name, _, code in found if found_name == name]
    # Where an interrupt finds the guest is a constant in the code.
    expect(len(spin) == 1 and struct.pack("<I", int(name[-8:], 16)) in spin[0], spin)


def perf(folder, *words):
    return subprocess.run(["perf", *words], capture_output=True, text=True, timeout=60, check=False, cwd=folder)


def check_perf(folder, name):
    done, process = run(folder, QUINCE, "--jitdump", PROGRAM, "perf", "record", "-k", "mono", "-e", "cpu-clock:u",
                        "-o", "raw.data", "--")
    if not (Path(folder) / "raw.data").exists() or not process:
        print("perf may not record here:", done.stderr)
        return SKIPPED
    injected = perf(folder, "inject", "--jit", "-i", "raw.data", "-o", "perf.data")
    expect(injected.returncode == 0 and not injected.stderr, injected)
    check_share(perf(folder, "report", "--stdio", "-i", "perf.data", "--sort", "symbol"), name)
    annotated = perf(folder, "annotate", "--stdio", "-i", "perf.data", "-s", name)
    if "objdump" in annotated.stderr and not annotated.stdout:
        print("perf annotate needs objdump:", annotated.stderr)
        return SKIPPED
    expect("add " in annotated.stdout and "jmp" in annotated.stdout, annotated)
    return 0


def main():
    name = block_name(NM, PROGRAM)
    with tempfile.TemporaryDirectory(prefix="quince-jitdump-") as folder:
        check_file(folder, name)
        check_needs_jit(folder, QUINCE, "--jitdump")
        if not shutil.which("perf"):
            print("no perf on this host (install linux-perf); the file itself is right")
            return SKIPPED
        return check_perf(folder, name)


if __name__ == "__main__":
    sys.exit(main())
