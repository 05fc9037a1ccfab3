"""The bench with engines that misbehave: each failure shows as itself, never as a figure, and the rest is there."""

import contextlib
import json
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import bare_metal  # noqa: E402 (needs the path)
import linux_guest  # noqa: E402
import machine_runs  # noqa: E402
import measure  # noqa: E402
import named_peers  # noqa: E402
import record  # noqa: E402
import report  # noqa: E402
import suite  # noqa: E402

PROGRAM = measure.Program("sample", "integer", "750", 10, 2)
EXPERIMENT = bare_metal.Experiment(0, "sample", 1000, 1, "an example")


def shell(name, script, missing="", fast=False):
    """An engine that runs a line of shell, with the rounds in $1 and the file for counters in $2."""
    return measure.Engine(name, lambda program, rounds, counters: ["sh", "-c", script, "sh", str(rounds), counters],
                          missing, fast)


GOOD = "printf 'checksum 000000%02x\\n' $1; echo '{\"guest_instructions\": 1000000}' > \"$2\"; i=0; " \
       "while [ $i -lt 3000 ]; do i=$((i+1)); done"


class FakeMachine(linux_guest.Machine):
    """A machine whose console is given."""
    def run(self, work, scratch, timeout=0):
        return linux_guest.runs_of(self.command, work), {}


def bench_of(script, missing="", machine=None, operations=None, program=PROGRAM):
    engines = [shell(suite.NATIVE, GOOD, fast=True), shell(suite.PEER, GOOD), shell(suite.OURS, script, missing)]
    systems = [FakeMachine(suite.OUR_LINUX, None, None, machine)] if machine else []
    with tempfile.TemporaryDirectory() as scratch:
        bench = suite.Bench([program], engines, systems, operations, rounds=3, scratch=scratch)
        bench.measure()
    return bench


def data_of(bench):
    """As it is after it has been written and read."""
    return json.loads(json.dumps(record.of_bench(bench, {}, {"processor": "a processor", "processors": 2})))


def console(*lines, failure=""):
    return machine_runs.MachineRun(lines=list(enumerate(lines)), failure=failure)


class Boots(unittest.TestCase):
    def counted(self, script):
        """What run_peer() makes of a machine that is a line of shell, and how often that has run."""
        with tempfile.TemporaryDirectory() as scratch:
            count = Path(scratch) / "count"
            noise = open(os.devnull, "w", encoding="ascii")
            with noise, contextlib.redirect_stderr(noise):
                one = machine_runs.run_peer(["sh", "-c", f"echo >> {count}; n=$(wc -l < {count}); {script}"], timeout=20)
            return one, len(count.read_text(encoding="ascii"))

    FOUND_NOTHING = f"echo '{machine_runs.NOTHING_TO_BOOT} by load'; exec sleep 60"
    BOOTED = f"echo {machine_runs.READY}; echo '{machine_runs.POWERED_OFF}'"

    def test_a_peer_that_sees_no_disk_starts_again(self):
        one, count = self.counted(f"if [ $n -lt 2 ]; then {self.FOUND_NOTHING}; fi; {self.BOOTED}")
        self.assertEqual((one.failure, count), ("", 2))
        self.assertLess(one.wall_seconds, 10)

    def test_but_not_for_ever(self):
        one, count = self.counted(self.FOUND_NOTHING)
        self.assertEqual((one.failure, count), (machine_runs.NO_DISK, 3))

    def test_and_for_no_other_reason(self):
        one, count = self.counted("echo mumble; exit 3")
        self.assertIn("status 3", one.failure)
        self.assertEqual(count, 1)


