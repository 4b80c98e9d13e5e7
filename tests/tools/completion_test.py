#!/usr/bin/env python3
"""gtn completion in the shells that are here, and gtn manual. usage: completion_test.py GTN REPOSITORY"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import support

GTN = pathlib.Path(sys.argv[1])

BASH = """source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gtn; printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.scripts = {}
        for shell in ("bash", "fish", "zsh"):
            cls.scripts[shell] = cls.root / f"gtn.{shell}"
            cls.scripts[shell].write_text(support.must(GTN, "completion", shell), encoding="utf-8")
        cls.help = support.must(GTN, "--help")
        cls.manual = support.must(GTN, "manual")

    def bash(self, *words):
        said = subprocess.run(["bash", "-c", BASH, "bash", self.scripts["bash"], "gtn", *words], capture_output=True, text=True, check=True)
        self.assertEqual(said.stderr, "")
        return said.stdout.split()

    def verbs_of_help(self):
        listed = self.help.split("Subcommands:\n")[1].split("\n\n")[0]
        return re.findall(r"^  (\w+) ", listed, re.MULTILINE)

    def test_bash_completes_verbs_options_and_values(self):
        self.assertEqual(self.bash(""), self.verbs_of_help())
        self.assertEqual(self.bash("eva"), ["evaluate"])
        self.assertEqual(self.bash("evaluate", "run", "--mat"), ["--matrix"])
        self.assertEqual(self.bash("trials", "sh"), ["show"])
        self.assertEqual(self.bash("trials", "list", "run", "--state", "f"), ["failed"])
        self.assertEqual(self.bash("completion", ""), ["bash", "fish", "zsh"])
        self.assertEqual(self.bash("train", "--config", "--o"), [])  # a file's name: the shell's own business
        self.assertEqual(self.bash("train", "--config", "x.toml", "--o"), ["--out"])

    def test_bash_offers_every_option(self):
        for verb in ("train", "evaluate"):  # each start of the program costs a second
            shown = support.must(GTN, verb, "--help").split("\nExample:")[0]
            options = set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", shown, re.MULTILINE))
            self.assertEqual(options, {word for word in self.bash(verb, "-") if word.startswith("--")}, verb)

    def test_fish_completes_with_meanings(self):
        if not shutil.which("fish"):
            self.skipTest("no fish")

        def fish(line):
            code, said = support.run("fish", "--no-config", "-c", f"source {self.scripts['fish']}; complete -C '{line}'")
            self.assertEqual(code, 0, said)
            return said.splitlines()

        self.assertEqual([line.split("\t")[0] for line in fish("gtn eva")], ["evaluate"])
        self.assertRegex(fish("gtn train --resu")[0], r"^--resume\tgo on with")
        self.assertEqual([line.split("\t")[0] for line in fish("gtn trials list x --state ")], ["done", "failed", "running", "waiting"])
        self.assertEqual([line.split("\t")[0] for line in fish("gtn completion ")], ["bash", "fish", "zsh"])

    def test_zsh_defines_the_completion(self):
        if not shutil.which("zsh"):
            self.skipTest("no zsh")
        asked = "autoload -Uz compinit; compinit -D -u; source " + str(self.scripts["zsh"]) + "; print $_comps[gtn]"
        self.assertEqual(support.must("zsh", "-f", "-c", asked), "_gtn\n")
        # With stand-ins for zsh's own functions, which answer on a terminal only.
        stand_in = ("_describe() { print -l -- ${(P)2} }; _files() { print FILES }; compadd() { shift; print -l -- $@ }; compdef() { }; "
                    f"source {self.scripts['zsh']}; words=(gtn $@); CURRENT=$#words; _gtn")

        def zsh(*words):
            return support.must("zsh", "-f", "-c", stand_in, "zsh", *words).splitlines()

        self.assertEqual([line.split(":")[0] for line in zsh("x")], self.verbs_of_help())
        self.assertIn("--matrix", [line.split(":")[0] for line in zsh("evaluate", "--m")])
        self.assertEqual(zsh("trials", "list", "--state", "x"), ["waiting", "running", "done", "failed"])
        self.assertEqual(zsh("train", "--config", "x"), ["FILES"])

    def test_manual_has_every_verb_and_no_fault(self):
        for verb in self.verbs_of_help():
            self.assertIn(f".SS \\fBgtn {verb}\\fR\n", self.manual)
        self.assertNotIn("gtn manual", self.manual)  # hidden
        self.assertIn(r"\fB\-\-speedup\fR", self.manual)
        if not shutil.which("man"):
            self.skipTest("no man")
        page = self.root / "gtn.1"
        page.write_text(self.manual, encoding="utf-8")
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, check=True,
                              env={"MANWIDTH": "100", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.stderr, "")
        self.assertIn("gtn evaluate runs/quickstart --matrix --speedup --seeds 3", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
