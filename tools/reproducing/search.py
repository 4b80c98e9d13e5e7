"""Searches: configs/search/NAME.toml, which gtn search reads, once for each seed, and what came of them in results/search/NAME.json."""
import statistics

from . import header, run, table
from .failure import Failure

PREFIX = "search/"
FIELDS = ("Cost", "Expected", "Teacher", "Seeds")


def reproduce(root, name, program):
    """Brings runs/search/NAME-SEED to its end for every seed, and stores what they found and took."""
    about = header.read(root, name)
    teacher, seeds = about.first("Teacher"), about.first("Seeds")
    if not teacher or not seeds.isdecimal() or int(seeds) < 1:
        raise Failure(f"configs/{name}.toml says no \"# Teacher: FILE\" or no \"# Seeds: N\"; see tools/reproduce --help")
    kept = root / "results" / f"{name}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(1, int(seeds) + 1):
        rows.append(search(root, name, teacher, seed, kept.with_suffix(".answer.json"), program))
        run.write_json(kept, {"name": name, "rows": rows})  # after each, since the next may take an hour


def search(root, name, teacher, seed, answer, program):
    """One of them; a file `answer` that is gone in the end is what it says."""
    folder = root / "runs" / f"{name}-{seed}"
    done = (folder / "DONE").exists()
    how = (["--resume", folder] if (folder / "config.toml").exists() else
           [root / teacher, "--config", root / "configs" / f"{name}.toml", "--set", f"seed={seed}", "--out", folder])
    try:
        program.call(["search", *how, "--json"], answer)
        found = run.read_json(answer)
    finally:
        answer.unlink(missing_ok=True)
    if not done:
        run.sign(folder)
    if "winner" not in found:
        raise Failure(f"the search in {folder} has no winner; gtn trials list {folder} says why")
    winner = found["winner"]
    return {"seed": seed, **run.signed(folder), **run.took(folder), "estimator": found["estimator"], "space": found["space"],
            "dataset": found["dataset"], "candidates": found["candidates"], "scoring_seconds": found["scoring_seconds"],
            "trained": len(found["trained"]),
            "rho": {row["name"]: row["spearman"] for row in found.get("calibration", {}).get("rankings", [])},
            "winner": {"genotype": winner["genotype"], "validation": winner["score"], "test": winner["test"], "parameters": winner["cost"]["parameters"]}}


def spread(values, digits):
    text = f"{statistics.mean(values):.{digits}f}"
    return f"{text} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else text


def trust(rows, ranking):
    """Spearman's rho of a ranking with the candidates that calibrated it: the mean over the seeds, where there are any."""
    known = [row["rho"][ranking] for row in rows if row["rho"].get(ranking) is not None]
    return f"{statistics.mean(known):.2f}" if known else "–"


def calibrations(searches):
    """How far the rankings of searches could be trusted: a table of those that calibrated."""
    calibrated = {name: rows for name, rows in searches.items() if any(row["rho"] for row in rows)}
    if not calibrated:
        return ""
    rankings = list(dict.fromkeys(name for rows in calibrated.values() for row in rows for name in row["rho"]))
    return ("Spearman's rho of rankings with validation accuracy, among those that were trained on real data to calibrate:\n\n" +
            table.markdown(["name", *rankings], [[name, *(trust(rows, ranking) for ranking in rankings)] for name, rows in calibrated.items()]) + "\n")


def section(root):
    """The section of docs/results.md; empty where nothing is stored."""
    lines, searches = [], {}
    for path in sorted((root / "results" / "search").glob("*.json")):
        stored = table.read(path)
        rows, name = stored["rows"], stored["name"]
        searches[path.stem] = rows
        of = lambda key: [row[key] for row in rows]
        won = lambda key: [row["winner"][key] for row in rows]
        lines.append([f"[{path.stem}](../configs/{name}.toml)", rows[0]["space"], rows[0]["dataset"], rows[0]["estimator"], spread(of("candidates"), 0),
                      spread(of("trained"), 0), table.duration(statistics.mean(of("seconds"))), spread(won("validation"), 2), spread(won("test"), 2),
                      spread(won("parameters"), 0), str(len(rows)), table.machine_text(rows[-1]["machine"]), rows[-1]["commit"], rows[-1]["date"]])
    if not lines:
        return ""
    columns = ["name", "space", "data", "scored by", "candidates", "trained on real data", "time", "winner on validation", "on test", "parameters", "seeds", "machine", "commit", "date"]
    return "\n".join(["\n## Searches\n", "The winner is chosen on validation, and judged once on test: accuracy in %, mean ± deviation over the seeds of the search.\n",
                      table.markdown(columns, lines) + "\n", calibrations(searches)])
