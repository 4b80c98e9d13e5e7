#!/usr/bin/env python3
"""Enforces the floors of the house (docs/architecture.md) over the #include lines of gtn/ and cli/.

usage: tools/check_layers.py [ROOT]       exit 1 and one line a fault: file:line: what; what to do
       tools/check_layers.py --self-test  plants faults in a temporary folder and expects each to be found
"""

import pathlib
import re
import sys
import tempfile

# floor: the floors it may include beside itself.
MAY_INCLUDE = {
    "core": [],
    "data": ["core"],
    "kernels": [],
    "nets": ["core", "kernels"],
    "unroll": ["core", "data", "nets"],
    "teacher": ["core", "data", "nets", "unroll"],
    "search": ["core", "data", "nets", "unroll"],
    "runs": ["core"],
    "report": ["core", "runs"],
    "exchange": ["core", "data", "nets", "teacher"],
    "preflight": ["core", "data", "nets", "unroll"],
}
LIBTORCH = ("torch/", "ATen/", "c10/", "caffe2/")
LONGEST_FILE = 400
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def include_fault(floor, quote, target):
    """What is wrong with one include of a file on `floor` (None: cli/); None where nothing is."""
    parts = target.split("/")
    if target.startswith(LIBTORCH) and floor != "core":
        return f'only gtn/core/ may include LibTorch; include "gtn/core/tensor.h" instead of <{target}>'
    if floor is None:
        return None
    if parts[0] == "cli":
        return f"nothing in gtn/ may include '{target}'; the program stands above the library"
    if parts[0] != "gtn":
        if quote == '"':
            return f'"{target}" hides its floor; write "gtn/<floor>/<file>.h", and <...> for other libraries'
        return None
    if len(parts) != 3 or parts[1] not in MAY_INCLUDE:
        return f"'{target}' is on no known floor; the floors are: {', '.join(MAY_INCLUDE)}"
    if parts[1] != floor and parts[1] not in MAY_INCLUDE[floor]:
        allowed = ", ".join(MAY_INCLUDE[floor]) or "no other floor"
        return f"floor '{floor}' may not include '{parts[1]}'; it may include: {allowed}"
    return None


def faults(root):
    """All faults of the tree under `root`, as lines to print, in the order of the files."""
    found = []
    for path in sorted(p for top in ("gtn", "cli", "tests") for p in (root / top).rglob("*") if p.suffix in (".h", ".cpp")):
        where = path.relative_to(root)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) > LONGEST_FILE:
            found.append(f"{where}:{LONGEST_FILE + 1}: {len(lines)} lines, more than {LONGEST_FILE}; split the file")
        if where.parts[0] == "tests":
            continue
        floor = where.parts[1] if where.parts[0] == "gtn" else None
        if floor is not None and (floor not in MAY_INCLUDE or len(where.parts) != 3):
            found.append(f"{where}:1: lies on no known floor; the floors are: {', '.join(MAY_INCLUDE)}")
            continue
        for number, line in enumerate(lines, start=1):
            match = INCLUDE.match(line)
            fault = match and include_fault(floor, *match.groups())
            if fault:
                found.append(f"{where}:{number}: {fault}")
    return found


def self_test():
    good = {
        "gtn/core/tensor.h": "#include <torch/types.h>\n#include <vector>\n",
        "gtn/teacher/teacher.cpp": '#include "gtn/teacher/teacher.h"\n#include "gtn/unroll/unroll.h"\n',
        "gtn/report/sheet.cpp": '#include "gtn/runs/run_directory.h"\n#include <png.h>\n',
        "cli/train.cpp": '#include "cli/verbs.h"\n#include "gtn/search/search.h"\n',
        "tests/nets/net_test.cpp": '#include "gtn/teacher/teacher.h"\n',
        "gtn/core/longest.cpp": "\n" * LONGEST_FILE,
    }
    bad = {  # each is one fault, at the line and with the words given
        "gtn/data/a.h": ("\n" '#include "gtn/unroll/unroll.h"\n', 2, "floor 'data' may not include 'unroll'; it may include: core"),
        "gtn/teacher/b.h": ('#include "gtn/search/s.h"\n', 1, "floor 'teacher' may not include 'search'"),
        "gtn/search/c.h": ('  #  include "gtn/teacher/t.h"\n', 1, "floor 'search' may not include 'teacher'"),
        "gtn/core/d.cpp": ('#include "gtn/data/batch.h"\n', 1, "it may include: no other floor"),
        "gtn/nets/e.cpp": ("#include <ATen/ATen.h>\n", 1, "only gtn/core/ may include LibTorch"),
        "gtn/nets/f.cpp": ("#include <c10/util/Half.h>\n", 1, 'include "gtn/core/tensor.h" instead'),
        "cli/g.cpp": ("#include <torch/torch.h>\n", 1, "only gtn/core/ may include LibTorch"),
        "gtn/runs/h.cpp": ('#include "cli/verbs.h"\n', 1, "nothing in gtn/ may include 'cli/verbs.h'"),
        "gtn/runs/i.cpp": ('#include "../data/batch.h"\n', 1, "hides its floor"),
        "gtn/runs/j.cpp": ('#include "gtn/attic/old.h"\n', 1, "'gtn/attic/old.h' is on no known floor"),
        "gtn/attic/k.h": ("", 1, "lies on no known floor"),
        "tests/core/l_test.cpp": ("\n" * (LONGEST_FILE + 1), LONGEST_FILE + 1, "401 lines, more than 400; split the file"),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**good, **{name: text for name, (text, _, _) in bad.items()}}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        found = faults(root)
    missed = [name for name, (_, line, words) in bad.items()
              if sum(f.startswith(f"{name}:{line}: ") and words in f for f in found) != 1]
    extra = [fault for fault in found if fault.split(":")[0] not in bad]
    for name in missed:
        print(f"self-test: the fault planted in {name} was not found")
    for fault in extra:
        print(f"self-test: wrongly found: {fault}")
    return 1 if missed or extra or len(found) != len(bad) else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent)
    if not (root / "gtn").is_dir():
        print(f"{root}: holds no folder gtn/; give the root of the repository", file=sys.stderr)
        return 2
    found = faults(root)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
