"""Linux on both processors: a shell, the clock, idling, restart, power-off."""

import os
import sys
import time

from machine import PROMPT, Machine, guests, linux_options

NO_GUEST = 77
WATCHED = 10  # seconds
# Of a kernel without CONFIG_COMPAT_32BIT_TIME, BusyBox's sleep returns at once; read waits with poll().
OUR_KERNEL, PAUSE, OTHER_PAUSE = "-quince", "sleep 10", "read -t 10 x"


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
    """What the guest says of itself."""
    ready = machine.expect(f"GUEST-READY.*{cpu}")
    machine.expect(PROMPT)
    return ready


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
    print(f"idle: {busy:.2f} s of {WATCHED}")
    check(busy < 0.05 * WATCHED, f"an idle guest took {busy} s of {WATCHED}")
    off = abs((guest_later - guest) - (host_later - host))
    check(off < 0.1, f"the guest's clock was off by {off} s")  # it is shown in hundredths


def check_pause(machine, pause):
    """Ten seconds are ten seconds, for the guest and for who watches it."""
    machine.type(f"cat /proc/uptime; {pause}; cat /proc/uptime\r")
    machine.expect("uptime\n")
    moments = []
    for _ in range(2):
        guest = machine.expect("\n")
        moments.append((float(guest.split()[0]), time.monotonic()))
    machine.expect(PROMPT)
    for name, took in zip(("guest", "host"), (late - early for early, late in zip(*moments))):
        check(9.9 < took < 10.5, f"{pause} took {took} s by the {name}'s clock")
        print(f"{pause}: {took:.2f} s by the {name}'s clock")


def main():
    if not guests():
        print("no Linux kernel (guests/ makes one)")
        sys.exit(NO_GUEST)
    for cpu, name in (("750", "740/750"), ("7400", "7400, altivec")):
        with Machine("--cpu", cpu, *linux_options(), "--append", "console=ttyPZ0") as machine:
            ready = boot(machine, name)
            machine.type("echo $((6 * 7)) seen\r")
            machine.expect("42 seen")
            if cpu == "750":
                check_devices(machine)
                check_clock_and_idling(machine)
                check_pause(machine, PAUSE if OUR_KERNEL in ready else OTHER_PAUSE)
                machine.type("reboot -f\r")
                boot(machine, name)
            machine.type("poweroff -f\r")
            check(machine.wait() == 0, "power-off")


main()
