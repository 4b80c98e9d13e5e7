#!/usr/bin/env python3
"""How much of the cores' time a search waits for the ends of its rounds, by the order in which a round's candidates begin.

usage: bench/rounds.py RUN_OF_GTN_SEARCH [RUN...]

A replay of the seconds that the run's trials took, each on a core of its own: it measures nothing, and supposes that
they take as long with more at once.
"""
import json
import sqlite3
import sys

ORDERS = {"as proposed": None, "most multiply-adds first": lambda trial: -trial[1], "longest first": lambda trial: -trial[0]}


def trials(run):
    """[(seconds, multiply-adds)] of the candidates that were scored, as they were proposed."""
    store = sqlite3.connect(f"file:{run}/trials.sqlite?mode=ro", uri=True)
    rows = store.execute("SELECT seconds, result FROM trials WHERE stage = 'estimate' AND state = 'done' ORDER BY id")
    return [(seconds, json.loads(result)["multiply_adds"]) for seconds, result in rows]


def waiting(done, cores, size, order):
    """The share of the cores' time in percent."""
    elapsed = 0
    for first in range(0, len(done), size):
        part = done[first:first + size]
        busy = [0] * cores
        for seconds, _ in sorted(part, key=order) if order else part:
            busy[busy.index(min(busy))] += seconds
        elapsed += max(busy)
    return 100 * (1 - sum(seconds for seconds, _ in done) / (cores * elapsed))


def main(runs):
    if not runs or runs[0] == "--help":
        print(__doc__.strip())
        return 0 if runs else 2
    print("| cores | round |", " | ".join(ORDERS), "|")
    print("|---|---|" + "---|" * len(ORDERS))
    done = [trial for run in runs for trial in trials(run)]
    for cores in (2, 4):
        for size in (8, 16):
            print(f"| {cores} | {size} |", " | ".join(f"{waiting(done, cores, size, order):.1f} %" for order in ORDERS.values()), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
