"""The comment lines at the head of a configuration."""
import re
import shlex
import textwrap

FIELDS = ("Cost", "Expected", "Evaluate")  # of a training; other kinds have their own
WORDS = {*FIELDS, "Evaluate the file", "Teacher", "Seeds"}


class Header:
    """title: what the run is. first(WORD): what the first line "# WORD: ..." says, empty where there is none; calls(WORD): the
    arguments of each such line."""

    def __init__(self, text):
        self.title, self.lines = "", {}
        for line in text.splitlines():
            if not line.startswith("#"):
                break
            text = line.lstrip("#").strip()
            word, _, rest = text.partition(":")
            if word in WORDS:
                self.lines.setdefault(word, []).append(rest.strip())
            elif not self.lines:
                self.title = f"{self.title} {text}".strip()

    def first(self, word):
        return self.lines.get(word, [""])[0]

    def calls(self, word):
        return [shlex.split(line) for line in self.lines.get(word, [])]


def names(root, prefix=""):
    return sorted(prefix + path.stem for path in (root / "configs" / prefix).glob("*.toml"))


def read(root, name):
    return Header((root / "configs" / f"{name}.toml").read_text(encoding="utf-8"))


def faults(root, prefix="", fields=FIELDS):
    """What the headers of configs/ lack, as lines to print."""
    return [f"configs/{name}.toml: its first comment lines lack \"# {field}: ...\""
            for name in names(root, prefix) for field in fields if not read(root, name).first(field)]


def listing(root, known):
    lines = []
    for name in known:
        header = read(root, name)
        lines.append(name)
        for text in (header.title, f"Cost: {header.first('Cost')}", f"Expected: {header.first('Expected')}"):
            lines += textwrap.wrap(text, 110, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines + ["", "tools/reproduce NAME trains and judges one; --help says more."])


def setting(text, key):
    """A top-level value of a configuration's text, as it stands there without quotes; None where there is none."""
    match = re.search(rf"^{key}\s*=\s*\"?([^\"#\n]*?)\"?\s*(#.*)?$", text.split("\n[", 1)[0], re.MULTILINE)
    return match and match.group(1)
