"""Programs of ours beside what is in a guest's initial RAM disk: the kernel unpacks archives that follow each other."""

import subprocess
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "guests/programs"
REGULAR_FILE, EXECUTABLE = 0o100000, 0o755


def compile_program(name, folder):
    program = Path(folder) / name
    subprocess.run(["powerpc-linux-gnu-gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-mcpu=750", "-static", "-s", "-o",
                    program, PROGRAMS / f"{name}.c"], check=True)
    return program


def entry(name, mode, content):
    """One file of a cpio archive, format newc."""
    def padded(data):
        return data + bytes(-len(data) % 4)

    label = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(label), 0)
    return padded(b"070701" + b"".join(b"%08X" % field for field in fields) + label) + padded(content)


def with_programs(initrd, names, folder):
    """The initial RAM disk with these programs in its root folder: a new file."""
    extra = b"".join(entry(name, REGULAR_FILE | EXECUTABLE, compile_program(name, folder).read_bytes()) for name in names)
    result = Path(folder) / "initrd"
    content = Path(initrd).read_bytes()
    result.write_bytes(content + bytes(-len(content) % 4) + extra + entry("TRAILER!!!", 0, b""))
    return str(result)
