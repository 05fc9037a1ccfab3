"""The page of --html in a browser without a screen, light and dark; and the comparison of two records. The pictures
need Chromium and Pillow, and are skipped without."""

import copy
import html.parser
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import compare  # noqa: E402 (needs the path)
import page  # noqa: E402

try:
    from PIL import Image
except ImportError:
    Image = None
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def figure(seconds, problem=""):
    median = sorted(seconds)[len(seconds) // 2] if seconds else 0
    data = {"problem": problem, "seconds": seconds, "expected": "00000001", "times": 1}
    return data if problem else data | {"median": median, "spread": (max(seconds) - min(seconds)) / median}


def sample():
    engines = {"native": figure([1.0, 1.01, 1.02]), "quince": figure([2.0, 2.01, 2.02]),
               "qemu-ppc": figure([], "status 1 <script>alert(1)</script>")}
    stages = {"decode": 0.1, "lift": 0.2, "passes": 0.1, "emit": 0.5, "link": 0.1}
    figures = {"nanoseconds_per_instruction": 120.0, "host_bytes_per_instruction": 20.0, "stages": stages,
               "activity": {"translated code": 0.9, "everything else": 0.1}}
    mean = {"integer": {"mean": 2.0, "without": 0}, "all": {"mean": 2.0, "without": 0}}
    none = {"integer": {"mean": None, "without": 1}, "all": {"mean": None, "without": 1}}
    return {
        "format": 1, "versions": {"quince": "quince 1"}, "quick": False, "interrupted": True, "rounds": 3,
        "host": {"processor": "a processor", "processors": 2, "kernel": "6"}, "engines": list(engines),
        "noise": {"median_spread": 0.2, "worst_spread": 0.3, "share_on_processor": 1.0}, "too_noisy": True,
        "programs": [{"name": "sample", "class": "integer", "cpu": "750", "rounds": 10, "engines": engines,
                      "translation": {"quince": figures}}],
        "machines": ["quince"], "boots": {"quince-linux": figures},
        "operations": [{"name": "call", "what": "a call", "engines": {"quince": figure([12.0, 12.1])}}],
        "means": {"quince/native": mean, "qemu-ppc/native": none},
    }


class Elements(html.parser.HTMLParser):
    """Which there are, all attributes, and whether they are closed as they were opened."""
    EMPTY = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.names, self.attributes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> in {self.open}"
        self.open.pop()


class Page(unittest.TestCase):
    def test_stands_alone(self):
        text = page.page(sample())
        elements = Elements(text)
        self.assertEqual(elements.open, [])
        self.assertTrue({"svg", "rect", "table", "style"} <= set(elements.names))
        self.assertFalse({"script", "link", "img", "iframe"} & set(elements.names))
        self.assertFalse({"src", "href", "onload"} & set(elements.attributes))
        self.assertNotIn("http", text)
        self.assertNotIn("url(", text)

    def test_says_what_went_wrong(self):
        text = page.page(sample())
        for said in ("status 1 &lt;script&gt;", "too noisy", "interrupted", "–"):
            self.assertIn(said, text)

    def test_nothing_measured(self):
        data = sample() | {"programs": [], "operations": [], "means": {}, "boots": {}, "noise": None}
        self.assertEqual(Elements(page.page(data)).open, [])

    def picture(self, folder, *options):
        """Colours of the paper, and how many colours there are."""
        source, target = folder / "page.html", folder / "page.png"
        source.write_text(page.page(sample()), encoding="utf-8")
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
                   *options, f"--screenshot={target}", "--window-size=900,1200", source.as_uri()]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=120,
                       env=os.environ | {"HOME": str(folder)})
        image = Image.open(target).convert("RGB")
        return image.getpixel((3, 3)), {colour for _, colour in image.getcolors(1 << 24)}

    @unittest.skipUnless(BROWSER and Image, "needs Chromium and Pillow")
    def test_light_and_dark(self):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            for options, paper, text, bar in (
                    (["--blink-settings=preferredColorScheme=1"], 0xffffff, 0x1c1e21, 0x1f6fb2),
                    (["--blink-settings=preferredColorScheme=0"], 0x16181b, 0xe4e6e9, 0x5aa9e6)):
                corner, colours = self.picture(Path(name), *options)
                for colour in (paper, text, bar):
                    self.assertIn(tuple(colour.to_bytes(3, "big")), colours)
                self.assertEqual(corner, tuple(paper.to_bytes(3, "big")))


class Comparison(unittest.TestCase):
    def change(self, seconds, **others):
        old, new = sample(), sample() | others
        new["programs"][0]["engines"]["quince"] = figure(seconds)
        rows = {(row[1], row[2]): row for row in compare.compare(old, new)["rows"]}
        return rows["sample", "quince"][3], compare.text(old, new)

    def test_verdicts(self):
        for seconds, verdict in (([2.0, 2.01, 2.05], compare.SAME), ([1.5, 1.51, 1.52], compare.FASTER),
                                 ([2.5, 2.51, 2.52], compare.SLOWER),
                                 ([2.0, 2.5, 4.0], compare.SAME)):  # a quarter slower, but as noisy
            word, text = self.change(seconds)
            self.assertEqual(word, verdict)
            self.assertEqual(verdict != compare.SAME, f"{verdict}\n" in text.split("all together")[0] + "\n")

    def test_wrong_results_are_not_compared(self):
        old, new = sample(), sample()
        new["programs"][0]["engines"]["quince"] = figure([1.0], "WRONG: 1 for 2")
        self.assertIn("new: WRONG: 1 for 2", compare.text(old, new))
        self.assertIn("old: WRONG: 1 for 2", compare.text(new, old))

    def test_other_work_is_not_compared(self):
        old, new = sample(), sample()
        new["programs"][0]["rounds"] = 20
        self.assertIn("other amounts of work", compare.text(old, new))

    def test_other_host_is_compared_with_native(self):
        old, new = sample(), copy.deepcopy(sample())
        new["host"]["processor"] = "another"
        for name, seconds in (("native", [2.0, 2.01]), ("quince", [4.0, 4.02])):  # everything half as fast
            new["programs"][0]["engines"][name] = figure(seconds)
        rows = {row[2]: row for row in compare.compare(old, new)["rows"] if row[0] == "programs"}
        self.assertEqual(rows["quince"][3], compare.SAME)
        self.assertIn("different processors", compare.text(old, new))

    def test_drift_of_the_machine_is_named(self):
        old, new = sample(), sample()
        new["programs"][0]["engines"]["native"] = figure([1.5, 1.5])
        self.assertIn("Native code itself took 1.49 times", compare.text(old, new))

    def test_program_that_is_new(self):
        old, new = sample() | {"programs": []}, sample()
        self.assertIn("not in both", compare.text(old, new))


if __name__ == "__main__":
    unittest.main()