class Misbehaviour(unittest.TestCase):
    def check(self, script, said, missing=""):
        bench = bench_of(script, missing)
        ours, peer = bench.series(PROGRAM, suite.OURS), bench.series(PROGRAM, suite.PEER)
        self.assertIn(said, ours.problem())
        self.assertEqual((ours.wrong(), bench.wrong()), (not missing, not missing))
        self.assertIsNone(bench.ratio(PROGRAM, suite.OURS, suite.NATIVE))
        data = data_of(bench)
        self.assertIsNone(record.ratio(data["programs"][0], suite.OURS, suite.NATIVE))
        self.assertIn(said, report.text(data))
        self.assertEqual(data["means"]["quince/native"]["all"], {"mean": None, "without": 1})
        # The rest is still there.
        self.assertEqual(peer.problem(), "")
        self.assertGreater(record.ratio(data["programs"][0], suite.PEER, suite.NATIVE), 0)
        self.assertRegex(report.text(data), r"sample +integer +[0-9.]+ s .*[0-9.]+ x")

    def test_wrong_checksum(self):
        self.check("echo checksum 00000bad", "WRONG: 00000bad for 0000000a")

    def test_crash(self):
        self.check("echo oh dear >&2; kill -SEGV $$", "status -11 oh dear")

    def test_checksum_and_then_failure(self):
        self.check(GOOD + "; exit 3", "status 3")

    def test_no_checksum(self):
        self.check("echo hello", "printed no checksum")

    def test_missing_engine(self):
        self.check("exit 1", "not installed", missing="not installed")

    def test_wrong_once(self):
        bench = bench_of(GOOD)
        bench.series(PROGRAM, suite.OURS).runs.append(measure.Run(1, 1, "00000bad"))
        self.assertIn("WRONG", bench.series(PROGRAM, suite.OURS).problem())

    def test_no_such_program(self):
        engine = measure.Engine("ours", lambda *_: ["/nonexistent/program"])
        with tempfile.TemporaryDirectory() as scratch:
            self.assertIn("No such file", measure.run(engine, PROGRAM, 1, scratch).failure)

    def test_endless(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.assertIn("no end", measure.run(shell("ours", "sleep 60"), PROGRAM, 1, scratch, timeout=0.2).failure)


class MachinesThatMisbehave(unittest.TestCase):
    def check(self, lines, said):
        data = data_of(bench_of(GOOD, machine=lines))
        self.assertIn(said, report.text(data))
        self.assertIsNone(record.ratio(data["programs"][0], suite.OUR_LINUX, suite.NATIVE))
        self.assertGreater(record.ratio(data["programs"][0], suite.OURS, suite.NATIVE), 0)

    def test_good(self):
        data = data_of(bench_of(GOOD, machine=console("hello", "BENCH-START sample",
                                                      "BENCH-END sample rc=0 checksum 0000000a")))
        self.assertEqual(data["programs"][0]["engines"][suite.OUR_LINUX]["seconds"], [1, 1, 1])

    def test_wrong_checksum(self):
        self.check(console("BENCH-START sample", "BENCH-END sample rc=0 checksum 00000bad"), "WRONG: 00000bad")

    def test_program_crashes(self):
        self.check(console("BENCH-START sample", "BENCH-END sample rc=139 Segmentation fault"), "status 139 Segm")

    def test_prints_something_else(self):
        self.check(console("BENCH-START sample", "BENCH-END sample rc=0 "), "printed no checksum")

    def test_machine_ends_in_the_middle(self):
        self.check(console("BENCH-START sample", failure="status 4: checkstop"), "status 4: checkstop")

    def test_machine_forgets(self):
        self.check(console("nothing"), "the guest did not run it")


class OperationsThatMisbehave(unittest.TestCase):
    def report(self, theirs, missing=None):
        def ours(image):
            return (0.2 if image.name.endswith("-1000") else 0.1), "0000000a"
        with tempfile.TemporaryDirectory() as scratch:
            operations = bare_metal.Operations(None, [EXPERIMENT], {"ours": ours, "theirs": theirs}, missing=missing,
                                               scratch=scratch)
            operations.image_of = lambda experiment, rounds: Path(f"{experiment.name}-{rounds}")
            bench = bench_of(GOOD, operations=operations)
        return report.text(data_of(bench)), bench

    def test_good(self):
        text, bench = self.report(lambda image: (0.5, "0000000a"))
        self.assertIn("111111.1", text)  # (0.2 s - 0.1 s) / 900 in nanoseconds
        self.assertFalse(bench.wrong())

    def test_different(self):
        text, bench = self.report(lambda image: (0.5, "00000bad"))
        self.assertIn("WRONG: 00000bad", text)
        self.assertNotIn("111111.1", text)  # nobody knows who is right
        self.assertTrue(bench.wrong())

    def test_failure(self):
        text, bench = self.report(lambda image: (0.5, "status 70 oh dear"))
        self.assertIn("status 70 oh dear", text)
        self.assertIn("111111.1", text)
        self.assertTrue(bench.wrong())

    def test_missing(self):
        text, bench = self.report(lambda image: 1 / 0, {"theirs": "not installed"})
        self.assertIn("not installed", text)
        self.assertFalse(bench.wrong())


    def test_most_agree(self):
        def run(checksum):
            return lambda image: (0.2 if image.name.endswith("-1000") else 0.1, checksum)
        with tempfile.TemporaryDirectory() as scratch:
            operations = bare_metal.Operations(None, [EXPERIMENT], {"a": run("0000000a"), "b": run("00000bad"),
                                                                    "c": run("0000000a")}, scratch=scratch)
            operations.image_of = lambda experiment, rounds: Path(f"{experiment.name}-{rounds}")
            operations.one_round(lambda text: None)
        problems = [operations.series(EXPERIMENT, name).problem() for name in "abc"]
        self.assertEqual(problems, ["", "WRONG: 00000bad for 0000000a", ""])

    def test_unknown_speed(self):
        """The long run grows until it takes long enough; a machine that fails is not tried again and again."""
        asked = {"slow": [], "fast": [], "failing": []}

        def run(name, seconds, checksum="0000000a"):
            def one(image):
                asked[name].append(int(image.name.split("-")[1]))
                return asked[name][-1] * seconds, checksum
            return one
        engines = {"slow": run("slow", 1e-3), "fast": run("fast", 5e-5), "failing": run("failing", 1, "status 1")}
        with tempfile.TemporaryDirectory() as scratch:
            operations = bare_metal.Operations(None, [EXPERIMENT], engines, unknown=engines, scratch=scratch)
            operations.image_of = lambda experiment, rounds: Path(f"{experiment.name}-{rounds}")
            operations.one_round(lambda text: None)
            operations.one_round(lambda text: None)
        self.assertEqual(asked["slow"], [100, 1000] * 3)
        self.assertEqual(asked["fast"], [100, 1000, 100, 4000, 100, 16000] + [100, 16000] * 2)
        self.assertEqual(asked["failing"][2:], [100])
        for name, seconds in (("slow", 1e-3), ("fast", 5e-5)):
            self.assertAlmostEqual(operations.series(EXPERIMENT, name).seconds(), seconds)


def elf(segment):
    """An ELF file with one segment, as far as the bench reads it."""
    header = bytearray(84)
    struct.pack_into(">I", header, 28, 52)
    struct.pack_into(">IIIIII", header, 52, 1, len(header), 0, 0, len(segment), len(segment))
    return bytes(header) + segment


class NamedPeers(unittest.TestCase):
    """Fake executables in the place of DingusPPC and PearPC, from the option to the table."""
    # The experiment's number and its rounds are 0x4000 bytes into what a boot ROM holds.
    ROM = "while [ $# -gt 1 ]; do [ $1 = --bootrom ] && rom=$2; shift; done\n" \
          "rounds=$((0x$(od -An -tx1 -j16388 -N4 $rom | tr -d ' ')))\n"
    PEAR = "printf 'about itself\\nD\\nO\\nabout itself\\nN\\nE\\n \\n'\n" \
           "for n in 0 0 0 0 0 0 0 a; do echo $n; done; exec sleep 60\n"
    BURN = "i=0; while [ $i -lt $rounds ]; do i=$((i+1)); done\n"

    def run_bench(self, **peers):
        """(status, text, record) of `quince bench call`, with scripts in place of the peers and of quince."""
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder)
            (build / "bench").mkdir()
            (build / "bench" / "system.elf").write_bytes(elf(bytes(0x4000)))
            for peer in named_peers.PEERS:
                (build / "bench" / peer.loader).write_bytes(elf(bytes(0x10000)))
            options = []
            for name, script in {"quince": "echo DONE 0000000a\n", **peers}.items():
                if script:
                    (build / name).write_text("#!/bin/sh\n" + script, encoding="ascii")
                    (build / name).chmod(0o755)
                options += [f"--{name}", build / name] if name != "quince" else []
            done = subprocess.run([sys.executable, "-B", HERE / "quince_bench", "--build", build, "--engines", "bare",
                                   "--rounds", "1", "--scale", "0.01", "--json", build / "record.json", *options, "call"],
                                  capture_output=True, text=True, check=False, timeout=120,
                                  env={**os.environ, "PATH": self.path_without_qemu(build)})
            return done.returncode, done.stdout + done.stderr, record.read(build / "record.json")

    @staticmethod
    def path_without_qemu(folder):
        (folder / "path").mkdir()
        for name in ("sh", "od", "tr", "sleep", "true"):
            (folder / "path" / name).symlink_to(shutil.which(name))
        return str(folder / "path")

    def test_good(self):
        status, text, data = self.run_bench(dingusppc=self.ROM + self.BURN + "echo hello; echo DONE 0000000a; sleep 60\n",
                                            pearpc=self.PEAR)
        self.assertEqual((status, data["machines"]), (0, ["quince", "qemu-system-ppc", "dingusppc", "pearpc"]), text)
        engines = data["operations"][0]["engines"]
        self.assertGreater(engines["dingusppc"]["median"], 0)
        self.assertEqual([engines[name]["problem"] for name in ("quince", "dingusppc", "pearpc")], [""] * 3)
        self.assertRegex(text, r"nanoseconds +quince +qemu-system-ppc +dingusppc +pearpc\n")

    def check(self, script, said, status):
        got, text, data = self.run_bench(dingusppc=script, pearpc=self.PEAR)
        self.assertIn(said, text)
        self.assertEqual(got, status)
        self.assertEqual(data["operations"][0]["engines"]["pearpc"]["problem"], "")

    def test_missing(self):
        self.check("", "dingusppc: no such program", 0)

    def test_crash(self):
        self.check("echo first; echo oh dear; kill -SEGV $$\n", "status -11 oh dear", 1)

    def test_ends_without_a_result(self):
        self.check("exit 3\n", "status 3", 1)

    def test_program_fails(self):
        self.check("echo FAIL 00000000; sleep 60\n", "failed", 1)

    def test_other_result(self):
        self.check("echo DONE 00000bad; sleep 60\n", "WRONG: 00000bad for 0000000a", 1)

    def test_endless(self):
        with tempfile.TemporaryDirectory() as folder:
            fake, image = Path(folder) / "fake", Path(folder) / "image"
            fake.write_text("#!/bin/sh\necho D; exec sleep 60\n", encoding="ascii")
            fake.chmod(0o755)
            image.write_bytes(elf(bytes(0x11000)))
            program = Path(folder) / "program"
            program.write_bytes(elf(bytes(0x4000)))
            for peer in named_peers.PEERS:
                self.assertEqual(named_peers.run(peer, fake, image, program, 0.3)[1], "no end after 0.3 s")

    def test_no_room(self):
        with self.assertRaises(ValueError):
            named_peers.bootable(named_peers.PEERS[0], elf(bytes(0x1000)), elf(bytes(0x4000)))

    def test_what_is_started(self):
        """The program is in the loader's segment, and knows its board."""
        program = bytes(range(256)) * 0x40
        for peer in named_peers.PEERS:
            loader = elf(b"\1" * 0x1000 + bytes(0x5000) + b"\2" * 0x1000)
            made = named_peers.bootable(peer, loader, elf(program))
            whole = made if peer.is_rom else named_peers.segment(made)[1]
            self.assertEqual((whole[:0x1000], whole[-0x1000:], len(whole)), (b"\1" * 0x1000, b"\2" * 0x1000, 0x7000))
            self.assertEqual(whole[0x1000:0x4010], program[:0x3010])
            self.assertEqual(struct.unpack(">II", whole[0x4010:0x4018]), (peer.console, peer.device))


