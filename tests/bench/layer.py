"""What the C++ layer of the SDK costs: tests/bench/layer.cpp beside its goals, and the size and compile time of a plugin."""
import resource
import subprocess
import tempfile
from pathlib import Path

from contenders import BUILD, ROOT

HELLO = ROOT / "sdk" / "examples" / "hello" / "hello.cpp"
COMPILE = ["g++", "-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-I", ROOT / "sdk" / "include"]


def seconds(command):
    """Of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def of_hello(rounds):
    """{name: figures}: bytes of the stripped plugin, seconds that its headers add to an empty file's compilation."""
    with tempfile.TemporaryDirectory() as place:
        library, empty = Path(place) / "hello.so", Path(place) / "empty.cpp"
        empty.write_text("int nothing() { return 0; }\n", encoding="utf-8")
        script = f"-Wl,--version-script={ROOT}/sdk/cmake/plugin.map"
        subprocess.run([*COMPILE, "-shared", script, "-s", HELLO, "-o", library], check=True)
        size = library.stat().st_size
        added = [seconds([*COMPILE, "-c", HELLO, "-o", f"{place}/o"]) - seconds([*COMPILE, "-c", empty, "-o", f"{place}/o"])
                 for _ in range(rounds)]
    return {"hello_bytes": (size, size), "hello_seconds": (min(added), sorted(added)[len(added) // 2])}


def measure(rounds):
    """{name: (best, median)}"""
    # On one core: a hop between two that sleep measures the machine's waking up.
    out = subprocess.run(["taskset", "-c", "1", BUILD / "bench" / "layer", str(rounds), BUILD / "plugins" / "sqlite.so"], check=True,
                         capture_output=True, text=True).stdout
    figures = {name: (float(best), float(median)) for name, best, median in (line.split() for line in out.splitlines())}
    return figures | of_hello(rounds)


def table(figures):
    best = {name: pair[0] for name, pair in figures.items()}
    query = 3 * best["sqlite_direct"] + best["hop"]
    rows = [("callback on the host's loop, ns", "host_callback", None),
            ("await on it, ns", "host_await", 1.5 * best["host_callback"]),
            ("callback on a loop that does nothing else, ns", "callback", None),
            ("await on that, ns", "await", None),
            ("allocations of an await", "await_allocations", 0),
            ("lines of 64 bytes, GB/s", "lines_bytes_per_second", None),
            ("SQLite, one row, ns", "sqlite_direct", None),
            ("a hop to the pool and back, ns", "hop", None),
            ("the row through hawser.sql/1, ns (goal: three times the first and the hop)", "sql_query", query),
            ("a stripped plugin of ten lines, bytes", "hello_bytes", 65536),
            ("what the headers add to its compilation, s", "hello_seconds", 1.5)]
    lines = ["| the C++ layer of the SDK | best | median |", "|---|---|---|"]
    for title, name, goal in rows:
        scale, places = (1e-9, 2) if name == "lines_bytes_per_second" else (1, 2 if name == "hello_seconds" else 1)
        first, median = (f"{value * scale:,.{places}f}" for value in figures[name])
        held = name == "lines_bytes_per_second" and best[name] >= 1e9 or goal is not None and best[name] <= goal
        mark = " ≥ 1.00" if name == "lines_bytes_per_second" else "" if goal is None else \
            f" {'≤' if held else '> **missed**'} {goal:,.{places}f}"
        lines.append(f"| {title} | {first}{mark} | {median} |")
    return lines
