"""A run of the bench as data: what --json writes, and what the table, the page and the comparison read."""

import json

import measure
import suite

FORMAT = 1


def read(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"{path}: not a record of this bench")
    return data


def of_series(series, unit=1):
    """unit: seconds per unit of the figures."""
    problem = series.problem()
    data = {"problem": problem, "seconds": [one / unit for one in series.all_seconds()],
            "wall_seconds": [one.wall_seconds / series.times / unit for one in series.runs]}
    if not problem:
        data |= {"median": series.seconds() / unit, "spread": series.spread()}
        if series.instructions():
            data["guest_instructions"] = series.instructions()
    return data


def translation(counters):
    """Figures of the translator, from --stats; empty if nothing was translated."""
    insns = counters.get("guest_instructions_translated", 0)
    if not insns or not counters.get("translate_seconds"):
        return {}
    stages = counters.get("translate_stages", {})
    total = sum(stages.values())
    executed = counters["guest_instructions"]
    activity = counters.get("activity", {})
    figures = {
        "blocks": counters["blocks_translated"], "guest_instructions_translated": insns,
        "instructions_per_block": insns / counters["blocks_translated"],
        "translated_per_second": insns / counters["translate_seconds"],
        "nanoseconds_per_instruction": counters["translate_seconds"] / insns * 1e9,
        "host_bytes_per_instruction": counters["host_bytes_emitted"] / insns,
        "translate_share": counters["translate_seconds"] / counters["cpu_seconds"],
        "cache_bytes": counters["code_cache_bytes"],
        "cache_occupancy": counters["code_cache_bytes"] / max(counters["code_cache_limit"], 1),
        "tlb_fills": counters["tlb_fills"], "links": counters["links"], "lookups": counters["lookups"],
        "invalidations": counters["invalidations"],
    }
    if counters.get("host_instructions_emitted"):
        figures["host_instructions_per_instruction"] = counters["host_instructions_emitted"] / insns
    if total:
        figures["stages"] = {name: value / total for name, value in stages.items()}
    if activity:
        whole = sum(activity.values())
        figures["activity"] = {name.replace("_", " "): value / whole for name, value in activity.items()}
    if "interventions" in counters and executed:
        figures["efficiency"] = max(0.0, 1 - counters["interventions"] / executed)
    return figures


def of_program(bench, program):
    engines, figures = {}, {}
    for engine in bench.all_engines():
        series = bench.series(program, engine.name)
        engines[engine.name] = of_series(series) | {"expected": series.expected, "times": series.times}
        figures[engine.name] = translation(bench.counters.get((program.name, engine.name), {}))
    return {"name": program.name, "class": program.kind, "cpu": program.cpu,
            "rounds": max(1, round(program.rounds * bench.scale)), "engines": engines,
            "translation": {name: data for name, data in figures.items() if data}}


def of_operations(operations):
    if not operations:
        return []
    return [{"name": e.name, "what": e.what,
             "engines": {name: of_series(operations.series(e, name), unit=1e-9) for name in operations.engines}}
            for e in operations.experiments]


def of_bench(bench, versions, host):
    noise = measure.noise(bench.table.values())
    names = bench.names()
    pairs = [(name, suite.NATIVE) for name in names if name != suite.NATIVE]
    pairs += [(ours, peer) for ours, peer in suite.RIVALS.items() if ours in names and peer in names]
    return {
        "format": FORMAT, "versions": versions, "host": host, "quick": bench.quick, "interrupted": bench.interrupted,
        "rounds": bench.rounds, "engines": names,
        "noise": dict(zip(("median_spread", "worst_spread", "share_on_processor"), noise)) if noise else None,
        "too_noisy": measure.too_noisy(noise),
        "programs": [of_program(bench, program) for program in bench.programs],
        "machines": list(bench.operations.engines) if bench.operations else [],
        "operations": of_operations(bench.operations),
        "boots": {machine.name: translation(bench.counters.get(machine.name, {})) for machine in bench.systems},
        "means": {f"{name}/{base}": {kind: {"mean": mean, "without": without}
                                     for kind, (mean, without) in bench.means(name, base).items()}
                  for name, base in pairs},
    }


def ratio(row, name, base):
    """Of a program or an operation: how many times as long as `base`; None if either has no valid figure."""
    ours, other = row["engines"].get(name, {}), row["engines"].get(base, {})
    return ours["median"] / other["median"] if ours.get("median") and other.get("median") else None
