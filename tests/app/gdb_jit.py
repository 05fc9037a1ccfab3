"""--gdb-jit: a GDB that runs Quince stops at a guest's block by name, and knows whose code an address is."""

import re
import shutil
import subprocess
import sys
import tempfile

from host_tools import SKIPPED, block_name, check_needs_jit, expect

QUINCE, PROGRAM, NM = sys.argv[1:4]

# Goes on from one new block to the next until the guest's is there, and then to the block itself.
SESSION = """
import gdb
for setting in ("confirm off", "pagination off", "breakpoint pending off", "debuginfod enabled off"):
    try:
        gdb.execute("set " + setting)
    except gdb.error:
        pass
name = "{name}"
gdb.execute("break __jit_debug_register_code")
gdb.execute("run")
for _ in range(20):
    try:
        place = gdb.execute("info symbol " + name, to_string=True)
        break
    except gdb.error:
        gdb.execute("continue")
print("KNOWN", place)
print("SHARED", gdb.execute("info symbol quince_thunks", to_string=True))
gdb.execute("delete")
try:
    gdb.execute("hbreak *" + name)
    gdb.execute("continue")
    print("STOPPED", gdb.execute("info symbol $pc", to_string=True))
except gdb.error as error:
    print("NO HARDWARE BREAKPOINT", error)
gdb.execute("kill")
"""


def main():
    if not shutil.which("gdb"):
        print("no gdb on this host")
        return SKIPPED
    name = block_name(NM, PROGRAM)
    with tempfile.TemporaryDirectory(prefix="quince-gdb-jit-") as folder:
        check_needs_jit(folder, QUINCE, "--gdb-jit")
        alone = subprocess.run([QUINCE, "exec", "--gdb-jit", PROGRAM], capture_output=True, timeout=60, check=False)
        expect(alone.returncode == 0 and not alone.stderr, alone)
        with open(f"{folder}/session.py", "w", encoding="utf-8") as session:
            session.write(SESSION.format(name=name))
        done = subprocess.run(["gdb", "-nx", "-q", "-batch", "-x", session.name, "--args", QUINCE, "exec", "--gdb-jit",
                               PROGRAM], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                              check=False)
    if re.search(r"ptrace|Could not trace", done.stderr):
        print("gdb may not debug here:", done.stderr)
        return SKIPPED
    expect(re.search(rf"^KNOWN {name} in section .text", done.stdout, re.MULTILINE), done)
    expect(re.search(r"^SHARED quince_thunks in section .text", done.stdout, re.MULTILINE), done)
    if "NO HARDWARE BREAKPOINT" not in done.stdout:
        expect(re.search(rf"^STOPPED {name} in section .text", done.stdout, re.MULTILINE), done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
