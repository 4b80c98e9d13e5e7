"""The comment lines at the head of a configuration."""
import re
import shlex
import textwrap

FIELDS = ("Cost", "Expected", "Evaluate")


class Header:
    """title: what the run is; cost, expected: one sentence each, empty where missing; evaluate, evaluate_file: arguments of each call."""

    def __init__(self, text):
        self.title, self.cost, self.expected, self.evaluate, self.evaluate_file = "", "", "", [], []
        for line in text.splitlines():
            if not line.startswith("#"):
                break
            self.add(line.lstrip("#").strip())

    def add(self, line):
        field, _, rest = line.partition(":")
        if field == "Evaluate":
            self.evaluate.append(shlex.split(rest))
        elif field == "Evaluate the file":
            self.evaluate_file.append(shlex.split(rest))
        elif field == "Cost":
            self.cost = rest.strip()
        elif field == "Expected":
            self.expected = rest.strip()
        elif not self.cost and not self.expected:
            self.title = f"{self.title} {line}".strip()


def names(root):
    return sorted(path.stem for path in (root / "configs").glob("*.toml"))


def read(root, name):
    return Header((root / "configs" / f"{name}.toml").read_text(encoding="utf-8"))


def field(root, name, word):
    """What the comment line "# WORD: ..." of a configuration says; None where it has none."""
    match = re.search(rf"^# {word}:\s*(\S.*?)\s*$", (root / "configs" / f"{name}.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return match and match.group(1)


def faults(root):
    """What the headers of configs/ lack, as lines to print."""
    found = []
    for name in names(root):
        header = read(root, name)
        for field, value in (("Cost", header.cost), ("Expected", header.expected), ("Evaluate", header.evaluate)):
            if not value:
                found.append(f"configs/{name}.toml: its first comment lines lack \"# {field}: ...\"")
    return found


def listing(root, known):
    lines = []
    for name in known:
        header = read(root, name)
        lines.append(name)
        for text in (header.title, f"Cost: {header.cost}", f"Expected: {header.expected}"):
            lines += textwrap.wrap(text, 110, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines + ["", "tools/reproduce NAME trains and judges one; --help says more."])


def setting(text, key):
    """A top-level value of a configuration's text, as it stands there without quotes; None where there is none."""
    match = re.search(rf"^{key}\s*=\s*\"?([^\"#\n]*?)\"?\s*(#.*)?$", text.split("\n[", 1)[0], re.MULTILINE)
    return match and match.group(1)
