"""The tables on the terminal, from a record."""

import measure
import record
import suite


def cell(data):
    """A time and half of its spread; or why there is none."""
    if data["problem"]:
        return data["problem"]
    noisy = "!" if data["spread"] > measure.NOISY_SPREAD else " "
    spread = f" ±{50 * data['spread']:3.0f} %{noisy}" if len(data["seconds"]) > 1 else ""
    return f"{data['median']:8.3f} s{spread}"


def engine_cell(row, name, base):
    text = cell(row["engines"][name])
    times = record.ratio(row, name, base)
    return text + (f"{times:8.2f} x" if times else "")


def table(rows):
    """Columns as wide as they must be, the first two to the left."""
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(max(map(len, rows)))]
    return [("  ".join(text.ljust(width) for text, width in zip(row, widths))).rstrip() for row in rows]


def programs(data):
    names = data["engines"]
    others = [name for name in names if name != suite.NATIVE]
    rows = [["program", "class", *(n if n == suite.NATIVE else f"{n}, times native" for n in names)]]
    for row in data["programs"]:
        native = [cell(row["engines"][suite.NATIVE])] if suite.NATIVE in names else []
        rows.append([row["name"], row["class"], *native,
                     *(engine_cell(row, name, suite.NATIVE) for name in others)])
    return table(rows)


def mean_text(data):
    if data["mean"] is None:
        return "-"
    return f"{data['mean']:.2f}" + (f" (without {data['without']})" if data["without"] else "")


def means(data):
    if not data["means"]:
        return []
    kinds = list(next(iter(data["means"].values())))
    rows = [["class", *data["means"]]]
    rows += [[kind, *(mean_text(column[kind]) for column in data["means"].values())] for kind in kinds]
    return ["geometric means of processor times, as a multiple", *table(rows)]


def operation_cell(data):
    if data["problem"] or data["spread"] > 2:
        return data["problem"] or "too short to see"
    return f"{data['median']:9.1f} ±{50 * data['spread']:3.0f} %"


def operations(data):
    if not data["operations"]:
        return []
    rows = [["nanoseconds", *data["machines"], ""]]
    rows += [[row["name"], *(operation_cell(row["engines"][name]) for name in data["machines"]), row["what"]]
             for row in data["operations"]]
    return table(rows)


# Key, heading, format, factor.
FIGURES = (
    ("blocks", "blocks", "{:.0f}", 1),
    ("guest_instructions_translated", "instr.", "{:.0f}", 1),
    ("nanoseconds_per_instruction", "ns each", "{:.0f}", 1),
    ("translated_per_second", "M/s", "{:.1f}", 1e-6),
    ("host_bytes_per_instruction", "bytes each", "{:.1f}", 1),
    ("host_instructions_per_instruction", "host instr. each", "{:.2f}", 1),
    ("cache_bytes", "cache KiB", "{:.0f}", 1 / 1024),
    ("cache_occupancy", "of it", "{:.1%}", 1),
    ("tlb_fills", "TLB fills", "{:.0f}", 1),
    ("translate_share", "translating", "{:.1%}", 1),
    ("efficiency", "on its own", "{:.3%}", 1),
)


def all_figures(data):
    """(where, figures) of each program of quince and of the boots."""
    found = [(row["name"], row["translation"][suite.OURS]) for row in data["programs"]
             if suite.OURS in row["translation"]]
    return found + [(f"all of {name}", figures) for name, figures in data["boots"].items() if figures]


def shares(figures):
    return ", ".join(f"{name} {share:.0%}" for name, share in figures.items())


def translation(data):
    found = all_figures(data)
    if not found:
        return []
    rows = [["translation, tier 1", *(heading for _, heading, _, _ in FIGURES)]]
    for where, figures in found:
        rows.append([where, *(text.format(figures[key] * factor) if key in figures else "-"
                              for key, _, text, factor in FIGURES)])
    lines = table(rows)
    for where, figures in found[-1:]:
        for key, what in (("stages", "time of translating"), ("activity", "time of all")):
            if key in figures:
                lines.append(f"{where}: {what}: {shares(figures[key])}")
    return lines


def noise(data):
    found = data["noise"]
    if not found:
        return []
    return [f"spread of the runs: median {found['median_spread']:.0%}, worst {found['worst_spread']:.0%}; on a processor "
            f"{found['share_on_processor']:.0%} of the time" + (": TOO NOISY to cite" if data["too_noisy"] else "")]


def text(data):
    parts = [programs(data), means(data), operations(data), translation(data), noise(data)]
    if data["interrupted"]:
        parts.append(["interrupted: some runs are missing"])
    return "\n\n".join("\n".join(part) for part in parts if part)
