"""Emulators without a package, which the command line names: DingusPPC and PearPC. They run the experiments of
system/ without Apple's firmware: a loader (system/loader.S) brings the program to where it belongs. What they print
comes from the guest's serial port; as soon as that is the result, the emulator is killed."""

import functools
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import bare_metal

IMAGE = 0x1000   # where the program is in the loader's segment
CONSOLE = bare_metal.PARAMETERS + 16  # two words: addresses of the serial port's data, and of a register to read


@dataclass(frozen=True)
class Peer:
    name: str       # of the option and the column
    title: str
    loader: str     # in the build folder's `bench`
    is_rom: bool    # the emulator wants the loader's segment, not an ELF file
    console: int
    device: int     # the host bridge's address register
    options: object  # a function from a path to the words of the command line
    guest: object = str  # takes what the guest printed out of all that the emulator printed


def single_characters(text):
    """PearPC gives each of the guest's characters a line of its own, among lines about itself."""
    return "".join(re.findall("^.$", text, re.MULTILINE))


PEERS = (
    Peer("dingusppc", "DingusPPC", "loader-dingusppc.elf", True, 0xf3013030, 0xfec00000,
         lambda path: ["--machine", "pmg3dt", "--bootrom", path, "--rambank1_size", "64", "--pci_GPU", "",
                       "--serial_backend", "stdio"]),
    Peer("pearpc", "PearPC", "loader-pearpc.elf", False, 0xfe0003f8, 0xfec00000,
         lambda path: ["--headless", "--prom-bootmethod=force", f"--prom-loadfile={path}", "--pci-serial-installed=1",
                       "--memory-size=0x4000000"], single_characters),
)
SETTINGS = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}  # no window
RESULT = re.compile(r"(DONE|FAIL) ([0-9a-f]{8})")


def segment(data):
    """(offset in the file, bytes) of an ELF file's first segment."""
    header = struct.unpack(">I", data[28:32])[0]
    offset, size = (struct.unpack(">I", data[header + n:header + n + 4])[0] for n in (4, 16))
    return offset, data[offset:offset + size]


def bootable(peer, loader, image):
    """What the emulator starts, from two ELF files: the loader and the program, its experiment and rounds written."""
    program = bytearray(segment(image)[1])
    struct.pack_into(">II", program, CONSOLE, peer.console, peer.device)
    offset, whole = segment(loader)
    place = slice(IMAGE, IMAGE + len(program))
    if len(whole[place]) < len(program) or any(whole[place]):
        raise ValueError(f"{peer.loader}: no room for the program")
    whole = whole[:place.start] + program + whole[place.stop:]
    return whole if peer.is_rom else loader[:offset] + whole + loader[offset + len(whole):]


def output_of(peer, process, timeout):
    """(the result, what the emulator printed last, why there is no result)."""
    text, deadline = "", time.monotonic() + timeout
    while time.monotonic() < deadline:
        if not select.select([process.stdout], [], [], 0.1)[0]:
            continue
        more = os.read(process.stdout.fileno(), 1 << 16)
        if not more:
            return None, text, "ended"
        text = text[-4000:] + more.decode(errors="replace")
        found = RESULT.search(peer.guest(text))
        if found:
            return found, text, ""
    return None, text, f"no end after {timeout:g} s"


def run(peer, executable, loader, image, timeout):
    """(processor seconds, checksum or what went wrong), in a folder of its own: emulators leave files there."""
    with tempfile.TemporaryDirectory(prefix="quince-bench-") as folder:
        path = Path(folder) / "program"
        path.write_bytes(bootable(peer, loader.read_bytes(), image.read_bytes()))
        try:
            process = subprocess.Popen([executable, *peer.options(path)], cwd=folder, env={**os.environ, **SETTINGS},
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except OSError as error:
            return 0.0, error.strerror
        try:
            found, text, failure = output_of(peer, process, timeout)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            seconds = bare_metal.wait(process)
            process.stdout.close()
    if failure == "ended":
        failure = f"status {process.returncode} {(text.strip().splitlines() or [''])[-1][:100]}".strip()
    if failure:
        return seconds, failure
    said, checksum = found.groups()
    return seconds, checksum if said == "DONE" else "failed"


def add_options(parser):
    for peer in PEERS:
        parser.add_argument(f"--{peer.name}", metavar="EXECUTABLE",
                            help=f"run the operations on this {peer.title} too")


def engines(arguments, build, timeout):
    """Of those that the command line names: functions for bare_metal.Operations by name; and by name why not."""
    found, missing = {}, {}
    for peer in PEERS:
        asked = getattr(arguments, peer.name)
        if asked:
            executable = shutil.which(asked)
            missing[peer.name] = "" if executable else f"{asked}: no such program"
            # The run is in another folder.
            found[peer.name] = functools.partial(run, peer, executable and os.path.abspath(executable),
                                                 build / "bench" / peer.loader, timeout=timeout)
    return found, missing
