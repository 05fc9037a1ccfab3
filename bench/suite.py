"""What `quince bench` measures, and in which order: programs under engines, and operations of operating systems on
machines, all in turn, with a warm-up that does not count."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import bare_metal
import linux_guest
import measure
from measure import Engine, Series

HERE = Path(__file__).resolve().parent
NATIVE, OURS, PEER, OUR_LINUX, PEER_LINUX = "native", "quince", "qemu-ppc", "quince-linux", "qemu-linux"
INTERPRETER, BARE = "interpreter", "bare"  # bare: operations on machines without an operating system
DEFAULT_ENGINES = (NATIVE, OURS, PEER, OUR_LINUX, PEER_LINUX)
# Whom each of ours is compared with, besides native code.
RIVALS = {OURS: PEER, OUR_LINUX: PEER_LINUX}


def real_programs_folder():
    """Where guests/build has left them; None if they are not built."""
    return guest_product("real-programs")


def guest_product(name):
    found = subprocess.run([HERE.parent / "guests" / "build", "--where", name], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False, text=True)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


class Places:
    """Where the executables of programs are."""

    def __init__(self, build):
        self.build = build
        product = real_programs_folder()
        self.real = product.parents[1] if product else None  # of .../guest/NAME

    def executable(self, program, side):
        folder = self.real if program.kind == "real" else self.build / "bench"
        return folder / side / program.name if folder else None

    def missing(self, program):
        """Why it can't be run; empty if it can."""
        if program.kind == "real" and not self.real:
            return "not built (guests/build real-programs)"
        sides = (self.executable(program, side) for side in ("guest", "native"))
        return "" if all(one.exists() for one in sides) else "not built (build the target bench_programs)"


def user_engines(build, places):
    """Native code, quince exec and its peer."""
    def guest(program):
        return places.executable(program, "guest")

    def ours(name, engine, profile=False):
        def command(*options):
            return lambda program, rounds, counters: [
                build / "quince", "exec", "--engine", engine, *options, "--cpu", program.cpu, "--stats", counters,
                guest(program), rounds]
        return Engine(name, command(), fast=profile, profile=command("--profile") if profile else None)

    peer = shutil.which(PEER)
    return [
        Engine(NATIVE, lambda program, rounds, _: [places.executable(program, "native"), rounds], fast=True),
        ours(OURS, "jit", profile=True),
        ours(INTERPRETER, "interpreter"),
        Engine(PEER, lambda program, rounds, _: [peer, "-cpu", program.cpu, guest(program), rounds],
               missing="" if peer else "not installed"),
    ]


def machines(build, places):
    """Whole machines that boot Linux and run the programs in it."""
    def guest(program):
        return places.executable(program, "guest")

    def ours(*options):
        return lambda boot, counters: boot.ours(build / "quince", "--cpu", "7400", "--stats", counters, *options)

    kernel, initrd = guest_product("kernel"), guest_product("test-initramfs")
    unbuilt = "" if kernel and initrd else "not built (guests/build kernel test-initramfs)"
    peer = "" if shutil.which("qemu-system-ppc") else "not installed"
    return [
        linux_guest.Machine(OUR_LINUX, kernel, initrd, ours(), unbuilt, fast=True, executable=guest,
                            profile=ours("--profile")),
        linux_guest.Machine(PEER_LINUX, kernel, initrd, lambda boot, _: [*boot.peers(), "-cpu", "7400"],
                            peer or unbuilt, executable=guest),
    ]


def operations(build, experiments, scale, scratch, named=({}, {})):
    """On our board `bare`, on QEMU's Macintosh, and on the peers that are named (as of named_peers.engines)."""
    named_engines, named_missing = named
    peer = "" if shutil.which(bare_metal.PEER) else "not installed"
    engines = {OURS: lambda image: bare_metal.run_ours(build / "quince", "jit", image, 120),
               bare_metal.PEER: lambda image: bare_metal.run_peer("g3beige", image, 120), **named_engines}
    return bare_metal.Operations(build / "bench" / "system.elf", experiments, engines, unknown=named_engines,
                                 missing={bare_metal.PEER: peer, **named_missing}, fast=OURS, scale=scale,
                                 scratch=scratch)


