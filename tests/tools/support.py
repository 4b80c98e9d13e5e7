"""What the tests of scripts share: a tiny data set, a tiny configuration, and running a program to its end."""
import random
import struct
import subprocess
import sys

CONFIG = """# A toy.
# Cost: a second.
# Expected: nothing.
# Evaluate: --learner mlp --learner 'flatten linear(8) relu linear(classes)' --seeds 2
# Evaluate: --learner base_fc --seeds 1
dataset = "{data}"
real_batch = 30
[teacher]
images = "pixels"
steps = 4
batch = 9
lr = 0.1
[outer]
iterations = 12
[population]
fixed = ["mlp"]
[validation]
every = 0
"""


def write_dataset(folder):
    """Three classes of 8 x 8 images: noise, and one brighter third of the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", 300), ("t10k", 90)):
        noise = random.Random(count)
        labels = bytes(i % 3 for i in range(count))
        pixels = bytes(noise.randrange(120) + (100 if min(row // 3, 2) == label else 0)
                       for label in labels for row in range(8) for _ in range(8))
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, count, 8, 8) + pixels)
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, count) + labels)


def write_root(root):
    """A folder for tools/reproduce --root with the one configuration `toy`."""
    write_dataset(root / "data")
    (root / "configs").mkdir()
    (root / "configs" / "toy.toml").write_text(CONFIG.format(data=root / "data"), encoding="utf-8")


def run(*command):
    """Exit code, and standard output and error together."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def must(*command):
    """Its output; ends the test where it fails."""
    code, output = run(*command)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexit code {code}: {output}")
    return output
