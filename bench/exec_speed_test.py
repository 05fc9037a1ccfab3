"""exec_speed with engines that misbehave: each failure shows as itself, and never as a figure."""

import contextlib
import importlib.machinery
import importlib.util
import io
import sys
import tempfile
import types
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import measure  # noqa: E402 (needs the path)

LOADER = importlib.machinery.SourceFileLoader("exec_speed", str(HERE / "exec_speed"))
exec_speed = importlib.util.module_from_spec(importlib.util.spec_from_loader("exec_speed", LOADER))
LOADER.exec_module(exec_speed)

PROGRAM = measure.Program("sample", "integer", "750", 10, 2)


def shell(name, script, missing=""):
    """An engine that runs a line of shell, with the rounds in $1 and the file for counters in $2."""
    return measure.Engine(name, lambda program, rounds, counters: ["sh", "-c", script, "sh", str(rounds), counters],
                          missing)


GOOD = "printf 'checksum 0000000%x\\n' $1; echo '{\"guest_instructions\": 1000000}' > \"$2\"; i=0; " \
       "while [ $i -lt 3000 ]; do i=$((i+1)); done"


def bench_of(script, missing="", quick=False):
    arguments = types.SimpleNamespace(quick=quick, rounds=3, scale=1.0)
    engines = [shell("native", GOOD), shell("qemu-ppc", GOOD), shell("ours", script, missing)]
    with tempfile.TemporaryDirectory() as scratch:
        bench = exec_speed.Bench(arguments, [PROGRAM], engines, scratch)
        bench.measure()
    return bench


def text_of(function, *arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*arguments)
    return out.getvalue()


class Misbehaviour(unittest.TestCase):
    def check(self, script, said, missing=""):
        bench = bench_of(script, missing)
        ours, peer = bench.series(PROGRAM, "ours"), bench.series(PROGRAM, "qemu-ppc")
        self.assertIn(said, ours.problem())
        self.assertEqual(ours.wrong(), not missing)
        self.assertIsNone(measure.ratio(ours, peer))
        self.assertIn(said, text_of(exec_speed.print_programs, bench))
        self.assertEqual(exec_speed.class_means(bench, "ours", "qemu-ppc")["all"], (None, 1))
        self.assertFalse(exec_speed.fast_enough(bench, "ours=0"))
        # The rest is still there.
        self.assertEqual(peer.problem(), "")
        self.assertAlmostEqual(exec_speed.class_means(bench, "qemu-ppc", "qemu-ppc")["all"][0], 1.0)

    def test_wrong_checksum(self):
        self.check("echo checksum 00000bad", "WRONG: 00000bad for 0000000a")

    def test_wrong_once(self):
        bench = bench_of(GOOD)
        bench.series(PROGRAM, "ours").runs.append(measure.Run(1, 1, "00000bad"))
        self.assertIn("WRONG", bench.series(PROGRAM, "ours").problem())

    def test_crash(self):
        self.check("echo oh dear >&2; kill -SEGV $$", "status -11 oh dear")

    def test_checksum_and_then_failure(self):
        self.check(GOOD + "; exit 3", "status 3")

    def test_no_checksum(self):
        self.check("echo hello", "printed no checksum")

    def test_missing_engine(self):
        self.check("exit 1", "not installed", missing="not installed")

    def test_no_such_program(self):
        engine = measure.Engine("ours", lambda *_: ["/nonexistent/program"])
        with tempfile.TemporaryDirectory() as scratch:
            self.assertIn("No such file", measure.run(engine, PROGRAM, 1, scratch).failure)

    def test_endless(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.assertIn("no end", measure.run(shell("ours", "sleep 60"), PROGRAM, 1, scratch, timeout=0.2).failure)


class Figures(unittest.TestCase):
    def test_good_run(self):
        bench = bench_of(GOOD)
        ours = bench.series(PROGRAM, "ours")
        self.assertEqual((ours.problem(), len(ours.runs), ours.instructions()), ("", 3, 1000000))
        self.assertGreater(measure.ratio(ours, bench.series(PROGRAM, "qemu-ppc")), 0)
        self.assertFalse(any(one.wrong() for one in bench.table.values()))
        self.assertIsNotNone(measure.noise(bench.table.values()))

    def test_quick_run_uses_the_quick_rounds(self):
        self.assertEqual(bench_of(GOOD, quick=True).series(PROGRAM, "ours").expected, "00000002")

    def test_speed_limit(self):
        bench = bench_of(GOOD)
        bench.series(PROGRAM, "ours").runs = [measure.Run(0.01, 0.01, "0000000a", "", 2000000)]
        self.assertTrue(exec_speed.fast_enough(bench, "ours=199"))
        self.assertFalse(exec_speed.fast_enough(bench, "ours=201"))

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
        self.assertIn("TOO NOISY", text_of(exec_speed.print_noise, bench))
        self.assertIn("!", text_of(exec_speed.print_programs, bench))

    def test_programs_have_sources(self):
        for program in measure.read_programs(HERE / "programs" / "programs.txt"):
            self.assertTrue(any((HERE / "programs" / f"{program.name}{end}").exists() for end in (".c", ".cpp", ".py")))


if __name__ == "__main__":
    unittest.main()
