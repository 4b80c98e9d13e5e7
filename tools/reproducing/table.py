"""docs/results.md, from results/*/result.json and the evaluations that these name."""
import json

INTRO = """# Results

Written by `tools/reproduce` from [results/](../results); nothing here is typed by hand. Accuracies are those of fresh networks on test, in %,
mean ± deviation over the seeds, after the same number of steps on as many images: on the curriculum with the step sizes that
suit the architecture (the learned ones times a multiplier, or constant ones of real data's grid), with the learned step sizes as they are, and
on real data with the best step size and momentum of that grid. What is chosen is chosen on the validation split; the test split is read once. Repeat a row by `tools/reproduce NAME`.
"""
TITLES = {"synthetic": "curriculum", "synthetic_plain": "its own step sizes", "real": "real data, tuned"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def results(root):
    """Every stored result, by name, with `rows`: one object a learner, in the order of the evaluations."""
    found = []
    for path in sorted((root / "results").glob("*/result.json")):
        result = read(path)
        result["rows"] = [row for evaluation in result["evaluations"] for row in rows_of(read(path.parent / evaluation["file"]))]
        found.append(result)
    return found


def rows_of(evaluation):
    """The rows of one answer of `gtn evaluate --json`: of its learners, or of its only one."""
    return evaluation.get("learners", [evaluation])


def is_accuracy(value):
    return isinstance(value, dict) and "mean" in value and "std" in value


def controls_of(rows):
    """The keys of what was measured beside the curriculum and tuned real data, in the order of their first row."""
    keys = {key: None for row in rows for key, value in row.items() if is_accuracy(value) and key not in TITLES}
    return list(keys)


def plus_minus(value):
    return f"{value['mean']:.1f} ± {value['std']:.1f}" if is_accuracy(value) else "–"


def speedup(row):
    """How many steps of real data are worth one of the curriculum's."""
    value = row.get("speedup")
    if not value:
        return "–"
    sign = {"at_most": "≤ ", "at_least": "≥ "}.get(value.get("bound"), "")
    return f"{sign}{value['ratio']:.1f}"


def duration(seconds):
    if seconds is None:
        return "not known"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def learner(row):
    name = row["learner"]
    return cell(name if name.replace("_", "").replace("-", "").isalnum() else f"`{name}`")


def markdown(columns, rows):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def accuracy_columns(rows):
    """Titles, and a function from a row to its cells."""
    controls = controls_of(rows)
    columns = [*TITLES.values(), *(key.replace("_", " ") for key in controls)]
    faster = any(row.get("speedup") for row in rows)

    def cells(row):
        if "fault" in row:
            return [cell(row["fault"])] + ["–"] * (len(columns) - 1 + faster)
        return [plus_minus(row.get(key)) for key in (*TITLES, *controls)] + ([speedup(row)] if faster else [])

    return columns + (["real steps for one"] if faster else []), cells


def lesson(row):
    """Steps x batch, and how many different images where they serve again and again."""
    text = f"{row['steps']} x {row['batch']}"
    images = row.get("images", row["steps"] * row["batch"])
    return text if images == row["steps"] * row["batch"] else f"{text} ({images} images)"


def section(dataset, entries):
    """One data set. entries: (result, row)."""
    titles, cells = accuracy_columns([row for _, row in entries])
    columns = ["name", "learner", "steps x batch", *titles, "seeds", "training", "commit", "date"]
    lines = [[f"[{result['name']}](../configs/{result['name']}.toml)", learner(row), lesson(row),
              *cells(row), str(row["seeds"]), duration(result["training_seconds"]), result["commit"], result["date"]]
             for result, row in entries]
    return f"## {dataset}\n\n{markdown(columns, lines)}\n\n{trained_to_the_end(entries)}{machines(entries)}\n"


def trained_to_the_end(entries):
    """Of the curriculum's images as a plain set, in any order; empty where it was not asked for."""
    rows = [(result, row) for result, row in entries if "to_end" in row]
    if not rows:
        return ""
    sets = list({name: None for _, row in rows for name in row["to_end"]})
    lines = [[f"[{result['name']}](../configs/{result['name']}.toml)", learner(row),
              f"{next(iter(row['to_end'].values()))['images_per_class']:g}", *(plus_minus(row["to_end"].get(name)) for name in sets), str(row["seeds"])]
             for result, row in rows]
    return ("Trained to the end on images as a plain set, in any order, at the best step size:\n\n" +
            markdown(["name", "learner", "images a class", *(name.replace("_", " ") for name in sets), "seeds"], lines) + "\n\n")


def machines(entries):
    names = {}
    for result, _ in entries:
        names.setdefault(machine_text(result["machine"]), {})[result["name"]] = None
    return "Machines: " + "; ".join(f"{machine}: {', '.join(of_machine)}" for machine, of_machine in names.items()) + "."


def machine_text(machine):
    return f"{machine['cpu']}, {machine['cores']} core{'s' if machine['cores'] != 1 else ''}"


def page(root):
    by_dataset = {}
    for result in results(root):
        for row in result["rows"]:
            by_dataset.setdefault(row["dataset"], []).append((result, row))
    return "\n".join([INTRO, *(section(dataset, entries) for dataset, entries in sorted(by_dataset.items()))])
