"""The stock OpenBIOS: banner, prompt, Forth, device tree, restart."""

from machine import Machine

BANNER = [
    ">> OpenBIOS 1.",
    ">> Configuration device id QEMU version 1 machine id 2",
    ">> CPUs: 1",
    ">> Memory: 128M",
    ">> UUID: 00000000-0000-0000-0000-000000000000",
    ">> CPU type PowerPC,750",
    "Welcome to OpenBIOS v1.",
]
NODES = [
    "/cpus/PowerPC,750@0", "/memory@0", "/rom@ff800000", "/pci@80000000", "/pci@80000000/mac-io@10",
    "/pci@80000000/mac-io@10/via-cuda@16000", "/pci@80000000/mac-io@10/via-cuda@16000/adb",
    "/pci@80000000/mac-io@10/via-cuda@16000/adb/keyboard@8",
    "/pci@80000000/mac-io@10/via-cuda@16000/adb/mouse@9", "/pci@80000000/mac-io@10/via-cuda@16000/rtc",
    "/pci@80000000/mac-io@10/via-cuda@16000/power-mgt", "/pci@80000000/mac-io@10/nvram@60000",
    "/pci@80000000/mac-io@10/escc@13000/ch-a@13020", "/pci@80000000/mac-io@10/escc@13000/ch-b@13000",
    "/pci@80000000/mac-io@10/escc-legacy@12000/ch-a@12002", "/pci@80000000/mac-io@10/ata-3@20000",
    "/pci@80000000/mac-io@10/ata-3@21000/cdrom@0",
]
PROMPT = r"\n\d+ > $"


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def main():
    with Machine("--ram", "128M", "--boot", "prompt") as machine:
        banner = machine.expect(PROMPT)
        for line in BANNER:
            check(line in banner, f"{line!r} is not in {banner!r}")

        def ask(line):
            machine.type(line + "\r")
            return machine.expect(PROMPT)

        check("7  ok" in ask("3 4 + ."), "3 4 + .")
        check("undefined word" in ask("no-such-word"), "an unknown word")
        tree = ask("show-devs").split()
        for node in NODES:
            check(node in tree, f"{node} is not in {tree}")
        root = ask("dev / .properties")
        for text in ("AAPL,PowerMac G3", "MacRISC", "3ef1480"):
            check(text in root, f"{text} is not in {root}")
        cpu = ask("dev /cpus/@0 .properties")
        for text in ("80301", "fd4bc0", "fdad680"):  # PVR, timebase and clock frequency
            check(text in cpu, f"{text} is not in {cpu}")
        check('"false"' in ask("printenv auto-boot?"), "auto-boot?")
        machine.type("reset-all\r")
        machine.expect("Welcome to OpenBIOS")
        machine.expect(PROMPT)
        check("1e  ok" in ask("5 6 * ."), "after the restart")  # numbers are hexadecimal


main()
