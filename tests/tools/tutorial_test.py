#!/usr/bin/env python3
"""tools/run_tutorial on a page of its own. usage: tutorial_test.py GTN REPOSITORY"""
import json
import pathlib
import re
import sys
import tempfile
import unittest

import support

GTN, REPOSITORY = map(pathlib.Path, sys.argv[1:3])
PAGE = """# A page
<!-- measured -->
old
<!-- end -->
```console
$ gtn --version
old
$ printf '1\\n2\\n3\\n4\\n\\nend\\nof all\\n\\nrest\\n'
1
2
...

end
...

a part that was longer
...
```
Prose, and another block:
```sh
$ not run
```
"""


class Tutorial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.page = self.root / "page.md"

    def call(self, text):
        self.page.write_text(text, encoding="utf-8")
        return support.run(sys.executable, REPOSITORY / "tools" / "run_tutorial", self.root / "out", "--page", self.page, "--gtn", GTN)

    def test_what_commands_say_takes_the_place_of_what_they_said(self):
        code, output = self.call(PAGE)
        self.assertEqual(code, 0, output)
        page = self.page.read_text(encoding="utf-8")
        self.assertIn("1\n2\n...\n\nend\n...\n\nrest\n```\n", page)
        self.assertRegex(page, r"\$ gtn --version\n(gtn )?\d+\.\d+\.\d+\n\$ printf")
        self.assertRegex(page, r"<!-- measured -->\n`tools/run_tutorial` ran it in .*`gtn --version` .*\n<!-- end -->")
        self.assertIn("```sh\n$ not run\n```", page)
        self.assertNotIn("old", page)
        record = json.loads((self.root / "out" / "seconds.json").read_text(encoding="utf-8"))
        self.assertEqual([one["command"][:6] for one in record["commands"]], ["gtn --", "printf"])

    def test_a_command_that_fails_leaves_the_page(self):
        text = PAGE.replace("gtn --version", "gtn --nonsense")
        code, output = self.call(text)
        self.assertEqual(code, 1)
        self.assertRegex(output, r"run_tutorial: `gtn --nonsense` failed \(exit code 2\)")
        self.assertEqual(self.page.read_text(encoding="utf-8"), text)

    def test_a_page_without_a_place_for_the_seconds_is_refused_before_anything_runs(self):
        code, output = self.call(PAGE.replace("<!-- end -->", ""))
        self.assertEqual(code, 1)
        self.assertIn("has no ```console block, or not the marks", output)
        self.assertFalse((self.root / "out").exists())

    def test_the_tutorial_has_commands_and_a_place_for_their_seconds(self):
        page = (REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")
        self.assertTrue(re.search(r"<!-- measured -->\n`tools/run_tutorial` ran it in .*\n<!-- end -->", page), "its seconds are missing")
        for verb in ("preflight", "train", "search", "report"):
            self.assertTrue(re.search(rf"^\$ gtn {verb} ", page, re.M), verb)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
