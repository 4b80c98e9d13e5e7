"""Searches: configs/search/NAME.toml, which gtn search reads, once for each seed, and what came of them in results/search/NAME.json."""
import statistics

from . import header, run, table
from .failure import Failure

PREFIX = "search/"
FIELDS = ("Cost", "Expected", "Teacher", "Seeds")


def names(root):
    return sorted(PREFIX + path.stem for path in (root / "configs" / "search").glob("*.toml"))


def faults(root):
    return [f"configs/{name}.toml: its first comment lines lack \"# {field}: ...\"" for name in names(root) for field in FIELDS
            if not header.field(root, name, field)]


def reproduce(root, name, program):
    """Brings runs/search/NAME-SEED to its end for every seed, and stores after each what they found and took."""
    teacher, seeds = header.field(root, name, "Teacher"), header.field(root, name, "Seeds")
    if not teacher or not seeds:
        raise Failure(f"configs/{name}.toml says no \"# Teacher: ...\" or no \"# Seeds: ...\"; see tools/reproduce --help")
    kept = root / "results" / f"{name}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(1, int(seeds) + 1):
        folder = root / "runs" / f"{name}-{seed}"
        how = (["--resume", folder] if (folder / "config.toml").exists() else
               [root / teacher, "--config", root / "configs" / f"{name}.toml", "--set", f"seed={seed}", "--out", folder])
        answer = kept.with_suffix(".answer.json")
        try:
            program.call(["search", *how, "--json"], answer)
            rows.append({"seed": seed, "seconds": run.took(folder)["seconds"], **row_of(run.read_json(answer))})
        finally:
            answer.unlink(missing_ok=True)
        run.write_json(kept, {"name": name, "commit": run.commit(), "date": run.today(), "machine": run.machine(), "rows": rows})


def row_of(found):
    """Of one search: its winner, and what it tried."""
    winner = found["winner"]
    return {"estimator": found["estimator"], "space": found["space"], "dataset": found["dataset"], "candidates": found["candidates"],
            "scoring_seconds": found["scoring_seconds"], "trained": len(found["trained"]),
            "winner": {"genotype": winner["genotype"], "validation": winner["score"], "test": winner["test"], "parameters": winner["cost"]["parameters"]}}


def spread(values, digits):
    text = f"{statistics.mean(values):.{digits}f}"
    return f"{text} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else text


def section(root):
    """The section of docs/results.md; empty where nothing is stored."""
    lines = []
    for path in sorted((root / "results" / "search").glob("*.json")):
        stored = table.read(path)
        rows, name = stored["rows"], stored["name"]
        of = lambda key: [row[key] for row in rows]
        won = lambda key: [row["winner"][key] for row in rows]
        lines.append([f"[{path.stem}](../configs/{name}.toml)", rows[0]["space"], rows[0]["dataset"], rows[0]["estimator"], spread(of("candidates"), 0),
                      spread(of("trained"), 0), table.duration(statistics.mean(of("seconds"))), spread(won("validation"), 2), spread(won("test"), 2),
                      spread(won("parameters"), 0), str(len(rows)), stored["commit"], stored["date"]])
    if not lines:
        return ""
    columns = ["name", "space", "data", "scored by", "candidates", "trained on real data", "time", "winner on validation", "on test", "parameters", "seeds",
               "commit", "date"]
    return "\n".join(["\n## Searches\n", "The winner is chosen on validation, and judged once on test: accuracy in %, mean ± deviation over the seeds of the search.\n",
                      table.markdown(columns, lines) + "\n"])
