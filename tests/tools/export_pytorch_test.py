#!/usr/bin/env python3
"""Exported PyTorch code, run, and exported folders, read; exits with 77 where there is no python3-torch.
usage: export_pytorch_test.py GTN REPOSITORY"""
import csv
import importlib.util
import json
import pathlib
import struct
import sys
import tempfile
import unittest
import zlib

import exported

exported.go_on_with("numpy", "torch")
import numpy
import torch

GTN = pathlib.Path(sys.argv[1])


def module_of(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_png(path):
    """An image of 8 bits a channel as an array [H, W, C]: PNG, second edition, sections 5 and 9."""
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at:at + 8])
        body = content[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        data += body if kind == b"IDAT" else b""
        at += length + 12
    channels = {0: 1, 2: 3}[colour]
    assert depth == 8
    rows, stride = numpy.frombuffer(zlib.decompress(data), "uint8").reshape(height, -1), width * channels
    image = numpy.zeros((height + 1, channels + stride), int)  # a row and a pixel of zeros before the first
    for y, (kind, *line) in enumerate(rows.tolist(), start=1):
        for x, value in enumerate(line, start=channels):
            left, above, corner = image[y, x - channels], image[y - 1, x], image[y - 1, x - channels]
            nearest = min((left, above, corner), key=lambda p: abs(left + above - corner - p))
            image[y, x] = (value + (0, left, above, (left + above) // 2, nearest)[kind]) % 256
    return image[1:, channels:].reshape(height, width, channels)


def read_safetensors(path):
    """{name: array}, by the format's definition: a length, a header in JSON, and bytes."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    types = {"U8": "uint8", "F16": "float16", "F32": "float32", "F64": "float64", "I64": "int64"}
    return {name: numpy.frombuffer(content[8 + length:][slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


class ExportPyTorch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.exports = exported.Exports(GTN, pathlib.Path(folder.name))
        torch.set_num_threads(1)

    def test_networks_answer_as_the_program_does(self):
        for learner, file in self.exports.networks("pytorch", ".py"):
            with self.subTest(learner), torch.no_grad():
                module, probe = module_of(file), numpy.load(f"{file}.probe.npz")
                logits = module.load()(torch.from_numpy(probe["pixels"])).numpy()
                self.assertLess(exported.distance(probe["logits"], logits), exported.TOLERANCE)
                self.assertEqual(module.CLASSES, ["0", "1", "2"])

    def test_the_winner_of_a_search_has_the_accuracy_that_was_tested(self):
        file = self.exports.winner("pytorch", "winner.py")
        found = json.loads((self.exports.root / "found" / "result.json").read_text(encoding="utf-8"))["winner"]
        self.assertAlmostEqual(self.accuracy(file), found["test"], delta=1e-3)

    def accuracy(self, file):
        """In percent, of an exported network on the test images."""
        images = numpy.frombuffer((self.exports.root / "data" / "t10k-images-idx3-ubyte").read_bytes(), "uint8", offset=20).reshape(-1, 3, 16, 12)
        with torch.no_grad():
            classes = module_of(file).load()(torch.from_numpy(images.astype("float32"))).argmax(1).numpy()
        return 100 * float((classes == numpy.arange(len(images)) % 3).mean())

    def test_a_network_is_the_one_that_evaluate_judges(self):
        root, learner = self.exports.root, ("--learner", "base_fc", "--seed", 3)
        file = self.exports.export("generator", "pytorch", "judged.py", *learner)
        said = self.exports.must("evaluate", root / "generator", *learner, "--seeds", 1, "--controls", "none", "--json")
        self.assertAlmostEqual(self.accuracy(file), json.loads(said)["synthetic_plain"]["finals"][0], delta=1e-3)

    def test_a_network_of_a_table_reads_its_rows_as_they_are(self):
        file = self.exports.of_rows("pytorch", "rows.py")
        probe = numpy.load(f"{file}.probe.npz")
        self.assertTrue(exported.in_units_of_the_table(probe["rows"]))
        with torch.no_grad():
            logits = module_of(file).load()(torch.from_numpy(probe["rows"])).numpy()
        self.assertLess(exported.distance(probe["logits"], logits), exported.TOLERANCE)

    def test_a_network_learns_on(self):
        file = self.exports.export("generator", "pytorch", "more.py", "--learner", learner_with_every_norm())
        model, probe = module_of(file).load().train(), numpy.load(f"{file}.probe.npz")
        pixels, classes = torch.from_numpy(probe["pixels"]), torch.arange(16) % 3
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        losses = []
        for _ in range(30):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(pixels), classes)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        self.assertLess(losses[-1], losses[0] / 2)

    def test_a_small_artefact_is_read_as_its_card_says(self):
        for name in ("generator", "white"):
            with self.subTest(name):
                file = self.exports.root / f"{name}.safetensors"
                self.exports.must("export", self.exports.root / name, "--format", "safetensors", "--out", file)
                self.exports.must("export", self.exports.root / name, "--out", self.exports.root / "teacher.npz")
                small, teacher = read_safetensors(file), numpy.load(self.exports.root / "teacher.npz")
                images = small["images"] * small["images.scale"][..., None, None] + small["images.offset"][..., None, None]
                self.assertEqual(small["images"].dtype, numpy.uint8)
                self.assertLess(float((abs(images - teacher["images"]) / small["images.scale"][..., None, None]).max()), 0.51)
                for key in ("labels", "lr", "momentum", "mean", "std"):
                    self.assertLess(exported.distance(teacher[key], small[key].astype("float32")), 1e-3, key)

    def test_a_folder_holds_the_curriculum(self):
        root, folder = self.exports.root, self.exports.root / "curriculum"
        for name in ("generator", "white"):
            with self.subTest(name):
                folder = root / f"{name}.pngs"
                self.exports.must("export", root / name, "--format", "folder", "--out", folder)
                self.exports.must("export", root / name, "--out", root / "teacher.npz")
                self.check_folder(folder, numpy.load(root / "teacher.npz"))

    def check_folder(self, folder, teacher):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        files = sorted(str(path.relative_to(folder)) for path in folder.glob("*/*.png"))
        self.assertEqual([row["file"] for row in rows], files)
        self.assertEqual(len(files), 4 * 9)
        images = numpy.stack([read_png(folder / row["file"]) for row in rows]).transpose(0, 3, 1, 2)
        values = (images / 255 - numpy.array(manifest["mean"])[:, None, None]) / numpy.array(manifest["std"])[:, None, None]
        if manifest["whitening"]:
            white = numpy.load(folder / manifest["whitening"])
            values = ((values.reshape(len(values), -1) - white["whitening_mean"]) @ white["whitening"]).reshape(values.shape)
        difference = values - teacher["images"].reshape(values.shape)
        self.assertAlmostEqual(float((difference ** 2).mean() ** 0.5), manifest["deviation"], delta=1e-4)
        inside = (images > 0) & (images < 255)  # elsewhere the exact value may be beyond
        if not manifest["whitening"]:
            self.assertLess(abs(difference[inside]).max(), 0.51 / 255 / min(manifest["std"]))
        self.assertGreater(inside.mean(), 0.1)
        soft = numpy.array([[float(row[f"p:{name}"]) for name in manifest["class_names"]] for row in rows])
        self.assertLess(abs(soft - teacher["labels"].reshape(soft.shape)).max(), 1e-6)
        for row, label in zip(rows, soft):
            self.assertEqual(row["class"], manifest["class_names"][label.argmax()])
            self.assertTrue(row["file"].endswith(f"_{row['class']}.png"))
        self.assertEqual([step["folder"] for step in manifest["steps"]], [f"step_{t:03}" for t in range(4)])
        for name in ("lr", "momentum"):
            self.assertLess(abs(numpy.array([step[name] for step in manifest["steps"]]) - teacher[name]).max(), 1e-6)


def learner_with_every_norm():
    return "conv(8) norm(batch) relu conv(8) norm(mean) relu conv(8) norm(instance) relu flatten linear(classes)"


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
