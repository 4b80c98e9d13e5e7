#!/usr/bin/env python3
"""tools/reproduce on a toy. usage: reproduce_test.py GTN REPOSITORY"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import support

GTN, REPOSITORY = map(pathlib.Path, sys.argv[1:3])


class Reproduce(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        support.write_root(self.root)

    def call(self, *words, code=0):
        got, output = support.run(sys.executable, REPOSITORY / "tools" / "reproduce", "--root", self.root, "--gtn", GTN,
                                  "--threads", 1, *words)
        self.assertEqual(got, code, output)
        return output

    def json(self, name):
        return json.loads((self.root / "results" / "toy" / name).read_text(encoding="utf-8"))

    def spent(self, name):
        """The seconds of a run in all of its sittings."""
        return sum(one["seconds"] for one in json.loads((self.root / "runs" / name / "sittings.json").read_text(encoding="utf-8")))

    def test_trains_judges_stores_and_writes_the_pages(self):
        self.call("toy", "--pretrained")
        result = self.json("result.json")
        self.assertEqual([e["file"] for e in result["evaluations"]], ["evaluation-1.json", "evaluation-2.json"])
        self.assertIn("--learner 'flatten linear(8) relu linear(classes)'", result["evaluations"][0]["command"])
        self.assertGreater(result["training_seconds"], 0)
        self.assertEqual(result["seed"], 1)
        self.assertTrue(result["commit"] and result["date"] and result["machine"]["cpu"])
        self.assertIn("steps = 4", (self.root / "results" / "toy" / "config.toml").read_text(encoding="utf-8"))
        page = (self.root / "docs" / "results.md").read_text(encoding="utf-8")
        mean = self.json("evaluation-1.json")["learners"][0]["synthetic"]["mean"]
        self.assertIn(f"| [toy](../configs/toy.toml) | mlp | 4 x 9 | {mean:.1f} ± ", page)
        self.assertEqual(page.count("[toy]"), 3)
        card = (self.root / "pretrained" / "toy.md").read_text(encoding="utf-8")
        small = self.json("pretrained.json")
        self.assertEqual(small["bytes"], (self.root / "pretrained" / "toy.safetensors").stat().st_size)
        for part in (small["sha256"], "4 steps of 9 images 1 x 8 x 8", f"| mlp | {mean:.1f}", "## Limits"):
            self.assertIn(part, card)
        self.assertIn("[toy](toy.md)", (self.root / "pretrained" / "README.md").read_text(encoding="utf-8"))
        self.call("--check")

        (self.root / "docs" / "results.md").write_text(page.replace("mlp", "MLP"), encoding="utf-8")
        self.assertIn("docs/results.md: is not what results/ gives", self.call("--check", code=1))
        self.call("--table")
        self.call("--check")
        self.assertNotIn("gtn train", self.call("toy"))  # there is nothing left to train
        self.assertEqual(self.json("result.json"), result)

    def test_goes_on_where_training_stopped_and_keeps_old_results_until_there_are_new_ones(self):
        run = self.root / "runs" / "toy"
        self.call("toy")
        (run / "DONE").unlink()
        before = self.json("evaluation-1.json")["learners"][0]["synthetic"]
        self.assertIn(f"$ gtn train --resume {run}", self.call("toy"))
        self.assertEqual(self.json("evaluation-1.json")["learners"][0]["synthetic"], before)
        config = self.root / "configs" / "toy.toml"
        config.write_text(config.read_text(encoding="utf-8").replace("--learner base_fc", "--learner no_such_net"), encoding="utf-8")
        self.assertIn("`gtn evaluate` failed (exit code 2)", self.call("toy", code=1))
        self.assertIn("synthetic", self.json("evaluation-2.json"))

    def test_a_teacher_that_another_starts_from_is_trained_before_it_and_counted(self):
        config = (self.root / "configs" / "toy.toml").read_text(encoding="utf-8")
        (self.root / "configs" / "more.toml").write_text(config.replace("real_batch", 'start = "runs/toy"\nreal_batch', 1), encoding="utf-8")
        output = self.call("more")
        self.assertLess(output.index(f"--out {self.root}/runs/toy"), output.index(f"--out {self.root}/runs/more"))
        spent = [self.spent(name) for name in ("toy", "more")]
        result = json.loads((self.root / "results" / "more" / "result.json").read_text(encoding="utf-8"))
        self.assertAlmostEqual(result["training_seconds"], sum(spent))

    def test_an_interrupt_is_the_programs_and_loses_nothing(self):
        config, metrics = self.root / "configs" / "toy.toml", self.root / "runs" / "toy" / "metrics.jsonl"
        config.write_text(config.read_text(encoding="utf-8").replace("iterations = 12", "iterations = 1000"), encoding="utf-8")
        tool = subprocess.Popen([sys.executable, REPOSITORY / "tools" / "reproduce", "--root", self.root, "--gtn", GTN, "--threads", "1",
                                 "toy"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while not metrics.is_file() or len(metrics.read_bytes().splitlines()) < 5:
            self.assertIsNone(tool.poll())
            time.sleep(0.01)
        os.killpg(tool.pid, signal.SIGINT)
        self.assertEqual(tool.wait(timeout=60), 130)
        self.assertTrue((metrics.parent / "checkpoint.safetensors").is_file())
        first = self.spent("toy")
        self.call("toy")
        self.assertGreater(self.json("result.json")["training_seconds"], first)

    def test_lists_what_there_is_and_names_what_is_missing(self):
        listing = self.call()
        for part in ("toy\n", "A toy.", "Cost: a second.", "Expected: nothing."):
            self.assertIn(part, listing)
        self.assertIn("there is no configs/tyo.toml; there are: toy", self.call("tyo", code=1))
        (self.root / "configs" / "bare.toml").write_text("# Something.\nseed = 1\n", encoding="utf-8")
        faults = self.call("--check", code=1)
        for field in ("Cost", "Expected", "Evaluate"):
            self.assertIn(f'configs/bare.toml: its first comment lines lack "# {field}: ..."', faults)

    def test_a_file_is_judged_without_its_run(self):
        config = self.root / "configs" / "toy.toml"
        self.assertIn('says no "# Evaluate the file: ..."', self.call("toy", "--file", code=1))
        lines = config.read_text(encoding="utf-8").split("\n")
        place = next(i for i, line in enumerate(lines) if line.startswith("# Evaluate:"))
        lines.insert(place, "# Evaluate the file: --learner mlp --learner 'gap linear(classes)' --seeds 2 --controls none --shuffle --robustness "
                            "--robustness-steps 2")
        config.write_text("\n".join(lines), encoding="utf-8")
        self.assertIn("toy.safetensors is not there", self.call("toy", "--file", code=1))
        self.call("toy", "--pretrained")
        shutil.rmtree(self.root / "runs")
        self.assertNotIn("gtn train", self.call("toy", "--file"))
        rows = self.json("file-1.json")["evaluation"]["learners"]
        page = (self.root / "docs" / "results.md").read_text(encoding="utf-8")
        self.assertIn(f"| mlp | {rows[0]['synthetic']['mean']:.1f} ± ", page[page.index("## From the files alone"):])
        wins = sum(row["synthetic"]["mean"] > row["real"]["mean"] for row in rows)
        self.assertIn(f"{wins} of 2 are better than on real data", page)
        self.assertIn(f"| {rows[0]['order']['all_shuffled']['mean']:.1f} ± ", page)
        self.assertIn("| mlp | blur 3 | ", page)
        self.call("--check")

    def test_a_study_is_measured_and_shown(self):
        (self.root / "configs" / "study").mkdir()
        config = self.root / "configs" / "study" / "small.toml"
        text = ("# A small study.\n# Cost: a second.\n# Teacher: runs/toy\nspace = \"convnet\"\narchitectures = 3\nreal_steps = 4\n"
                "estimators = [\"teacher\", \"real\", \"params\"]\n[truth]\nsteps = 2\nbatch = 8\n")
        config.write_text(text, encoding="utf-8")
        self.assertIn('configs/study/small.toml: its first comment lines lack "# Expected: ..."', self.call("--check", code=1))
        config.write_text(text.replace("# Teacher", "# Expected: little.\n# Teacher"), encoding="utf-8")
        self.assertIn("study/small\n", self.call())
        self.call("toy")
        self.call("study/small")
        kept = self.root / "results" / "study"
        said = json.loads((kept / "small.said.json").read_text(encoding="utf-8"))
        self.assertEqual(said["spaces"][0]["architectures"], 3)
        self.assertGreater(said["run"]["seconds"], 0)
        rho = said["spaces"][0]["estimators"][-1]["spearman"]
        page = (self.root / "docs" / "studies.md").read_text(encoding="utf-8")
        self.assertIn(f"| params | – | 0.00 | {rho:.3f} | ", page)
        self.assertIn("3 architectures, truth after 2 steps", page)
        self.assertIn("| [small](studies.md) | convnet | ", (self.root / "docs" / "results.md").read_text(encoding="utf-8"))
        self.assertIn("<svg", (kept / "small.svg").read_text(encoding="utf-8"))
        self.assertNotIn("gtn study --resume", self.call("study/small"))
        self.assertEqual(json.loads((kept / "small.said.json").read_text(encoding="utf-8")), said)
        self.call("--check")
        (kept / "small.said.json").write_text(json.dumps(said | {"run": said["run"] | {"commit": "other"}}), encoding="utf-8")
        self.assertIn("docs/studies.md: is not what results/ gives", self.call("--check", code=1))

    def test_a_search_is_run_for_every_seed(self):
        (self.root / "configs" / "search").mkdir()
        text = ("# Two small searches.\n# Cost: a second.\n# Expected: little.\n# Teacher: runs/toy\n# Seeds: 2\nspace = \"mlp\"\ncandidates = 3\n"
                "calibration = 0\nestimator = \"real\"\n[final]\nbest = 1\nsteps = 4\nbatch = 8\n")
        config = self.root / "configs" / "search" / "small.toml"
        config.write_text(text.replace("# Seeds: 2\n", "# Seeds:\n"), encoding="utf-8")
        self.assertIn('configs/search/small.toml: its first comment lines lack "# Seeds: ..."', self.call("--check", code=1))
        config.write_text(text, encoding="utf-8")
        self.call("toy")
        self.call("search/small")
        stored = json.loads((self.root / "results" / "search" / "small.json").read_text(encoding="utf-8"))
        self.assertEqual([row["seed"] for row in stored["rows"]], [1, 2])
        for row in stored["rows"]:
            self.assertEqual((row["estimator"], row["candidates"], row["trained"]), ("real", 3, 1))
            self.assertGreater(row["seconds"], 0)
        mean = sum(row["winner"]["test"] for row in stored["rows"]) / 2
        self.assertIn(f" | {mean:.2f} ± ", (self.root / "docs" / "results.md").read_text(encoding="utf-8"))
        for seed in (1, 2):
            notes = self.root / "runs" / "search" / f"small-{seed}" / "reproduce.json"
            notes.write_text(notes.read_text(encoding="utf-8").replace(stored["rows"][0]["commit"], "earlier"), encoding="utf-8")
        self.call("search/small")
        again = json.loads((self.root / "results" / "search" / "small.json").read_text(encoding="utf-8"))
        self.assertEqual({row["commit"] for row in again["rows"]}, {"earlier"})
        self.assertEqual(again["rows"], [row | {"commit": "earlier"} for row in stored["rows"]])
        self.call("--check")

    def test_stored_studies_say_what_their_tables_give(self):
        for said in sorted((REPOSITORY / "results" / "study").glob("*.said.json")):
            table = said.with_name(said.name.removesuffix(".said.json") + ".json")
            code, output = support.run(GTN, "study", "--json", table)
            self.assertEqual(code, 0, output)
            self.expect_close(json.loads(output)["spaces"], json.loads(said.read_text(encoding="utf-8"))["spaces"])

    def expect_close(self, ours, theirs):
        """The same but for the last bits of sums, which differ between processors."""
        if isinstance(theirs, float):
            self.assertAlmostEqual(ours, theirs, delta=0.003)
        elif isinstance(theirs, (list, dict)):
            self.assertEqual(len(ours), len(theirs))
            for key in (theirs if isinstance(theirs, dict) else range(len(theirs))):
                self.expect_close(ours[key], theirs[key])
        else:
            self.assertEqual(ours, theirs)

    def test_controls_that_an_evaluation_adds_become_columns(self):
        self.call("toy")
        path = self.root / "results" / "toy" / "evaluation-2.json"
        row = json.loads(path.read_text(encoding="utf-8"))
        row["kmeans_soft"] = {"mean": 12.34, "std": 0.56}
        row["speedup"] = {"ratio": 3.25, "bound": "at_least"}
        row["images"] = 18
        path.write_text(json.dumps(row), encoding="utf-8")
        self.call("--table")
        page = (self.root / "docs" / "results.md").read_text(encoding="utf-8")
        self.assertIn("| real data, tuned | kmeans | kmeans soft | real steps for one | seeds |", page)
        self.assertIn("| 12.3 ± 0.6 | ≥ 3.2 | 1 |", page)
        self.assertIn("| base_fc | 4 x 9 (18 images) |", page)
        self.assertIn("| – | – | 2 |", page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
