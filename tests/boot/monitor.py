"""The monitor's JSON protocol, driving a running Linux as a script would."""

import hashlib
import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

from machine import PROMPT, Machine, guests, linux_options

SKIPPED = 77
CD_BYTES = 1 << 20


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.events = []
        self.number = 0
        greeting = self.receive()
        check(greeting["protocol"] == 1 and "quince" in greeting, greeting)

    def receive(self):
        return json.loads(self.lines.readline())

    def ask(self, command, **arguments):
        """The whole answer."""
        self.number += 1
        self.send(json.dumps({"command": command, "arguments": arguments, "id": self.number}))
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                return answer
            self.events.append(answer)

    def __call__(self, command, **arguments):
        answer = self.ask(command, **arguments)
        if "error" in answer:
            raise AssertionError(f"{command}: {answer['error']}")
        return answer["result"]

    def send(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def event(self):
        while not self.events:
            self.events.append(self.receive())
        return self.events.pop(0)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_standing_still(monitor):
    monitor("pause")
    check(monitor.event()["event"] == "paused", "no event")
    before = monitor("status")
    check(before["state"] == "paused", before)
    time.sleep(0.3)
    check(monitor("status") == before, "the machine went on")
    monitor("step", count=10)
    check(monitor.event()["event"] == "resumed", "no event")
    check(monitor.event()["why"] == "paused", "not at rest after its steps")
    check(monitor("status")["instructions"] == before["instructions"] + 10, "not ten instructions")


def check_registers_and_memory(monitor):
    pc = monitor("registers", name="pc")["pc"]
    everything = monitor("registers")
    check(everything["pc"] == pc and "sdr1" in everything and len(everything["f31"]) == 18, everything)
    check(monitor("registers", name="pvr") == {"pvr": "0x00080301"}, "PVR")
    monitor("set", name="ear", value="0x2a")
    check(monitor("registers", name="ear") == {"ear": "0x0000002a"}, "EAR")
    # The kernel's first bytes, through its BAT and as they lie in RAM.
    seen = monitor("memory", address="0xc0000000", bytes=32)["data"]
    check(seen == monitor("physical", address=0, bytes=32)["data"], seen)
    check(monitor("translate", address="0xc0001234")["load"] == "0x00001234", "the kernel's BAT")
    check("DSI" in monitor("translate", address="0xf7654321")["load"], "nothing is there")
    address = "0xc0000080"  # below the exception vectors; Linux has nothing there
    old = monitor("memory", address=address, bytes=4)["data"]
    monitor("write", address=address, data="12345678")
    check(monitor("memory", address=address, bytes=4)["data"] == "12345678", "write")
    monitor("write", address=address, data=old)
    lines = monitor("disassemble", address=pc, count=4)
    check(len(lines) == 4 and lines[0]["address"] == pc and lines[0]["instruction"], lines)


def check_points(monitor, machine):
    monitor("continue")
    check(monitor.event()["event"] == "resumed", "no event")
    machine.type("grep ' vfs_write$' /proc/kallsyms\r")
    machine.expect("kallsyms\n")
    address = "0x" + machine.expect("\n").split()[0]
    machine.expect(PROMPT)
    monitor("break", address=address)
    machine.type("echo\r")
    stop = monitor.event()
    check(stop == {"event": "paused", "why": "breakpoint", "pc": address}, stop)
    check_registers_and_memory(monitor)
    stack = int(monitor("registers", name="r1")["r1"], 16)
    monitor("delete", address=address)
    monitor("watch", address=stack + 4)
    check(monitor("points") == [{"address": f"0x{stack + 4:08x}", "kind": "write", "bytes": 4}], "points")
    monitor("continue")
    monitor.event()
    stop = monitor.event()
    check(stop["why"] == "watchpoint" and int(stop["address"], 16) == stack + 4, stop)
    monitor("delete", address=stack + 4)
    monitor("continue")
    monitor.event()
    machine.expect(PROMPT)


def check_hands(monitor, machine, folder):
    """Keyboard, CD, screen."""
    machine.type("cat /dev/tty1\r")
    machine.expect("tty1\n")
    time.sleep(0.5)
    monitor("type", text="Keys: {[Q~|\"'\\\\]}\\n")
    machine.expect(r"""Keys: \{\[Q~\|"'\\\\\]\}""")
    machine.type("\x03")
    machine.expect(PROMPT)
    disc = Path(folder) / "disc"
    disc.write_bytes(os.urandom(CD_BYTES))
    monitor("cd", file=str(disc))
    machine.type("md5sum /dev/sr0\r")
    machine.expect(hashlib.md5(disc.read_bytes()).hexdigest())
    machine.expect(PROMPT)
    monitor("eject")
    check("error" in monitor.ask("cd", file=f"{folder}/none"), "a CD that does not exist")
    picture = Path(folder) / "screen.png"
    monitor("screenshot", file=str(picture))
    check(picture.read_bytes().startswith(b"\x89PNG"), "no picture")
    check(monitor("statistics")["guest_instructions"] > 1_000_000, "statistics")
    check(any(row["name"] == "Heathrow" for row in monitor("devices")), "devices")


def check_refusals(monitor):
    """Each is answered with an error, and the next command works."""
    for command, arguments in (("nonsense", {}), ("memory", {}), ("memory", {"address": "zero"}),
                               ("memory", {"address": 1 << 32}), ("memory", {"address": 0, "more": 1}),
                               ("set", {"name": "r99", "value": "0"}), ("set", {"name": "r1", "value": "123456789"}),
                               ("break", {"address": 2}), ("watch", {"address": 0, "kind": "smell"}),
                               ("delete", {"address": 0x123450}), ("key", {"keys": "any"}), ("type", {"text": "\u00e4"}),
                               ("step", {}), ("mouse-button", {"button": "third"})):
        check("error" in monitor.ask(command, **arguments), f"{command} {arguments}")
    for line in ("{", "[]", "null", "{}", '{"command": 1}', '{"command": "help", "arguments": 7}', "[" * 100_000,
                 '{"command":"status","id":' + "[" * 10_000 + "]" * 10_000 + "}"):
        monitor.send(line)
        answer = monitor.receive()
        check("error" in answer or "state" in answer.get("result", {}), answer)
    monitor.send("x" * (1 << 21))
    check("too long" in monitor.receive()["error"], "a long line")
    check(monitor("status")["state"] == "running", "after errors")


def main():
    if not guests():
        print("skipped: needs a Linux kernel")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor"
        with Machine(*linux_options(), "--append", "console=ttyPZ0", "--monitor", f"unix:{path}") as machine:
            machine.expect("GUEST-READY")
            machine.expect(PROMPT)
            monitor = Monitor(path)
            check_refusals(monitor)
            check_standing_still(monitor)
            check_points(monitor, machine)
            check_hands(monitor, machine, folder)
            # Another client, when the first has gone.
            monitor.socket.shutdown(socket.SHUT_RDWR)
            again = Monitor(path)
            again("quit")
            check(machine.wait() == 0, "quit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
