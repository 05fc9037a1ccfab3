"""GCC's C torture execution tests as guest programs: what passes under qemu-ppc passes under quince exec.

The tests come from Debian's gcc-12-source. They are unpacked once, and the objects compiled from them are kept, in
${XDG_CACHE_HOME:-~/.cache}/quince/gcc-torture, under a name made of the compiler and the archive; that folder can be
deleted at any time. Programs are linked, run and removed again one by one."""

import argparse
import concurrent.futures
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

SOURCE_FOLDER = "/usr/src/gcc-12"
SUITE = "gcc/testsuite/gcc.c-torture/execute/"
COMPILER = "powerpc-linux-gnu-gcc"
ORACLE = "qemu-ppc"
TIMEOUT = 120  # seconds, for each program

# A sample of the cross product that gives every test the same chance and every configuration the same share.
SAMPLE = 200

# Of the tests, how many at least must pass under the oracle in each configuration for the whole run to count.
FEWEST_PASSES = 1700


@dataclass(frozen=True)
class Configuration:
    cpu: str
    flags: tuple

    def __str__(self):
        return " ".join(self.flags)


CONFIGURATIONS = [Configuration(cpu, (level, *machine))
                  for cpu, machine in (("750", ("-mcpu=750",)), ("7400", ("-mcpu=7400", "-maltivec")))
                  for level in ("-O0", "-O2", "-O3")]

# What GCC's own drivers (execute.exp, ieee.exp, builtins.exp) pass to every test of a folder.
FOLDER_FLAGS = {
    "": ["-w"],
    "ieee": ["-w", "-fno-inline"],
    "builtins": ["-w", "-fno-tree-dse", "-fno-tree-loop-distribute-patterns", "-fno-tracer", "-fno-ipa-ra",
                 "-fno-inline-functions"],
}

DIRECTIVE = re.compile(r"dg-(?:additional-)?options\s+\{?\s*\"([^\"]*)\"\s*\}?\s*(\{)?")
EXTRA_FLAGS = re.compile(r"^set additional_flags \"?([^\"\n]*)\"?$", re.MULTILINE)


def fail(message):
    sys.exit(f"gcc_torture: {message}")


@dataclass(frozen=True)
class Test:
    name: str
    sources: tuple
    flags: tuple

    @staticmethod
    def of(path, suite):
        """A test with the options that its own directives ask for, those for other targets left out."""
        folder = path.parent.relative_to(suite).as_posix().replace(".", "", 1)
        text = path.read_text(encoding="latin-1")
        flags = list(FOLDER_FLAGS[folder])
        for options, selector in DIRECTIVE.findall(text):
            flags += [] if selector else options.split()
        script = path.with_suffix(".x")
        if script.exists():
            flags += " ".join(EXTRA_FLAGS.findall(script.read_text(encoding="latin-1"))).split()
        sources = [path]
        if folder == "builtins":
            sources += [path.with_name(path.stem + "-lib.c"), path.parent / "lib" / "main.c"]
        return Test(path.relative_to(suite).as_posix(), tuple(sources), tuple(flags))


def all_tests(suite):
    paths = [path for folder in FOLDER_FLAGS for path in sorted((suite / folder).glob("*.c"))
             if not path.name.endswith("-lib.c")]
    return [Test.of(path, suite) for path in paths]


def output_of(command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def archive(folder):
    archives = sorted(Path(folder).glob("gcc-*.tar.xz"))
    if not archives:
        fail(f"no GCC source in {folder} (install Debian's gcc-12-source: ./run --deps does)")
    return archives[0]


def unpack(tar_path, destination):
    """The suite's folder inside `destination`, unpacked unless an earlier run has done it."""
    suite = destination / "execute"
    if suite.exists():
        return suite
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination) as scratch, tarfile.open(tar_path, "r|xz") as tar:
        for member in tar:
            before, found, name = member.name.partition(SUITE)
            if found and member.isfile():
                path = Path(scratch) / "execute" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(tar.extractfile(member).read())
        try:
            (Path(scratch) / "execute").rename(suite)
        except OSError:
            if not suite.exists():  # not merely another run that was faster
                raise
    return suite


class Builder:
    def __init__(self, cache):
        self.cache = cache

    def objects(self, test, configuration):
        """The test's object files, compiled if need be; None if it is no program for this compiler and target."""
        flags = [*configuration.flags, *test.flags]
        made = []
        for source in test.sources:
            key = hashlib.sha256(" ".join([str(source), *flags]).encode()).hexdigest()[:24]
            target = self.cache / key[:2] / f"{key}.o"
            if not target.exists() and not self.compile(source, flags, target):
                return None
            made.append(target)
        return made

    @staticmethod
    def compile(source, flags, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            made = Path(scratch) / "o"
            command = [COMPILER, *flags, "-c", source, "-o", made]
            if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode != 0:
                return False
            made.replace(target)
        return True

    @staticmethod
    def link(objects, program):
        command = [COMPILER, "-static", "-s", *objects, "-lm", "-o", program]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def status_of(command, folder):
    """Exit status of a program; "timeout" if it does not end."""
    try:
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False).returncode
    except subprocess.TimeoutExpired:
        return "timeout"


