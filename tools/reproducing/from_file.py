"""What pretrained/NAME.safetensors is worth without its run: the header's "# Evaluate the file: ..." lines, in results/NAME/file-N.json."""
import statistics

from . import header, run, table
from .failure import Failure


def evaluate(root, name, program):
    """Asks `gtn evaluate` about the file alone, and stores its answers with what they took and where."""
    lines = header.read(root, name).calls("Evaluate the file")
    file = root / "pretrained" / f"{name}.safetensors"
    if not lines:
        raise Failure(f"configs/{name}.toml says no \"# Evaluate the file: ...\"; see tools/reproduce --help")
    if not file.is_file():
        raise Failure(f"{file} is not there; tools/reproduce {name} --pretrained trains and writes it")
    folder = root / "results" / name
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "file.part.json"
    try:
        for number, line in enumerate(lines, start=1):
            program.call(["evaluate", file, *line, "--json"], part)
            run.write_json(folder / f"file-{number}.json", {
                "command": run.call_text(f"pretrained/{name}.safetensors", line), "commit": run.commit(), "date": run.today(),
                "machine": run.machine(), "evaluation": run.read_json(part)})
    finally:
        part.unlink(missing_ok=True)
    run.keep_only(folder, "file", len(lines))


def stored(root):
    """By name, every stored answer."""
    answers = {}
    for path in sorted((root / "results").glob("*/file-[0-9]*.json")):
        answers.setdefault(path.parent.name, []).append(table.read(path))
    return answers


def learners(rows):
    titles, cells = table.accuracy_columns(rows)
    return table.markdown(["learner", *titles, "seeds"], [[table.learner(row), *cells(row), str(row["seeds"])] for row in rows])


def order(rows):
    """In another order than the learned one."""
    rows = [row for row in rows if "order" in row]
    if not rows:
        return ""
    cells = [[table.learner(row), *(table.plus_minus(value) for value in (row["synthetic_plain"], row["order"]["shuffled_batches"],
                                                                           row["order"]["all_shuffled"]))] for row in rows]
    return table.markdown(["learner", "in its order", "batches shuffled", "all images shuffled"], cells) + "\n"


def robustness(rows):
    """Under noise, blur and FGSM, beside networks trained normally."""
    cells = [[table.learner(row), one["disturbance"], table.plus_minus(one["synthetic"]), table.plus_minus(one["real"])]
             for row in rows if "robustness" in row for one in row["robustness"]["rows"]]
    return table.markdown(["learner", "disturbance", "curriculum", "trained on real data"], cells) + "\n" if cells else ""


def better(rows):
    """How many learners are better after the curriculum than after as many tuned steps on real data."""
    judged = [row for row in rows if "fault" not in row]
    if not judged:
        return "No learner fits these images."
    wins = sum(row["synthetic"]["mean"] > row["real"]["mean"] for row in judged)
    gain = statistics.mean(row["synthetic"]["mean"] - row["real"]["mean"] for row in judged)
    return f"{wins} of {len(judged)} are better than on real data at its best step size, by {gain:+.1f} points in the mean."


def section(root):
    """The section of docs/results.md; empty where nothing is stored."""
    parts = []
    for name, answers in stored(root).items():
        rows = [row for answer in answers for row in table.rows_of(answer["evaluation"])]
        last = answers[-1]
        parts.append(f"### {name}\n\n{table.lesson(rows[0])}: commit {last['commit']}, {last['date']}, {table.machine_text(last['machine'])}.\n\n"
                     f"{learners(rows)}\n\n{better(rows)}\n")
        parts += [part for part in (order(rows), robustness(rows)) if part]
    intro = ("\n## From the files alone\n\nWhat the files of [pretrained/](../pretrained/README.md) give other learners: no teacher is "
             "trained to repeat these, by `tools/reproduce NAME --file`.\n")
    return "\n".join([intro, *parts]) if parts else ""