class Bench:
    """All that is measured. programs, engines and systems in the order of the report."""

    def __init__(self, programs, engines, systems=(), operations=None, *, places=None, quick=False, rounds=5, scale=1.0,
                 scratch="", say=lambda text: None, warm_up=True):
        self.programs, self.engines, self.systems, self.operations = programs, engines, systems, operations
        self.quick, self.rounds, self.scale, self.scratch, self.say = quick, rounds, scale, scratch, say
        self.warm_up, self.interrupted = warm_up, False
        self.counters = {}  # of runs with a profile: by (program, engine), and by machine
        self.table = {}
        for program in programs:
            unbuilt = places.missing(program) if places else ""
            for engine in self.all_engines():
                times = program.more if engine.fast else 1
                self.table[program.name, engine.name] = Series(missing=engine.missing or unbuilt, times=times)

    def all_engines(self):
        return [*self.engines, *self.systems]

    def names(self):
        return [engine.name for engine in self.all_engines()]

    def series(self, program, name):
        return self.table[program.name, name]

    def work(self, program, engine):
        return max(1, round(program.rounds * self.scale)) * (program.more if engine.fast else 1)

    def measure(self):
        """Fills the table. What an interruption leaves is kept."""
        try:
            self.find_what_is_right()
            for number in range(1, self.rounds + 1):
                self.one_round(f"round {number} of {self.rounds}: ")
            if self.warm_up:
                self.profile()
        except KeyboardInterrupt:
            self.interrupted = True

    def run(self, engine, program, rounds):
        return measure.run(engine, program, rounds, self.scratch)

    def find_what_is_right(self):
        """By native code; a warm-up of all with little work follows."""
        native = next(engine for engine in self.engines if engine.name == NATIVE)
        for program in self.programs:
            self.say(f"warming up: {program.name}")
            wanted = {}
            for engine in self.all_engines():
                series, work = self.series(program, engine.name), self.work(program, engine)
                if series.missing:
                    continue
                if work not in wanted:
                    wanted[work] = self.run(native, program, work).checksum
                series.expected = wanted[work]
                if self.warm_up and engine in self.engines and engine is not native:
                    self.run(engine, program, program.quick_rounds)

    def one_round(self, said):
        for program in self.programs:
            for engine in self.engines:
                series = self.series(program, engine.name)
                if not series.missing:
                    self.say(f"{said}{program.name} in {engine.name}")
                    series.runs.append(self.run(engine, program, self.work(program, engine)))
        for machine in self.systems:
            work = {program: self.work(program, machine) for program in self.programs
                    if not self.series(program, machine.name).missing}
            if work:
                self.say(f"{said}programs in {machine.name}")
                runs, _ = machine.run(work, self.scratch)
                for program, one in runs.items():
                    self.series(program, machine.name).runs.append(one)
        if self.operations:
            self.operations.one_round(lambda text: self.say(said + text))

    def profile(self):
        """What the translator did: one run more of each, whose time does not count."""
        for engine in (one for one in self.engines if one.profile and not one.missing):
            watched = replace(engine, command=engine.profile)
            for program in self.programs:
                if not self.series(program, engine.name).problem():
                    self.say(f"profile: {program.name}")
                    one = self.run(watched, program, self.work(program, engine))
                    self.counters[program.name, engine.name] = one.counters
        for machine in (one for one in self.systems if one.profile and not one.missing):
            self.say(f"profile: {machine.name}")
            work = {program: self.work(program, machine) for program in self.programs
                    if not self.series(program, machine.name).missing}
            if work:
                self.counters[machine.name] = replace(machine, command=machine.profile).run(work, self.scratch)[1]

    def all_series(self):
        return [*self.table.values(), *(self.operations.table.values() if self.operations else ())]

    def wrong(self):
        return any(series.wrong() for series in self.all_series())

    def ratio(self, program, name, base):
        return measure.ratio(self.series(program, name), self.series(program, base))

    def means(self, name, base):
        """By class, and for all: the geometric mean of ratios, and how many programs have none."""
        found = {}
        for kind in [*dict.fromkeys(p.kind for p in self.programs), "all"]:
            ratios = [self.ratio(p, name, base) for p in self.programs if kind in (p.kind, "all")]
            good = [one for one in ratios if one]
            found[kind] = (measure.geometric_mean(good), len(ratios) - len(good))
        return found


def host():
    """The machine in general terms: nothing that says whose it is."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return {"processor": model.group(1) if model else "unknown", "processors": os.cpu_count(),
            "kernel": os.uname().release.split("-")[0]}


def version(command):
    try:
        text = subprocess.run([*command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                              text=True, stdin=subprocess.DEVNULL, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return text.strip().splitlines()[0] if text.strip() else ""


def versions(build):
    found = {OURS: version([build / "quince"]), NATIVE: version(["gcc"]), PEER: version([PEER]),
             PEER_LINUX: version(["qemu-system-ppc"])}
    return {name: text for name, text in found.items() if text}