class Interruption(unittest.TestCase):
    def test_what_there_is_stays(self):
        bench = bench_of(GOOD)
        before = len(bench.series(PROGRAM, suite.OURS).runs)

        def interrupt(*_):
            raise KeyboardInterrupt
        bench.run = interrupt
        bench.measure()
        data = data_of(bench)
        self.assertTrue(data["interrupted"])
        self.assertIn("interrupted: some runs are missing", report.text(data))
        self.assertEqual(len(data["programs"][0]["engines"][suite.OURS]["seconds"]), before)

    def test_command(self):
        """The whole command, with programs that sleep; Ctrl-C comes in the middle."""
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder)
            for name in ("quince", "bench/guest/crc", "bench/native/crc"):
                path = build / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("#!/bin/sh\nsleep 0.3\necho checksum 00000001\n", encoding="ascii")
                path.chmod(path.stat().st_mode | stat.S_IXUSR)
            command = [sys.executable, "-B", HERE / "quince_bench", "--build", build, "--engines", "quince,native", "crc",
                       "--rounds", "100", "--json", build / "record.json"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            time.sleep(4)
            os.kill(process.pid, signal.SIGINT)
            text, _ = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 130)
            self.assertIn("interrupted: some runs are missing", text)
            self.assertRegex(text, r"crc +integer +[0-9.]+ s")
            self.assertTrue(record.read(build / "record.json")["interrupted"])


