"""Studies of estimators: configs/study/NAME.toml, which gtn study reads, and what is kept of them in results/study/."""
import shutil

from . import header, run, table
from .failure import Failure

PREFIX = "study/"
FIELDS = ("Cost", "Expected", "Teacher")
INTRO = """# Studies: how far a ranking can be trusted

Architectures drawn from a space were trained on real data to the end; that is the truth. Every estimator judged each of them after so many
steps, where it trains at the step size that suits an architecture: every one of five was tried to the end before
[decision 19](decisions/0019-step-sizes-race.md), and since then they race. Spearman's rho over all of them with its 95 % bootstrap interval, Kendall's tau-b,
rho over the upper half by the estimate alone (the paper's cut), and what is lost in points of test accuracy where the best of the five that rank highest is
taken. Estimates see the validation split, the truth is test accuracy. A sum of ranks is what `gtn search` ranks by
([decision 14](decisions/0014-searches-rank-by-a-combination.md)): with equal weights, and with weights that ten or twenty truths have moved, judged on the other
architectures, mean and range of 300 random choices. Ask the tables by `gtn study results/study/NAME.json`, or try an
estimator of your own on the same truths by `gtn study --teacher TEACHER --set truths=results/study/NAME.json --out runs/mine`.
"""


def reproduce(root, name, program):
    """Brings runs/study/NAME to its end, and stores its table, its picture, and what it says."""
    teacher = header.read(root, name).first("Teacher")
    if not teacher:
        raise Failure(f"configs/{name}.toml says no \"# Teacher: ...\"; see tools/reproduce --help")
    folder, kept = root / "runs" / name, root / "results" / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    how = (["--resume", folder] if (folder / "config.toml").exists() else
           ["--teacher", root / teacher, "--config", root / "configs" / f"{name}.toml", "--out", folder])
    if not (folder / "DONE").exists():
        program.call(["study", *how])
        run.sign(folder)
    shutil.copyfile(folder / "table.json", kept.with_suffix(".json"))
    shutil.copyfile(folder / "ranking.svg", kept.with_suffix(".svg"))
    said = kept.with_suffix(".said.json")
    program.call(["study", kept.with_suffix(".json"), "--json"], said, machine=False)
    run.write_json(said, run.read_json(said) | {"run": run.signed(folder) | run.took(folder)})


def rows_of(space):
    """Of every estimator the last four numbers of steps; the others are in the table itself."""
    last = {}
    for row in space["estimators"]:
        last.setdefault(row["name"], []).append(row)
    return [row for rows in last.values() for row in rows[-4:]]


def number(value, digits=3):
    return "–" if value is None else f"{value:.{digits}f}"


def interval(row):
    return "–" if row["spearman_low"] is None else f"{row['spearman_low']:.2f} to {row['spearman_high']:.2f}"


def times(space, before=""):
    """How many times the steps and the seconds of the teacher, or of another estimator, real data needs for its rank correlation."""
    if f"{before}speedup_steps" not in space:
        return None
    more = "more than " if space[f"{before}speedup_bound"] == "at_least" else ""
    found = [space[f"{before}speedup_{what}"] for what in ("steps", "seconds")]
    return [number(value, 1) if value is None else more + number(value, 1) for value in found]


def speedup(space):
    found = {"teacher": times(space), "warm_start": times(space, "warm_start_")}
    return [f"Real data needs {steps} times the steps{'' if seconds == '–' else f' and {seconds} times the seconds'} for the rank correlation of {name}.\n"
            for name, (steps, seconds) in ((name, pair) for name, pair in found.items() if pair)]


def tuning(space):
    """How step sizes were chosen, as the program says it."""
    return [line[0].upper() + line[1:] + ".\n" for line in space["tuning"].splitlines()]


def combinations(space):
    """What `gtn search` ranks by; the same with real data in the place of the teacher; and without either."""
    if "combinations" not in space:
        return []
    lines = [[row["of"], f"after {row['known']} truths" if row["known"] else "equal", number(row["spearman"]), interval(row),
              number(row["top_half_spearman"]), number(row["regret_at_5"], 2)] for row in space["combinations"]]
    return [table.markdown(["sum of the ranks by", "weights", "Spearman", "95 % interval", "top half", "regret at 5"], lines) + "\n"]


def section(root, path):
    said = table.read(path)
    name, space, run_of = path.name.removesuffix(".said.json"), said["spaces"][0], said["run"]
    lines = [[row["name"], str(row["steps"]) if row["steps"] else "–", number(row["seconds"], 2), number(row["spearman"]), interval(row),
              number(row["kendall"]), number(row["top_half_spearman"]), number(row["regret_at_5"], 2)] for row in rows_of(space)]
    columns = ["estimator", "steps", "seconds", "Spearman", "95 % interval", "Kendall", "top half", "regret at 5"]
    return "\n".join([
        f"## {space['name']} on {space['dataset']}: {name}\n",
        f"{space['architectures']} architectures, truth after {space['truth_steps']:.0f} steps on real data, {space['truth_seconds']:.0f} s each; taught by "
        f"{header.read(root, PREFIX + name).first('Teacher')}. [Configuration](../configs/study/{name}.toml), [table](../results/study/{name}.json), "
        f"`tools/reproduce study/{name}`: {table.duration(run_of['seconds'])} on {table.machine_text(run_of['machine'])}, commit {run_of['commit']}, "
        f"{run_of['date']}.\n",
        f"![Rank correlation against steps](../results/study/{name}.svg)\n", table.markdown(columns, lines) + "\n",
        *tuning(space), *speedup(space), *combinations(space)])


def last(space, name):
    """The row of an estimator after its last step; None where the study has it not."""
    rows = [row for row in space["estimators"] if row["name"] == name]
    return rows[-1] if rows else None


def rho(row):
    steps = f" ({row['steps']})" if row and row["steps"] else ""
    return number(row["spearman"]) + steps if row else "–"


def summary(root):
    """The section of docs/results.md on studies."""
    lines = []
    for path in said_of(root):
        said = table.read(path)
        name, space = path.name.removesuffix(".said.json"), said["spaces"][0]
        teacher, real, params = (last(space, estimator) for estimator in ("teacher", "real", "params"))
        faster = " / ".join(times(space) or ["–"])
        combined = [row for row in space.get("combinations", []) if row["known"] == 0 and row["of"].startswith("teacher")]
        lines.append([f"[{name}](studies.md)", space["name"], space["dataset"], str(space["architectures"]), rho(teacher), rho(real), faster,
                      rho(params), number(combined[0]["spearman"]) if combined else "–", said["run"]["commit"], said["run"]["date"]])
    if not lines:
        return ""
    columns = ["name", "space", "data", "architectures", "teacher (steps)", "real data (steps)", "real data for the teacher's rho: times its steps / seconds", "parameters",
               "sum of ranks", "commit", "date"]
    return "\n".join(["\n## Studies\n", "Spearman's rho of estimates with test accuracy after long training on real data, over all architectures of a study;",
                      "[docs/studies.md](studies.md) has the intervals and all estimators.\n", table.markdown(columns, lines) + "\n"])


def said_of(root):
    return sorted((root / "results" / "study").glob("*.said.json"))


def pages(root):
    """docs/studies.md where there are any."""
    found = said_of(root)
    if not found:
        return {}
    return {root / "docs" / "studies.md": "\n".join([INTRO, *(section(root, path) for path in found)])}
