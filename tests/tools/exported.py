"""What the tests of exports share: two taught teachers, networks of every layer, and the program's own answers."""
import concurrent.futures
import importlib.util
import os
import random
import struct
import sys

import support

TOLERANCE = 1e-4  # of the answers, relative to their largest where that is above one

CONFIG = """dataset = "{data}"
real_batch = 30
{more}
steps = 4
batch = 9
lr = 0.02
generator.noise = 8
generator.hidden = 16
generator.wide = 8
generator.narrow = 4
[outer]
iterations = 2
[population]
fixed = ["mlp"]
[validation]
every = 0
"""
TEACHERS = {"generator": '[teacher]\nimages = "generator"', "white": 'preprocessing = "zca"\n[teacher]\nimages = "pixels"'}

NB201_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NAO_OPS = ("identity", "conv1x1", "conv3x3", "conv1x3_3x1", "conv1x7_7x1", "maxpool2", "maxpool3", "maxpool5", "avgpool2", "avgpool3",
           "avgpool5")


def nb201_cell(draw):
    edges = [[draw.choice(NB201_OPS[1:] if (start, end) == (0, 3) else NB201_OPS) + f"~{start}" for start in range(end)] for end in (1, 2, 3)]
    return f"nasbench201({'+'.join('|' + '|'.join(node) + '|' for node in edges)}, width=4, cells=1)"


def nao_cells(draw):
    def cell():
        return " | ".join(" ".join(f"{draw.randrange(2 + node)}:{draw.choice(NAO_OPS)}" for _ in "ab") for node in range(5))
    return f"nao(normal[{cell()}] reduction[{cell()}], width=4, cells=1)"


def learners(seed=1):
    """Presets, every layer with every option, and cells of chance."""
    draw = random.Random(seed)
    return [
        "base_fc", "lenet", "resnet_small_gap",
        "conv(6, k=3x5, s=2x1, p=2x1) norm(mean) leaky_relu(0.2) conv(8, d=2, g=2, nobias) norm(instance) silu maxpool(3, s=2, p=1) "
        "avgpool(3, s=1, p=1) flatten linear(9, wn) norm(batch) tanh flatten linear(classes, nobias)",
        "conv(8, wn, s=2) relu maxpool(2, s=1, p=same) avgpool(2, s=2, p=same) avgpool(4, s=3, p=same) gap norm(mean) linear(classes)",
        "conv(6) res{ attention(heads=2) } res{ norm(batch) attention(heads=3, dim=4) }{ conv(6, k=1) } relu res{ conv(12, s=2) } gap "
        "linear(classes)",
        nb201_cell(draw), nao_cells(draw), nao_cells(draw),
    ]


def go_on_with(*modules):
    """Returns where Python has these modules; else goes on in the system's, and exits with 77 where that has none either."""
    system = "/usr/bin/python3"
    if all(importlib.util.find_spec(name) for name in modules):
        return
    if sys.executable != system and support.run(system, "-c", "import " + ", ".join(modules))[0] == 0:
        os.execv(system, [system, *sys.argv])
    print(f"skipped: no Python with {' and '.join(modules)}")
    sys.exit(77)


def write_dataset(folder):
    """Three classes of 3 x 16 x 12 images: noise, and one brighter third of the rows."""
    folder.mkdir()
    for prefix, count in (("train", 120), ("t10k", 30)):
        noise = random.Random(count)
        labels = bytes(i % 3 for i in range(count))
        pixels = bytes(noise.randrange(120) + 30 * channel + (60 if row // 6 == label else 0)
                       for label in labels for channel in range(3) for row in range(16) for _ in range(12))
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4B4I", 0, 0, 8, 4, count, 3, 16, 12) + pixels)
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, count) + labels)


COLUMNS = {"weight": (3000, 200), "ratio": (-0.02, 0.004)}  # of the table: mean and deviation


def write_table(path):
    """Three classes, which differ in both columns."""
    noise = random.Random(5)
    lines = [",".join([*(repr(mean + deviation * (noise.gauss(0, 0.4) + 1.2 * (i % 3 - 1))) for mean, deviation in COLUMNS.values()),
                       "abc"[i % 3]]) for i in range(150)]
    path.write_text("\n".join([",".join([*COLUMNS, "class"]), *lines, ""]), encoding="utf-8")


def all_at_once(function, cases):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda case: function(*case), cases))


class Exports:
    """A folder with the two teachers. `root` is that folder."""

    def __init__(self, gtn, root):
        self.gtn, self.root = gtn, root
        write_dataset(root / "data")
        all_at_once(self.train, TEACHERS.items())

    def must(self, *words):
        return support.must(self.gtn, *words, "--threads", 1)

    def train(self, name, more):
        config = self.root / f"{name}.toml"
        config.write_text(CONFIG.format(data=self.root / "data", more=more), encoding="utf-8")
        self.must("train", "--config", config, "--out", self.root / name)

    def export(self, teacher, form, name, *more):
        """Exports to NAME with this program's answers in NAME.probe.npz."""
        out = self.root / name
        self.must("export", self.root / teacher, "--format", form, "--out", out, "--probe", f"{out}.probe.npz", *more)
        return out

    def winner(self, form, name):
        """The winner of a search of two candidates."""
        found = self.root / "found"
        if not found.exists():
            settings = ("candidates=2", "calibration=0", "final.best=1", "final.steps=8", "estimate.images=20")
            self.must("search", self.root / "generator", "--out", found, *(word for setting in settings for word in ("--set", setting)))
        return self.export("found", form, name)

    def of_rows(self, form, name):
        """A network of a table."""
        table = self.root / "table.csv"
        if not table.exists():
            write_table(table)
            config = self.root / "rows.toml"
            config.write_text(CONFIG.format(data=table, more='[teacher]\nimages = "pixels"'), encoding="utf-8")
            self.must("train", "--config", config, "--out", self.root / "rows")
        return self.export("rows", form, name, "--learner", "mlp")

    def networks(self, form, ending):
        """[(learner, file)] of all learners, the first also from whitened pixels."""
        cases = [("generator", learner) for learner in learners()] + [("white", learner) for learner in learners()[:1]]
        files = all_at_once(lambda i, teacher, learner: self.export(teacher, form, f"net{i}{ending}", "--learner", learner, "--seed", i),
                            [(i, *case) for i, case in enumerate(cases)])
        return [(f"{teacher}, {learner}", file) for (teacher, learner), file in zip(cases, files)]


def in_units_of_the_table(rows):
    """Whether rows of a probe spread as the table's columns do."""
    expected = list(COLUMNS.values())
    return all(abs(rows[:, i].mean() - mean) < 2 * deviation and 0.3 < rows[:, i].std() / deviation < 3
               for i, (mean, deviation) in enumerate(expected))


def distance(ours, theirs):
    """The largest difference of two arrays, relative to the largest value of ours where that is above one."""
    return float(abs(ours - theirs).max()) / max(1.0, float(abs(ours).max()))