class WrongUsage(unittest.TestCase):
    def test_one_line_and_status_2(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "quince").touch()
            other = Path(folder) / "other.json"
            other.write_text("{}", encoding="ascii")
            for words in (["nonsense"], ["--engines", "pdp"], ["--classes", "x"], ["--rounds", "0"], ["--scale", "0"],
                          ["--compare", "/nonexistent"], ["--compare", other], ["--json", "/nonexistent/file"]):
                done = subprocess.run([sys.executable, "-B", HERE / "quince_bench", "--build", folder, *words],
                                      capture_output=True, text=True, check=False, timeout=60)
                self.assertEqual((done.returncode, done.stdout), (2, ""), words)
                self.assertRegex(done.stderr, r"^quince: bench: [^\n]*\n$", words)


class Figures(unittest.TestCase):
    def test_good_run(self):
        bench = bench_of(GOOD)
        ours = bench.series(PROGRAM, suite.OURS)
        self.assertEqual((ours.problem(), len(ours.runs), ours.instructions()), ("", 3, 1000000))
        self.assertGreater(bench.ratio(PROGRAM, suite.OURS, suite.PEER), 0)
        self.assertFalse(bench.wrong())
        self.assertIsNotNone(data_of(bench)["noise"])

    def test_fast_engines_do_more(self):
        program = measure.Program("sample", "integer", "750", 10, 2, 7)
        bench = bench_of(GOOD, program=program)
        native, ours = bench.series(program, suite.NATIVE), bench.series(program, suite.OURS)
        self.assertEqual((native.expected, ours.expected, bench.wrong()), ("00000046", "0000000a", False))
        native.runs = [measure.Run(0.7, 0.7, native.expected)]
        self.assertAlmostEqual(native.seconds(), 0.1)

    def test_statistics(self):
        runs = [measure.Run(seconds, 2 * seconds, "1") for seconds in (2.0, 1.0, 1.5)]
        series = measure.Series("1", runs=runs)
        self.assertEqual((series.seconds(), series.best()), (1.5, 1.0))
        self.assertAlmostEqual(series.spread(), 1 / 1.5)
        self.assertAlmostEqual(measure.geometric_mean([2, 8]), 4)
        self.assertEqual(measure.noise([series]), (series.spread(), series.spread(), 0.5))

    def test_noisy_machine_is_called_so(self):
        bench = bench_of(GOOD)
        for series in bench.table.values():
            series.runs = [measure.Run(seconds, seconds, series.expected) for seconds in (1.0, 2.0)]
        text = report.text(data_of(bench))
        self.assertIn("TOO NOISY", text)
        self.assertIn("!", text)

    def test_programs_have_sources(self):
        for program in measure.read_programs(HERE / "programs" / "programs.txt"):
            folder = HERE.parent / "guests" / "real-programs" if program.kind == "real" else HERE / "programs"
            self.assertTrue(any((folder / f"{program.name}{end}").exists() for end in (".c", ".cpp", ".py")))


if __name__ == "__main__":
    unittest.main()
