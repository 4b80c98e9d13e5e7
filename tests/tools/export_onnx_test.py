#!/usr/bin/env python3
"""Exported ONNX files, read by ONNX Runtime; exits with 77 where tools/fetch_onnxruntime has not put one into build/.
usage: export_onnx_test.py GTN REPOSITORY"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import exported

exported.go_on_with("numpy")
import numpy

GTN, REPOSITORY = map(pathlib.Path, sys.argv[1:3])
RUNNER = REPOSITORY / "tests" / "tools" / "onnxruntime" / "run.js"
MODULES = REPOSITORY / "build" / "onnxruntime" / "node_modules"


def answers(requests):
    """What ONNX Runtime makes of [(file, {input: array})]: a list of {output: array}."""
    said = [{"model": str(file), "inputs": {name: {"dims": array.shape, "data": array.ravel().tolist()} for name, array in inputs.items()}}
            for file, inputs in requests]
    done = subprocess.run(["node", str(RUNNER)], input=json.dumps(said), stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "NODE_PATH": str(MODULES)})
    return [{name: value if name == "error" else numpy.array(value["data"], "float32").reshape(value["dims"])
             for name, value in answer.items()} for answer in json.loads(done.stdout)]


class ExportOnnx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.exports = exported.Exports(GTN, pathlib.Path(folder.name))

    def test_networks_answer_as_the_program_does(self):
        files = self.exports.networks("onnx", ".onnx")
        probes = [numpy.load(f"{file}.probe.npz") for _, file in files]
        told = answers([(file, {"pixels": probe["pixels"]}) for (_, file), probe in zip(files, probes)])
        for (learner, _), probe, answer in zip(files, probes, told):
            with self.subTest(learner):
                self.assertNotIn("error", answer)
                self.assertLess(exported.distance(probe["logits"], answer["logits"]), exported.TOLERANCE)
                powers = numpy.exp(probe["logits"] - probe["logits"].max(1, keepdims=True))
                self.assertLess(exported.distance(powers / powers.sum(1, keepdims=True), answer["probabilities"]), exported.TOLERANCE)

    def test_the_winner_of_a_search_answers_as_the_program_does(self):
        file = self.exports.winner("onnx", "winner.onnx")
        probe = numpy.load(f"{file}.probe.npz")
        (answer,) = answers([(file, {"pixels": probe["pixels"]})])
        self.assertLess(exported.distance(probe["logits"], answer["logits"]), exported.TOLERANCE)

    def test_a_network_of_a_table_reads_its_rows_as_they_are(self):
        file = self.exports.of_rows("onnx", "rows.onnx")
        probe = numpy.load(f"{file}.probe.npz")
        self.assertTrue(exported.in_units_of_the_table(probe["rows"]))
        (answer,) = answers([(file, {"rows": probe["rows"]})])
        self.assertNotIn("error", answer)
        self.assertLess(exported.distance(probe["logits"], answer["logits"]), exported.TOLERANCE)

    def test_any_number_of_images_goes_at_once(self):
        file = self.exports.export("generator", "onnx", "one.onnx", "--learner", "base_fc")
        probe = numpy.load(f"{file}.probe.npz")
        (answer,) = answers([(file, {"pixels": probe["pixels"][3:4]})])
        self.assertLess(exported.distance(probe["logits"][3:4], answer["logits"]), exported.TOLERANCE)

    def test_the_generator_makes_the_curriculum_again(self):
        file = self.exports.export("generator", "onnx", "generator.onnx")
        probe = numpy.load(f"{file}.probe.npz")
        self.exports.must("export", self.exports.root / "generator", "--out", self.exports.root / "teacher.npz")
        teacher = numpy.load(self.exports.root / "teacher.npz")
        told = answers([(file, {"z": z, "labels": probe["labels"]}) for z in probe["z"]])
        self.assertEqual(len(told), 4)
        for ours, stored, answer in zip(probe["images"], teacher["images"], told):
            self.assertNotIn("error", answer)
            self.assertLess(exported.distance(ours, answer["images"]), exported.TOLERANCE)
            self.assertLess(exported.distance(stored, answer["images"]), exported.TOLERANCE)
            pixels = stored * teacher["std"][:, None, None] + teacher["mean"][:, None, None]
            self.assertLess(exported.distance(pixels.clip(0, 1), answer["pixels"]), exported.TOLERANCE)


if __name__ == "__main__":
    if not (MODULES / "onnxruntime-node").is_dir() or not shutil.which("node"):
        print("skipped: no Node.js, or no ONNX Runtime; tools/fetch_onnxruntime installs it")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
