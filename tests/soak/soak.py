"""Faults under load, each at its full length, and what must hold.

scripts/soak [ROW…] [--scale N] [--record]

All rows without a name. --scale: of the length, 0.1 for a tenth. --record: writes the table to tests/bench/RESULTS.md.
Builds the release with its tests first, unless SOAK_BUILD names a build directory. Exit status 1: something did not hold.
"""
import asyncio
import sys
import time

import attacks
import changes
import deaths
import shortages
from host import ROOT

ROWS = {
    "kill": (deaths.kill, "kill -9 of a worker every second: 0 refused, only what is in flight in it fails, neighbour 0"),
    "dead": (deaths.dead, "all workers killed at once: 0 refused, serving within 300 ms, control socket answers"),
    "reloads": (changes.reloads, "100 reloads a minute for 5 minutes: 0 failed, 4 generations at most, flat"),
    "resources": (changes.resources, "every resource asked while its compartment is replaced 100 times: 0 failed"),
    "wrong": (changes.wrong, "200 wrong configurations: 0 failed, each named with file, line, column"),
    "plugins": (
        changes.plugins,
        "200 plugin files renamed, overwritten, truncated, deleted, linked: 0 failed, 0 crashes, the right reload each",
    ),
    "stall": (
        deaths.stall,
        "deadlock, endless loop, sleep: named with a backtrace, replaced at the limit of 1 s, the other loop serves",
    ),
    "upgrade": (changes.upgrade, "upgrades and three kinds of broken programs: 0 failed, pid kept, refused within 10 s"),
    "stop": (deaths.stop, "SIGTERM with 100 slow requests and 10 endless downloads: 100 finish, status 75"),
    "orphan": (
        deaths.orphan,
        "supervisor killed: requests in flight answered, workers gone within 5 s, a new start takes over",
    ),
    "log_full": (shortages.log_full, "log and access log on a full disk: requests unaffected, no spin"),
    "no_descriptors": (
        shortages.no_descriptors,
        "no descriptor left: kept connections unaffected, others wait, no spin",
    ),
    "hostile": (
        attacks.hostile,
        "1,000 slow heads, 1,000 slow bodies, 500 who do not read, 5,000 idle, floods, chunk bombs, 20,000 mutants: others 0 failed, "
        "p99 at most twice the quiet one, memory and descriptors back",
    ),
    "death_speed": (deaths.death_speed, "worker death to the first request that its replacement serves"),
    "reload_speed": (changes.reload_speed, "reload to the first answer of the new generation"),
}


def record(scale, lines):
    """Into the table of RESULTS.md; `lines` maps a fault to its line. Rows that were not run stay as they are."""
    path = ROOT / "tests" / "bench" / "RESULTS.md"
    begin, end = "<!-- soak -->", "<!-- /soak -->"
    text = path.read_text()
    if begin not in text:
        text = text.rstrip() + f"\n\n## Faults under load\n\n{begin}\n{end}\n"
    before, _, rest = text.partition(begin)
    table, _, after = rest.partition(end)
    kept = {line.split(" | ")[0][2:]: line for line in table.splitlines() if line.startswith("| ")}
    kept.pop("fault, and what must hold", None)
    kept |= lines
    head = [f"`scripts/soak --scale {scale:g}`, last on {time.strftime('%Y-%m-%d')}, two cores shared with the load.", "",
            "| fault, and what must hold | seen | holds |", "|---|---|---|"]
    path.write_text(before + begin + "\n" + "\n".join(head + list(kept.values())) + "\n" + end + after)


def main(words):
    if "--help" in words:
        print(__doc__.strip() + "\nRows: " + ", ".join(ROWS))
        return 0
    keep, scale = "--record" in words, 1.0
    if "--scale" in words:
        at = words.index("--scale")
        scale = float(words[at + 1])
        del words[at : at + 2]
    names = [word for word in words if not word.startswith("--")] or list(ROWS)
    if unknown := [name for name in names if name not in ROWS]:
        print(f"scripts/soak: expected rows of {', '.join(ROWS)}, got {', '.join(unknown)}", file=sys.stderr)
        return 64
    lines = {}
    held = True
    for name in names:
        work, text = ROWS[name]
        row = asyncio.run(work(scale))
        held = held and row.held
        print(f"{'holds' if row.held else 'FAILS'}  {name}: {text}\n       {row.seen}", flush=True)
        lines[text] = f"| {text} | {row.seen} | {'yes' if row.held else '**no**'} |"
    if keep:
        record(scale, lines)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
