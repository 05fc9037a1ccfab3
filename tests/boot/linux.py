"""Linux on both processors: a shell, the clock, idling, restart, power-off."""

import os
import sys
import time

from machine import Machine, guests, linux_options

NO_GUEST = 77
PROMPT = r"# (\x1b\[6n)?$"  # the shell may ask the terminal where the cursor is
WATCHED = 10  # seconds


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def uptime(machine):
    """The guest's clock and the host's, in seconds."""
    machine.type("cat /proc/uptime\r")
    machine.expect("uptime\n")
    answer = machine.expect("\n")
    now = time.monotonic()
    machine.expect(PROMPT)
    return float(answer.split()[0]), now


def boot(machine, cpu):
    machine.expect(f"GUEST-READY.*{cpu}")
    machine.expect(PROMPT)


def check_devices(machine):
    machine.type("cat /proc/bus/input/devices\r")
    devices = machine.expect("REL=3")
    machine.expect(PROMPT)
    # Product numbers hold ADB's default address, present address and handler.
    for device in ('Product=2201 Version=0100\nN: Name="ADB keyboard"', 'Product=3302 Version=0100\nN: Name="ADB mouse"'):
        check(device in devices, f"{device} is not in {devices}")


def check_clock_and_idling(machine):
    uptime(machine)
    guest, host = uptime(machine)
    busy = processor_seconds(machine.process.pid)
    time.sleep(WATCHED)
    busy = processor_seconds(machine.process.pid) - busy
    guest_later, host_later = uptime(machine)
    check(busy < 0.05 * WATCHED, f"an idle guest took {busy} s of {WATCHED}")
    off = abs((guest_later - guest) - (host_later - host))
    check(off < 0.1, f"the guest's clock was off by {off} s")  # it is shown in hundredths


def main():
    if not guests():
        print("no Linux kernel (guests/ makes one)")
        sys.exit(NO_GUEST)
    for cpu, name in (("750", "740/750"), ("7400", "7400, altivec")):
        with Machine("--cpu", cpu, *linux_options(), "--append", "console=ttyPZ0") as machine:
            boot(machine, name)
            machine.type("echo $((6 * 7)) seen\r")
            machine.expect("42 seen")
            if cpu == "750":
                check_devices(machine)
                check_clock_and_idling(machine)
                machine.type("reboot -f\r")
                boot(machine, name)
            machine.type("poweroff -f\r")
            check(machine.wait() == 0, "power-off")


main()
