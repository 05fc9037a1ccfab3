"""The board `bare` has a monitor and a GDB stub, too; the monitor shows a block's host code."""

import json
import socket
import subprocess
import sys
import tempfile
import time

from host_tools import expect

QUINCE, PROGRAM = sys.argv[1:3]
SPIN = 0x1008  # the loop of spin.S


def connect(path):
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(30)
    deadline = time.monotonic() + 10
    while True:
        try:
            line.connect(path)
            return line
        except OSError:
            expect(time.monotonic() < deadline, f"nobody listens at {path}")
            time.sleep(0.01)


class Monitor:
    def __init__(self, path):
        self.stream = connect(path).makefile("rw", encoding="utf-8")
        expect(json.loads(self.stream.readline())["protocol"] == 1, "no greeting")

    def ask(self, command, **arguments):
        """The result, or the error as a string."""
        self.stream.write(json.dumps({"command": command, "arguments": arguments, "id": 1}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "event" not in answer:
                return answer["result"] if "result" in answer else answer["error"]


def check_monitor(monitor):
    expect(monitor.ask("status")["state"] == "running", "it does not run")
    for command, arguments, what in (("screenshot", {"file": "x.png"}, "screen"), ("type", {"text": "a"}, "keyboard"),
                                     ("power-key", {}, "keyboard"), ("key", {"keys": "a"}, "keyboard"),
                                     ("mouse-move", {"right": 1, "down": 1}, "mouse"), ("eject", {}, "CD"),
                                     ("mouse-button", {"button": "middle"}, "mouse"), ("cd", {"file": "x"}, "CD")):
        answer = monitor.ask(command, **arguments)
        expect(isinstance(answer, str) and f"no {what}" in answer, answer)
    names = [row["name"] for row in monitor.ask("devices")]
    expect(names == ["RAM", "console and exit"], names)
    monitor.ask("pause")
    expect(monitor.ask("status")["state"] == "paused", "it does not stand still")
    expect(SPIN <= int(monitor.ask("status")["pc"], 16) <= SPIN + 4, "it is not in its loop")
    block, *code = monitor.ask("host", address=SPIN)
    expect(block == {"block": f"0x{SPIN:08x}", "guest_instructions": block["guest_instructions"]}, block)
    expect(any(row["instruction"].startswith("j") for row in code), code)
    expect(code[0]["offset"] == 0 and len(code) >= 4, code)
    expect("not translated" in monitor.ask("host", address=0x8000), "code where there is none")


def check_gdb(path):
    """As GDB: where it is, one step, and the loop's counter is less."""
    line = connect(path)

    def ask(text):
        line.sendall(f"+${text}#{sum(text.encode()) & 0xff:02x}".encode())
        reply = b""
        while b"#" not in reply[:-2]:
            reply += line.recv(4096)
        return reply.split(b"$")[1].split(b"#")[0].decode()

    expect(ask("?").startswith(("S05", "T05")), "no stop")
    before = ask("g")
    for _ in range(4):
        expect(ask("s").startswith(("S05", "T05")), "no step")
    expect(ask("g") != before, "steps do nothing")
    expect(ask(f"Z0,{SPIN:x},4") == "OK" and ask("c").startswith(("S05", "T05")), "no breakpoint")
    line.close()


def main():
    with tempfile.TemporaryDirectory(prefix="quince-bare-") as folder:
        with subprocess.Popen([QUINCE, "run", "--board", "bare", "--timeout", "60", "--serial", "null", "--monitor",
                               f"unix:{folder}/monitor", "--gdb", f"unix:{folder}/gdb", PROGRAM],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            monitor = Monitor(f"{folder}/monitor")
            check_monitor(monitor)
            check_gdb(f"{folder}/gdb")
            monitor.ask("quit")
            expect(process.wait(20) == 0 and not process.stderr.read(), process.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
