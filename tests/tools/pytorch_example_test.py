#!/usr/bin/env python3
"""examples/train_in_pytorch.py on a toy; exits with 77 where no interpreter has PyTorch. usage: pytorch_example_test.py GTN REPOSITORY"""
import pathlib
import re
import sys
import tempfile

import support


def interpreter():
    candidates = (sys.executable, "/usr/bin/python3")
    return next((python for python in candidates if support.run(python, "-c", "import numpy, torch")[0] == 0), None)


def main(gtn, repository):
    python = interpreter()
    if not python:
        print("skipped: no python3-torch")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        support.write_root(root)
        support.must(gtn, "train", "--threads", 1, "--config", root / "configs" / "toy.toml", "--out", root / "run")
        support.must(gtn, "export", root / "run", "--out", root / "toy.npz")
        said = support.must(python, pathlib.Path(repository) / "examples" / "train_in_pytorch.py", root / "toy.npz", "--data", root / "data",
                            "--seeds", 2)
    mean = re.search(r"^mean ([\d.]+) %, deviation [\d.]+$", said, re.MULTILINE)
    # Three classes: chance is 33 %, and the images are easy.
    if not mean or not 50 <= float(mean.group(1)) <= 100 or len(re.findall(r"^seed \d: ", said, re.MULTILINE)) != 2:
        sys.exit(f"no accuracy of two seeds above 50 %:\n{said}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
