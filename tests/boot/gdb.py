"""GDB itself, attached to a running Linux: a breakpoint by symbol, a thousand steps, a watchpoint, registers."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import PROMPT, Machine, guests, linux_options

SKIPPED = 77
FUNCTION = "vfs_write"
STEPS = 1000

SCRIPT = """
set pagination off
set confirm off
set architecture powerpc:common
file {symbols}
target remote {socket}
printf "first pc=%#x\\n", $pc
break *{function}
continue
printf "break pc=%#x msr=%#x pvr=%#x\\n", $pc, $msr, $pvr
x/2i $pc
delete
# The function saves its return address there.
printf "return=%u\\n", $lr
set var *(unsigned int *) ($r1 + 4) = 0
watch -l *(unsigned int *) ($r1 + 4)
continue
delete
stepi {steps}
printf "stepped pc=%#x\\n", $pc
set $f1 = 1.25
printf "f1=%f\\n", $f1
set $ear = 0x2a
printf "ear=%#x\\n", $ear
monitor status
detach
"""


def find_function(machine, name):
    """Its address, as the kernel tells it."""
    machine.type(f"grep ' {name}$' /proc/kallsyms\r")
    machine.expect("kallsyms\n")
    address = int(machine.expect("\n").split()[0], 16)
    machine.expect(PROMPT)
    return address


def with_symbol(kernel, name, address, to):
    """The kernel, which has no symbol table, with one."""
    headers = subprocess.run(["powerpc-linux-gnu-objdump", "-h", kernel], stdout=subprocess.PIPE, check=True)
    text = int(re.search(rb" \.text +[0-9a-f]+ +([0-9a-f]+)", headers.stdout)[1], 16)
    option = f"--add-symbol={name}=.text:{address - text:#x},function,global"
    subprocess.run(["powerpc-linux-gnu-objcopy", option, kernel, to], check=True)
    return to


def gdb(script, folder):
    path = Path(folder) / "script"
    path.write_text(script, encoding="utf-8")
    command = ["timeout", "100", "gdb-multiarch", "-q", "-nx", "-batch", "-x", path]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return result.stdout.decode("latin-1")


def check_dialogue(text, function):
    def require(pattern):
        match = re.search(pattern, text)
        if not match:
            raise AssertionError(f"no {pattern!r} in:\n{text}")
        return match

    require(rf"break pc={function:#x} msr=0x[0-9a-f]+ pvr=0x80301")
    require(rf"=> 0x{function:08x} <{FUNCTION}>:")
    if int(require(r"stepped pc=(0x[0-9a-f]+)")[1], 16) == function:
        raise AssertionError("a thousand steps led nowhere")
    address = require(r"return=(\d+)")[1]
    require(rf"Old value = 0\s+New value = {address}\s")
    require(r"f1=1\.25")
    require(r"ear=0x2a")
    require(r"state: paused")
    require(r"\[Inferior 1 .*detached\]")


def main():
    if not guests() or not shutil.which("gdb-multiarch"):
        print("skipped: needs a Linux kernel and gdb-multiarch")
        return SKIPPED
    kernel, _ = guests()
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/gdb"
        with Machine(*linux_options(), "--append", "console=ttyPZ0", "--gdb", f"unix:{socket}") as machine:
            machine.expect("GUEST-READY")
            machine.expect(PROMPT)
            function = find_function(machine, FUNCTION)
            machine.type("while :; do echo x > /dev/null; done &\r")
            machine.expect(PROMPT)
            named = with_symbol(kernel, FUNCTION, function, f"{folder}/symbols")
            text = gdb(SCRIPT.format(symbols=named, socket=socket, function=FUNCTION, steps=STEPS), folder)
            check_dialogue(text, function)
            # The guest goes on.
            machine.type("kill $!; echo still $((6 * 7))\r")
            machine.expect("still 42")
            machine.type("poweroff -f\r")
            if machine.wait() != 0:
                raise AssertionError("the guest did not power off")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
