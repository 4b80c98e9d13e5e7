"""pretrained/README.md and a card for each file there, from results/*/pretrained.json."""
from . import header, table

INTRO = """# Pretrained curricula

Written by `tools/reproduce NAME --pretrained`, which trains, judges, and exports a teacher; its card says what it is, what it cost and what it
gives. A file is a whole artefact of `gtn`: synthetic images (8 bits, with a scale and an offset each), labels, step sizes, and the normalisation
that real images must go through. `gtn evaluate`, `gtn inspect` and `gtn export` read it as they read a run.
"""
NONE = "\nNone is published yet.\n"
READ = """## Read it without gtn

```python
from safetensors.numpy import load_file

a = load_file("{file}")
images = a["images"] * a["images.scale"][..., None, None] + a["images.offset"][..., None, None]  # [T, B, C, H, W]
labels = a["labels"].astype("float32")                                                           # [T, B, K]
```

Train a fresh network by {optimizer} on `images[{index}]`, `labels[{index}]` with step size `lr[t]` and momentum `momentum[t]`, for t = 0, 1, ... in this order, and
judge it on `(pixel - mean) / std` of real pixels in [0, 1]{whitening}. The text `usage` in the file's metadata spells this out.
"""
LIMITS = """## Limits

- Accuracies are those of the learners listed, from fresh initialisations; other architectures may learn less from it, or little.
- The order of the steps and their step sizes belong to the curriculum: shuffled, or with other step sizes, it is worth less.
- Batch norms take their statistics at the end from the last synthetic batch under the final parameters.
- Images are rounded to 8 bits each within its own range, and the generator is not in the file: it cannot be trained on.
"""


def cards(root):
    """{name: (result, what results/NAME/pretrained.json holds)}, in the order of the names."""
    found = {}
    for result in table.results(root):
        path = root / "results" / result["name"] / "pretrained.json"
        if path.is_file():
            found[result["name"]] = (result, table.read(path))
    return found


def size(count):
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def results_of(result, small):
    """Every learner of the run, and beside it what the file itself gave where that was measured."""
    titles, cells = table.accuracy_columns(result["rows"])
    file_rows = {row["learner"]: row for row in table.rows_of(small["evaluation"])}
    lines = [[table.learner(row), *cells(row), table.plus_minus(file_rows.get(row["learner"], {}).get("synthetic")),
              str(row["seeds"])] for row in result["rows"]]
    return table.markdown(["learner", *titles, "curriculum of this file", "seeds"], lines)


def card(root, result, small):
    about, name = small["about"], result["name"]
    text = header.read(root, name)
    batches, batch, channels, height, width = about["images"]
    steps = len(about["lr"])
    lesson = f"{steps} steps of {batch} images" if batches == steps else f"{steps} steps, {batches} batches of {batch} images"
    facts = [["file", f"`{small['file']}`, {size(small['bytes'])}, SHA-256 `{small['sha256']}`"],
             ["data", f"{about['dataset']}, fingerprint of the training split {about['dataset_fingerprint']}"],
             ["curriculum", f"{lesson} {channels} x {height} x {width}, {about['optimizer']}, "
                            f"{len(about['class_names'])} classes: {', '.join(about['class_names'])}"],
             ["taught by", " ".join(f"`{table.cell(t)}`" for t in about["learners"].split("|"))],
             ["training", f"{table.duration(result['training_seconds'])} on {table.machine_text(result['machine'])}; "
                          f"seed {result['seed']}, commit {result['commit']}, {result['date']}"],
             ["configuration", f"[configs/{name}.toml](../configs/{name}.toml); resolved: "
                               f"[results/{name}/config.toml](../results/{name}/config.toml)"]]
    whitening = ", flattened, minus `whitening_mean`, times `whitening`" if about["whitened"] else ""
    return "\n".join([
        f"# {name}\n", text.title + "\n", table.markdown(["", ""], facts) + "\n", "## Results\n",
        "Test accuracy in %, mean ± deviation of fresh networks; [docs/results.md](../docs/results.md) says how they are measured.\n",
        results_of(result, small) + "\n", f"Expected: {text.first('Expected')}\n", f"    gtn evaluate {small['file']}\n",
        READ.format(file=small["file"], optimizer=about["optimizer"], whitening=whitening,
                    index="t" if batches == steps else f"t mod {batches}"), LIMITS])


def overview(found):
    lines = [[f"[{name}]({name}.md)", small["about"]["dataset"],
              table.lesson(table.rows_of(small["evaluation"])[0]), size(small["bytes"]),
              table.plus_minus(table.rows_of(small["evaluation"])[0]["synthetic"]),
              table.plus_minus(table.rows_of(small["evaluation"])[0]["real"])] for name, (_, small) in found.items()]
    return table.markdown(["card", "data", "steps x batch", "size", "curriculum", "real data, tuned"], lines) + "\n"


def pages(root):
    found = cards(root)
    texts = {root / "pretrained" / "README.md": INTRO + ("\n" + overview(found) if found else NONE)}
    return texts | {root / "pretrained" / f"{name}.md": card(root, *entry) for name, entry in found.items()}
