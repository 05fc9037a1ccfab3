"""What got faster or slower between two records. A difference counts only if it is more than the noise of both."""

import measure
import record
import report
import suite

LEAST = 0.03  # smaller changes are never called changes

FASTER, SLOWER, SAME = "faster", "slower", "same"


def figure(row, name, against_native):
    data = row["engines"].get(name)
    if data is None or data["problem"]:
        return None
    return record.ratio(row, name, suite.NATIVE) if against_native else data["median"]


def noise_of(rows, names):
    """Half of the spreads, together."""
    return sum(row["engines"][name]["spread"] / 2 for row in rows for name in names)


def verdict(change, noise):
    """change: new time / old time - 1."""
    if abs(change) <= max(LEAST, noise):
        return SAME
    return SLOWER if change > 0 else FASTER


def compare_row(old, new, name, against_native=False):
    """(verdict, new / old, noise), or (why there is none, None, None)."""
    if name not in old["engines"] or name not in new["engines"]:
        return "not in both", None, None
    if old.get("rounds") != new.get("rounds"):
        return "other amounts of work", None, None
    if old["engines"][name].get("expected") != new["engines"][name].get("expected"):
        return "other results", None, None
    for which, row in (("old", old), ("new", new)):
        if row["engines"][name]["problem"]:
            return f"{which}: {row['engines'][name]['problem']}", None, None
    before, after = figure(old, name, against_native), figure(new, name, against_native)
    if not before or not after:
        return "no figure", None, None
    noise = noise_of((old, new), (name, suite.NATIVE) if against_native else (name,))
    return verdict(after / before - 1, noise), after / before, noise


def compare(old, new):
    """{"drift": of native code, "against_native": ..., "rows": [(kind, name, engine, verdict, ratio, noise)]}."""
    other_host = old["host"]["processor"] != new["host"]["processor"]
    rows = []
    for kind in ("programs", "operations"):
        before = {row["name"]: row for row in old[kind]}
        for row in new[kind]:
            for name in row["engines"]:
                native = other_host and kind == "programs" and name != suite.NATIVE
                result = compare_row(before[row["name"]], row, name, native) if row["name"] in before else (
                    "not in both", None, None)
                rows.append((kind, row["name"], name, *result))
    drifts = [ratio for kind, _, name, _, ratio, _ in rows if name == suite.NATIVE and ratio]
    return {"drift": measure.geometric_mean(drifts), "against_native": other_host, "rows": rows}


def summary(result):
    """By kind and engine: geometric mean of new / old, and how many of each verdict."""
    found = []
    for kind, name in dict.fromkeys((kind, name) for kind, _, name, *_ in result["rows"]):
        mine = [row for row in result["rows"] if (row[0], row[2]) == (kind, name)]
        ratios = [row[4] for row in mine if row[4]]
        counts = {word: sum(row[3] == word for row in mine) for word in (FASTER, SLOWER, SAME)}
        found.append((kind, name, measure.geometric_mean(ratios), counts, len(mine) - len(ratios)))
    return found


def text(old, new):
    result = compare(old, new)
    lines = []
    if result["against_native"]:
        lines.append("The records are of different processors: programs are compared as multiples of native code.")
    elif result["drift"] and abs(result["drift"] - 1) > LEAST:
        lines.append(f"Native code itself took {result['drift']:.2f} times as long as then: so much is the machine's.")
    if old["too_noisy"] or new["too_noisy"]:
        lines.append("The machine was TOO NOISY in the "
                     + " and ".join(w for w, one in (("old", old), ("new", new)) if one["too_noisy"]) + " record.")
    rows = [["compared with then", "engine", "time, new / old", "noise", "verdict"]]
    for _, program, name, word, ratio, noise in result["rows"]:
        if word != SAME:
            rows.append([program, name, f"{ratio:.2f}" if ratio else "-", f"±{100 * noise:.0f} %" if ratio else "",
                         word])
    lines += report.table(rows) if len(rows) > 1 else ["Nothing got faster or slower beyond the noise."]
    lines.append("")
    rows = [["all together", "engine", "time, new / old", *(FASTER, SLOWER, SAME), "without figure"]]
    for kind, name, mean, counts, without in summary(result):
        rows.append([kind, name, f"{mean:.3f}" if mean else "-", *map(str, counts.values()), str(without)])
    return "\n".join(lines + report.table(rows))