@dataclass(frozen=True)
class Outcome:
    test: Test
    configuration: Configuration
    built: bool
    oracle: object = None
    ours: object = None

    @property
    def counts(self):
        return self.built and self.oracle == 0

    @property
    def agrees(self):
        return self.counts and self.ours == 0


class Suite:
    def __init__(self, builder, quince):
        self.builder = builder
        self.quince = quince

    def run(self, job):
        test, configuration = job
        objects = self.builder.objects(test, configuration)
        with tempfile.TemporaryDirectory(prefix="quince-torture-") as folder:
            program = Path(folder) / "test"
            if objects is None or not self.builder.link(objects, program):
                return Outcome(test, configuration, False)
            oracle = status_of([ORACLE, "-cpu", configuration.cpu, program], folder)
            ours = status_of([*self.quince, "--cpu", configuration.cpu, program], folder) if oracle == 0 else None
            return Outcome(test, configuration, True, oracle, ours)


def spread(items, count):
    return [items[n * len(items) // count] for n in range(count)]


def jobs_for(arguments, tests):
    tests = [test for test in tests if re.search(arguments.only, test.name)]
    if arguments.sample and arguments.sample < len(tests):
        return list(zip(spread(tests, arguments.sample), itertools.cycle(CONFIGURATIONS)))
    return [(test, configuration) for test in tests for configuration in CONFIGURATIONS]


def report(outcomes, verbose):
    """One line for each configuration, and one for each test that fails here but not under the oracle."""
    for configuration in CONFIGURATIONS:
        mine = [outcome for outcome in outcomes if outcome.configuration == configuration]
        counts = Counter(run=len(mine), built=sum(o.built for o in mine), oracle=sum(o.counts for o in mine),
                         ours=sum(o.agrees for o in mine))
        print(f"{str(configuration):28} {counts['run']:5} tests, {counts['built']:5} build, {counts['oracle']:5} pass"
              f" under {ORACLE}, {counts['ours']:5} of these under quince")
    for outcome in outcomes:
        if verbose and not outcome.counts:
            why = f"{ORACLE} gives status {outcome.oracle}" if outcome.built else "does not build"
            print(f"not counted: {outcome.test.name} {outcome.configuration}: {why}")
        if outcome.counts and not outcome.agrees:
            print(f"FAILED: {outcome.test.name} {outcome.configuration}: status {outcome.ours}")
    total, passed = sum(o.counts for o in outcomes), sum(o.agrees for o in outcomes)
    print(f"{passed} of {total} pass")
    return total, passed


def check_tools(quince):
    for tool, package in ((COMPILER, "gcc-powerpc-linux-gnu"), (ORACLE, "qemu-user")):
        if not shutil.which(tool):
            fail(f"{tool} is missing (install Debian's {package}: ./run --deps does)")
    if not shutil.which(quince[0]):
        fail(f"{quince[0]}: no such program (build it, or name it with --quince)")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quince", default="quince exec", help="the command that runs a program")
    parser.add_argument("--gcc-source", default=SOURCE_FOLDER, metavar="FOLDER", help="where gcc-*.tar.xz is")
    parser.add_argument("--sample", type=int, metavar="N", help="N tests, each in one configuration")
    parser.add_argument("--only", default="", metavar="REGEX", help="tests whose name matches")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="also name the tests that do not count")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    quince = arguments.quince.split()
    check_tools(quince)
    tar_path = archive(arguments.gcc_source)
    identity = output_of([COMPILER, "--version"]).splitlines()[0] + tar_path.name + str(tar_path.stat().st_size)
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quince" / "gcc-torture"
    cache = root / hashlib.sha256(identity.encode()).hexdigest()[:16]
    suite = Suite(Builder(cache / "objects"), quince)
    jobs = jobs_for(arguments, all_tests(unpack(tar_path, cache)))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = list(pool.map(suite.run, jobs))
    total, passed = report(outcomes, arguments.verbose)
    whole = not arguments.sample and not arguments.only
    fewest = FEWEST_PASSES * len(CONFIGURATIONS) if whole else (len(jobs) * 3 + 3) // 4
    if total < fewest:
        fail(f"only {total} of {len(jobs)} pass under {ORACLE}, fewer than {fewest}: the run proves nothing")
    sys.exit(0 if passed == total else 1)


if __name__ == "__main__":
    main()
