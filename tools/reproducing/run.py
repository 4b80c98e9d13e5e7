"""Training and judging a configuration by the program, and keeping what came out."""
import datetime
import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from . import header
from .failure import Failure

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# What the whole teacher alone is put through: the small file has but to teach as well.
LONG = {"--speedup", "--matrix", "--to-end", "--shuffle", "--robustness"}


class Program:
    """gtn, and the flags that every call takes."""

    def __init__(self, path, flags, root):
        self.path, self.flags, self.root = path, flags, root

    @classmethod
    def found(cls, arguments):
        path = arguments.gtn or REPOSITORY / "build" / "release" / "gtn"
        if not path.is_file():
            raise Failure(f"there is no {path}; build it by ./quickstart --build, or say where it is by --gtn")
        flags = ["--threads", str(arguments.threads)] if arguments.threads else []
        data = ["--data", str(Path(arguments.data).resolve())] if arguments.data else []
        return cls(path.resolve(), flags + data, arguments.root.resolve())  # where "runs/..." of a configuration lies

    def call(self, words, output=None, machine=True):
        """Runs it to its end; its standard output goes to the file `output`, or is shown."""
        command = [str(self.path), *map(str, words), *(self.flags if machine else [])]
        print("$ gtn " + " ".join(command[1:]), flush=True)
        if output is None:
            code = patient(command, cwd=self.root)
        else:
            part = output.with_name(output.name + ".part")
            with open(part, "wb") as stream:
                code = patient(command, stdout=stream, cwd=self.root)
            if code == 0:
                part.replace(output)
            else:
                part.unlink()
        if code in (130, -signal.SIGINT):
            raise KeyboardInterrupt
        if code != 0:
            raise Failure(f"`gtn {command[1]}` failed (exit code {code}); what it said stands above")


def patient(command, **options):
    """Runs a command; Ctrl-C is for it alone, which may still have a checkpoint to write."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, **options).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def write_json(path, value):
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def read_json(path, otherwise=None):
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else otherwise


def commit():
    """As `git describe` puts it, "-dirty" where the program's sources differ from it; "unknown" outside of a clone."""
    git = ["git", "-C", str(REPOSITORY)]
    sources = ["gtn", "cli", "cmake", "CMakeLists.txt"]
    try:
        name = subprocess.run([*git, "describe", "--always", "--abbrev=7"], capture_output=True, check=True, text=True).stdout.strip()
        clean = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", *sources]).returncode == 0
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name if clean else name + "-dirty"


def machine():
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.is_file() else []
    fields = dict(tuple(map(str.strip, line.split(":", 1))) for line in lines if ":" in line)
    return {"cpu": fields.get("model name", "unknown"), "cores": len(os.sched_getaffinity(0))}


def today():
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def started_from(root, name):
    """The configuration whose teacher this one starts from (start = "runs/OTHER"); None where there is none."""
    start = header.setting((root / "configs" / f"{name}.toml").read_text(encoding="utf-8"), "start") or ""
    return start.removeprefix("runs/") if start.startswith("runs/") else None


def took(folder):
    """What the program notes of a run, sitting by sitting: its seconds in all, and the machine of the last. What a run of before it
    noted these has in reproduce.json."""
    sittings = read_json(folder / "sittings.json", [])
    if not sittings:
        noted = read_json(folder / "reproduce.json", {})
        return {"seconds": noted.get("seconds"), "machine": noted.get("machine", machine())}
    return {"seconds": sum(sitting["seconds"] for sitting in sittings),
            "machine": {key: sittings[-1][key] for key in ("cpu", "cores")}}


def training_seconds(root, name):
    """Of this run and those that it started from; None where one is not known."""
    first = started_from(root, name)
    parts = [took(root / "runs" / name)["seconds"], training_seconds(root, first) if first else 0]
    return None if None in parts else sum(parts)


def sign(folder):
    """Notes in a run's folder by which sources it came to its end, and when."""
    write_json(folder / "reproduce.json", {"commit": commit(), "date": today()})


def signed(folder):
    """That; of a run that nobody signed, what holds now."""
    notes = read_json(folder / "reproduce.json", {})
    return {"commit": notes.get("commit", commit()), "date": notes.get("date", today())}


def train(root, name, program):
    """Brings runs/NAME to its end, and the run that it starts from before it."""
    folder = root / "runs" / name
    if (folder / "DONE").exists():
        return
    first = started_from(root, name)
    if first:
        train(root, first, program)
    how = ["--resume", folder] if (folder / "config.toml").exists() else ["--config", root / "configs" / f"{name}.toml", "--out", folder]
    program.call(["train", *how])
    sign(folder)


def reproduce(root, name, program):
    """Trains, judges and stores: results/NAME/ holds config.toml, result.json and one evaluation-N.json a line."""
    lines = header.read(root, name).calls("Evaluate")
    if not lines:
        raise Failure(f"configs/{name}.toml says no \"# Evaluate: ...\"; see tools/reproduce --help")
    train(root, name, program)
    folder, run = root / "results" / name, root / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(lines, start=1):
        program.call(["evaluate", run, *line, "--json"], folder / f"evaluation-{number}.json")
    keep_only(folder, "evaluation", len(lines))
    shutil.copyfile(run / "config.toml", folder / "config.toml")
    seed = header.setting((run / "config.toml").read_text(encoding="utf-8"), "seed")
    write_json(folder / "result.json", {
        "name": name,
        "seed": int(seed or 1),
        **signed(run),
        "machine": took(run)["machine"],
        "training_seconds": training_seconds(root, name),
        "evaluations": [{"command": call_text(f"runs/{name}", line), "file": f"evaluation-{number}.json"} for number, line in enumerate(lines, start=1)],
    })


def call_text(what, line):
    """A call of `gtn evaluate` as a person types it."""
    return " ".join(["gtn evaluate", what, *(f"'{word}'" if " " in word else word for word in line), "--json"])


def keep_only(folder, stem, count):
    """Of the files STEM-1.json, STEM-2.json and so on the first `count`: others are of lines that the header has no more."""
    kept = [f"{stem}-{number}.json" for number in range(1, count + 1)]
    for old in folder.glob(f"{stem}*.json"):
        if old.name not in kept:
            old.unlink()


def give_away(root, name, program):
    """pretrained/NAME.safetensors, and what there is to say of it: results/NAME/pretrained.json."""
    small, folder = root / "pretrained" / f"{name}.safetensors", root / "results" / name
    small.parent.mkdir(exist_ok=True)
    program.call(["export", root / "runs" / name, "--format", "safetensors", "--out", small], machine=False)
    parts = folder / "evaluation.part.json", folder / "about.part.json"
    try:
        line = [word for word in header.read(root, name).calls("Evaluate")[0] if word not in LONG]
        program.call(["evaluate", small, *line, "--json"], parts[0])
        program.call(["inspect", small, "--json"], parts[1], machine=False)
        about = read_json(parts[1])
        del about["config"]  # results/NAME/config.toml
        write_json(folder / "pretrained.json", {
            "file": f"pretrained/{name}.safetensors", "bytes": small.stat().st_size,
            "sha256": hashlib.sha256(small.read_bytes()).hexdigest(), "about": about, "evaluation": read_json(parts[0])})
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
