"""--html: one page with tables and plots, that needs nothing from the network."""

import html
import math

import record
import report
import suite

STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --quiet: #62676d; --paper: #ffffff; --line: #d8dadd; --bad: #b3261e;
  --s0: #1f6fb2; --s1: #d9822b; --s2: #6fb1e0; --s3: #f2bf85; --s4: #16876a; --s5: #8a8f96; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e6e9; --quiet: #9aa0a8; --paper: #16181b; --line: #3a3e44;
  --bad: #ff8a80; --s0: #5aa9e6; --s1: #f0a04b; --s2: #2f6695; --s3: #8f6230; --s4: #4cc9a4; --s5: #7a7f87; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0.2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 0.4rem; }
p { color: var(--quiet); margin: 0.2rem 0 0.8rem; max-width: 46rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.7rem 0.2rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
td.bad { color: var(--bad); white-space: normal; text-align: left; }
.warning { color: var(--bad); font-weight: 600; }
svg { width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
svg .quiet { fill: var(--quiet); } svg line { stroke: var(--line); } svg line.one { stroke: var(--quiet); }
""" + "".join(f"svg .s{n} {{ fill: var(--s{n}); }}\n" for n in range(6))

WIDTH, LEFT, RIGHT, BAR = 900, 150, 70, 9


def escape(value):
    return html.escape(str(value))


class Scale:
    """A horizontal axis from values to x: logarithmic, or linear from zero."""

    def __init__(self, values, logarithmic):
        self.logarithmic = logarithmic
        top = max(values)
        if logarithmic:
            self.low = math.floor(math.log10(min([*values, 1])))
            self.high = max(math.ceil(math.log10(top) - 1e-9), self.low + 1)
            steps = (1, 2, 5) if self.high - self.low <= 4 else (1,)
            self.ticks = [m * 10 ** e for e in range(self.low, self.high + 1) for m in steps
                          if m * 10 ** e <= 10 ** self.high]
        else:
            step = 10 ** math.floor(math.log10(top))
            step = next(step * m for m in (0.1, 0.2, 0.5, 1, 2) if top / (step * m) <= 8)
            self.low, self.high = 0, math.ceil(top / step - 1e-9) * step
            self.ticks = [n * step for n in range(round(self.high / step) + 1)]

    def x(self, value):
        at = math.log10(value) if self.logarithmic else value
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - self.low) / (self.high - self.low)


def text_at(x, y, text, anchor="start", kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def rectangle(x, y, width, height, series, title):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" class="s{series}">'
            f"<title>{escape(title)}</title></rect>")


def legend(names):
    """(elements, height)."""
    out, x = [], LEFT
    for number, name in enumerate(names):
        out += [rectangle(x, 4, 12, 12, number, name), text_at(x + 17, 14, name)]
        x += 40 + 7 * len(name)
    return out, 28


def axis(scale, top, bottom):
    out = []
    for tick in scale.ticks:
        kind = "one" if scale.logarithmic and tick == 1 else ""
        out.append(f'<line x1="{scale.x(tick):.1f}" x2="{scale.x(tick):.1f}" y1="{top}" y2="{bottom}" class="{kind}"/>')
        out.append(text_at(scale.x(tick), bottom + 15, f"{tick:g}", "middle", "quiet"))
    return out


def svg(title, elements, height):
    return (f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">' + "".join(elements)
            + "</svg>")


def bars(title, names, groups, unit, logarithmic=False):
    """groups: (label, [value or None for each name]); None shows as missing. Empty if there is nothing to show."""
    values = [value for _, row in groups for value in row if value]
    if not values:
        return ""
    scale = Scale(values, logarithmic)
    out, y = legend(names) if len(names) > 1 else ([], 6)
    top, marks = y, []
    for label, row in groups:
        middle = y + BAR * len(names) / 2 + 4
        marks.append(text_at(LEFT - 8, middle, label, "end"))
        for number, value in enumerate(row):
            if value:
                start = scale.x(1) if logarithmic else LEFT
                left, right = sorted((start, scale.x(value)))
                marks.append(rectangle(left, y, right - left, BAR - 1, number,
                                       f"{label}, {names[number]}: {value:.3g} {unit}"))
                marks.append(text_at(right + 4, y + BAR - 1, f"{value:.3g}", kind="quiet") if len(names) == 1 else "")
            else:
                marks.append(text_at((scale.x(1) if logarithmic else LEFT) + 3, y + BAR - 1, "–", kind="quiet"))
            y += BAR
        y += 7
    return svg(title, out + axis(scale, top, y) + marks, y + 22)


def stacked(title, names, groups):
    """groups: (label, {name: share})."""
    out, y = legend(names)
    scale = Scale([1], False)
    top, marks = y, []
    for label, shares in groups:
        marks.append(text_at(LEFT - 8, y + 11, label, "end"))
        at = 0.0
        for number, name in enumerate(names):
            share = shares.get(name, 0)
            if share:
                marks.append(rectangle(scale.x(at), y, scale.x(at + share) - scale.x(at), 14, number,
                                       f"{label}, {name}: {share:.0%}"))
            at += share
        y += 20
    return svg(title, out + axis(scale, top, y) + marks, y + 22)


def table(rows):
    """The first row is the head; a cell is text, or (text, class)."""
    def cells(row, tag):
        for cell in row:
            text, kind = cell if isinstance(cell, tuple) else (cell, "")
            yield f'<{tag} class="{kind}">{escape(text)}</{tag}>' if kind else f"<{tag}>{escape(text)}</{tag}>"
    body = "".join(f"<tr>{''.join(cells(row, 'td'))}</tr>" for row in rows[1:])
    return f'<div class="table"><table><thead><tr>{"".join(cells(rows[0], "th"))}</tr></thead>{body}</table></div>'


def section(title, about, *parts):
    parts = [part for part in parts if part]
    return f"<h2>{escape(title)}</h2><p>{escape(about)}</p>" + "".join(parts) if parts else ""


def program_table(data):
    rows = [["program", "class", *data["engines"]]]
    for row in data["programs"]:
        cells = []
        for name in data["engines"]:
            one = row["engines"][name]
            times = record.ratio(row, name, suite.NATIVE)
            beside = f" ({times:.2f}×)" if times and name != suite.NATIVE else ""
            cells.append((one["problem"], "bad") if one["problem"] else report.cell(one).strip() + beside)
        rows.append([row["name"], row["class"], *cells])
    return table(rows)


def slowdown(data):
    names = [name for name in data["engines"] if name != suite.NATIVE]
    groups = [(row["name"], [record.ratio(row, name, suite.NATIVE) for name in names]) for row in data["programs"]]
    kinds = data["means"].get(f"{names[0]}/{suite.NATIVE}", {}) if names else {}
    means = [(kind, [data["means"][f"{name}/{suite.NATIVE}"][kind]["mean"] for name in names]) for kind in kinds]
    return (section("Slowdown against native code, by class",
                    "Processor time as a multiple of the same source compiled for this machine: geometric means. Shorter "
                    "is faster; 1 is native speed.", bars("Slowdown by class", names, means, "× native", True))
            + section("Slowdown against native code, by program", "Hover over a bar for its figure; – is a program "
                      "without a valid result.", bars("Slowdown by program", names, groups, "× native", True),
                      program_table(data)))


def means_section(data):
    text = [[("class" if n == 0 else kind) for n, kind in enumerate(["class", *data["means"]])]]
    kinds = list(next(iter(data["means"].values()), {}))
    text += [[kind, *(report.mean_text(column[kind]) for column in data["means"].values())] for kind in kinds]
    return section("Geometric means", "Of processor times, the first engine's as a multiple of the second's.",
                   table(text) if kinds else "")


def operations(data):
    groups = [(row["name"], [row["engines"][name].get("median") for name in data["machines"]])
              for row in data["operations"]]
    rows = [["operation", *data["machines"], "what"]]
    for row in data["operations"]:
        rows.append([row["name"], *((row["engines"][n]["problem"], "bad") if row["engines"][n]["problem"] else
                                    report.operation_cell(row["engines"][n]).strip() for n in data["machines"]),
                     row["what"]])
    return section("What only operating systems do", "Nanoseconds of processor time for one of each, on a machine without "
                   "an operating system.", bars("Operations", data["machines"], groups, "ns", True),
                   table(rows) if data["operations"] else "")


def translation(data):
    found = report.all_figures(data)
    if not found:
        return ""

    def plot(title, key, unit):
        return bars(title, [title], [(where, [figures.get(key)]) for where, figures in found], unit)

    def shares(key):
        names = list(dict.fromkeys(name for _, figures in found for name in figures.get(key, {})))
        return stacked(key, names, [(where, figures.get(key, {})) for where, figures in found]) if names else ""
    rows = [["where", *(heading for _, heading, _, _ in report.FIGURES)]]
    rows += [[where, *(text.format(figures[key] * factor) if key in figures else "–"
                       for key, _, text, factor in report.FIGURES)] for where, figures in found]
    return (section("Speed of translation", "Nanoseconds to translate one guest instruction, tier 1.",
                    plot("Nanoseconds per guest instruction", "nanoseconds_per_instruction", "ns"))
            + section("Expansion", "Bytes of host code per guest instruction of four bytes.",
                      plot("Host bytes per guest instruction", "host_bytes_per_instruction", "bytes"))
            + section("Where translating takes its time", "Shares of its stages.", shares("stages"))
            + section("Where all time goes", "Shares of the processor time of the whole run.", shares("activity"))
            + section("Figures of the translator", "“On its own” is the share of guest instructions that ran without the "
                      "emulator's intervention.", table(rows)))


def warnings(data):
    out = []
    if data["interrupted"]:
        out.append("This run was interrupted: some figures are missing.")
    if data["too_noisy"]:
        out.append("The machine was too noisy: these figures should not be cited.")
    return "".join(f'<p class="warning">{text}</p>' for text in out)


def page(data):
    host = data["host"]
    facts = [f"{host['processor']}, {host['processors']} processors, Linux {host['kernel']}",
             *data["versions"].values()]
    return ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\"><title>Quince: the bench</title>"
            f"<style>{STYLE}</style></head><body><h1>Quince beside its peers</h1>"
            f"<p>{'<br>'.join(map(escape, facts))}</p>"
            f"<p>{' '.join(map(escape, report.noise(data)))}</p>{warnings(data)}"
            + slowdown(data) + means_section(data) + operations(data) + translation(data) + "</body></html>\n")
