"""Measures the host beside nginx, other peers and the raw limit; scripts/bench builds what this needs and calls it.

All contenders are interleaved in rounds of one run, the server pinned to one core and the client to the other. The
figure of a row is the CPU time of the server's process tree for one request, best and median over the rounds; what
counts is the ratio of one run. A difference below 10 % is not a finding.
"""
import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import commands
import instructions
import layer
import latency
import peers
from contenders import BOTH_CORES, BUILD, NGINX, ROOT, SIZES, Hawser, Nginx, Raw, client, files, rounds, running

IDLE_CONNECTIONS = 15_000


class Row:
    """A workload of lg. `goals` maps "nginx" and "raw" to the highest ratio that is wanted."""

    def __init__(self, title, arguments, goals, port="http", scale=1.0, raw="text"):
        self.title, self.arguments, self.goals, self.port, self.scale = title, arguments, goals, port, scale
        self.raw = raw  # which of the raw servers stands beside it, or None


def file_row(title, name, nginx, raw, scale, connections="64"):
    return Row(title, ["--path", "/" + name, "--connections", connections], {"nginx": nginx, "raw": raw}, scale=scale,
               raw=name)


LOAD_ROWS = {
    "keepalive": Row("keep-alive, 13 bytes, 64 connections", [], {"nginx": 0.88, "raw": 1.1}),
    "browser": Row("browser's request (605 bytes), keep-alive", ["--browser"], {"nginx": 0.88}),
    "pipelined": Row("pipelined 16", ["--pipeline", "16"], {"nginx": 0.12, "raw": 2.0}, scale=4),
    "fresh": Row("new connection for each request", ["--fresh"], {"nginx": 0.95, "raw": 1.1}, scale=0.2, raw="close"),
    "file1k": file_row("file of 1 KiB", "1k.txt", 0.65, 1.4, 1.0),
    "file100k": file_row("file of 100 KiB", "100k.txt", 0.9, 1.1, 0.3),
    "file10m": file_row("file of 10 MiB, 4 connections", "10m.txt", 0.9, 1.15, 0.003, "4"),
    "post": Row("POST of 1 KiB echoed; nginx proxies it to itself", ["--path", "/echo", "--post", "1024"], {"nginx": 1.0},
                raw=None),
    "single": Row("one connection", ["--connections", "1"], {}, scale=0.2),
    "supervision": Row("keep-alive; raw is this host with --single, without a supervisor", [], {"raw": 1.02},
                       raw="--single"),
    "loops": Row("keep-alive, two loops on both cores; raw is this host with one loop on them", [], {"raw": 1.1},
                 raw="one loop"),
    "echo": Row("TCP echo, 128 bytes, 64 connections", ["--echo", "128"], {"raw": 1.1}, port="echo", raw="echo"),
}
OTHER_ROWS = {"idle": f"resident bytes for each of {IDLE_CONNECTIONS} idle connections", "start": "start to ready, ms",
              "commands": "large configurations, directories and trees, ms",
              "latency": "99th percentile of latency at half of nginx's peak rate",
              "peers": "h2o, lighttpd, haproxy, caddy and Twisted",
              "instructions": "user-space instructions of a request, by callgrind",
              "layer": "what the C++ layer of the SDK costs"}


def load(contender, row, requests):
    """One run of lg: (CPU microseconds of the server for one request, median latency in microseconds)."""
    before = contender.cpu_ns()
    counts = client(contender, "lg", "--requests", max(int(requests * row.scale), 8), *row.arguments, port=row.port)
    return (contender.cpu_ns() - before) / 1000 / counts["answers"], counts["p50_us"]


def everybody(names):
    """{row: its contenders}"""
    raw = {"text": Raw("raw_http"), "close": Raw("raw_http", "--close"), "echo": Raw("raw_echo"),
           "--single": Hawser("--single"), "one loop": Hawser(cores=BOTH_CORES)}
    raw |= {name: Raw("raw_file", f"{files()}/{name}") for name in SIZES}
    nginx, hawser, two = Nginx(), Hawser(), Hawser(loops=2, cores=BOTH_CORES)
    raw["--single"].name = raw["one loop"].name = "raw"
    found = {}
    for name in names:
        beside = [raw[LOAD_ROWS[name].raw]] if LOAD_ROWS[name].raw else []
        if name in ("echo", "supervision", "loops"):
            found[name] = [*beside, two if name == "loops" else hawser]
        else:
            found[name] = [*beside, nginx, hawser]
    return found


def measure_loads(names, count, requests):
    """{row: {contender: [(CPU µs, p50 µs), one a round]}}"""
    contenders = everybody(names)
    results = {name: {} for name in names}
    with running({id(each): each for of_row in contenders.values() for each in of_row}.values()):
        for number in rounds("loads", count):
            for name in names:
                for contender in contenders[name]:
                    figures = load(contender, LOAD_ROWS[name], requests if number else requests / 10)
                    if number:
                        results[name].setdefault(contender.name, []).append(figures)
    return results


def measure_idle():
    """{contender: bytes for one idle connection}"""
    figures = {}
    for contender in (Raw("raw_http"), Nginx(), Hawser()):
        contender.start()
        try:
            before = contender.pss_bytes()
            holder = subprocess.Popen([str(BUILD / "bench" / "hold"), f"127.0.0.1:{contender.ports['http']}",
                                       str(IDLE_CONNECTIONS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if not holder.stdout.readline().startswith("held"):
                raise SystemExit(f"bench: {contender.name} did not hold {IDLE_CONNECTIONS} connections")
            figures[contender.name] = (contender.pss_bytes() - before) / IDLE_CONNECTIONS
            holder.stdin.close()
            holder.wait()
        finally:
            contender.stop()
    return figures


def start_once(contender, measured):
    contender.start(wait=False)
    try:
        return contender.ready() if measured == "ready" else contender.first_answer(contender.ports["http"])
    finally:
        contender.stop()


def measure_start(count):
    """{what: [milliseconds]}: the event `ready`, and the first answer to a client that keeps trying."""
    config = ROOT / "conf" / "hawser.toml"
    figures = {}
    for _ in range(count):
        for title, make in (("hawser --single", lambda: Hawser("--single", pinned=False, config=config)),
                            ("hawser supervised", lambda: Hawser(pinned=False, config=config))):
            for measured in ("ready", "first answer"):
                figures.setdefault(f"{title}, {measured}", []).append(start_once(make(), measured))
        for make in (Nginx, peers.Twisted):
            peer = make(pinned=False)
            figures.setdefault(f"{peer.name}, first answer", []).append(start_once(peer, "first answer"))
    return figures


def ratio(ours, theirs, goal):
    """Best and median ratio, with a mark for the goal: either of them meets it, as a bad round hits only one."""
    best, median = min(ours) / min(theirs), statistics.median(ours) / statistics.median(theirs)
    text = f"{best:.2f} [{median:.2f}]"
    if goal is not None:
        text += f" {'≤' if min(best, median) <= goal else '> **missed**'} {goal:.2f}"
    return text


def figure(values):
    return f"{min(values):.2f} [{statistics.median(values):.2f}]" if values else "–"


def load_table(results):
    lines = ["| CPU µs per request, best [median] | raw | nginx | hawser | hawser / nginx | hawser / raw | p50 µs: raw, nginx, hawser |",
             "|---|---|---|---|---|---|---|"]
    for name, by_contender in results.items():
        cpu = {who: [cpu for cpu, _ in figures] for who, figures in by_contender.items()}
        p50 = [str(min(p for _, p in by_contender[who])) if who in by_contender else "–"
               for who in ("raw", "nginx", "hawser")]
        goals = LOAD_ROWS[name].goals
        ratios = [ratio(cpu["hawser"], cpu[who], goals.get(who)) if who in cpu else "–" for who in ("nginx", "raw")]
        cells = [LOAD_ROWS[name].title, *(figure(cpu.get(who)) for who in ("raw", "nginx", "hawser")), *ratios,
                 ", ".join(p50)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def idle_table(figures):
    mark = "≤" if figures["hawser"] <= 300 else "> **missed**"
    return [f"| {OTHER_ROWS['idle']} | raw | nginx | hawser |", "|---|---|---|---|",
            f"| PSS of the process tree | {figures['raw']:.0f} | {figures['nginx']:.0f} | {figures['hawser']:.0f} "
            f"{mark} 300 |"]


def times_table(title, figures, goals):
    lines = [f"| {title} | best | median |", "|---|---|---|"]
    for title, values in figures.items():
        goal = goals.get(title)
        mark = "" if goal is None else f" {'≤' if min(values) <= goal else '> **missed**'} {goal:.0f}"
        lines.append(f"| {title} | {min(values):.1f}{mark} | {statistics.median(values):.1f} |")
    return lines


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
                            check=False).stdout.strip() or "unknown"
    nginx = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=False).stderr.strip().split("/")[-1]
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, nginx {nginx}, commit {commit}"


def record(lines, count):
    path = ROOT / "tests" / "bench" / "RESULTS.md"
    head = ("# Results of scripts/bench\n\nNewest first. CPU time per request of the server's process tree, the server "
            "on one core and the client on the other; best [median] of the rounds. Compare ratios of one run, not "
            "figures of two; below 10 % is no finding.\n")
    old = path.read_text(encoding="utf-8") if path.exists() else head
    head, _, rest = old.partition("\n## ")
    entry = f"\n## {time.strftime('%Y-%m-%d')}, {count} rounds\n\n{machine()}\n\n" + "\n".join(lines) + "\n"
    path.write_text(head.rstrip("\n") + "\n" + entry + ("\n## " + rest if rest else ""), encoding="utf-8")
    print(f"recorded in {path.relative_to(ROOT)}", file=sys.stderr)


def main():
    rows = {name: row.title for name, row in LOAD_ROWS.items()} | OTHER_ROWS
    listing = "\n".join(f"  {name:12} {title}" for name, title in rows.items())
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, epilog=f"rows (default: all):\n{listing}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[*rows, []], help="which to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=60_000, help="for each keep-alive row, round and contender")
    parser.add_argument("--record", action="store_true", help="also write the figures to tests/bench/RESULTS.md")
    arguments = parser.parse_args()
    wanted = arguments.rows or list(rows)
    place = tempfile.TemporaryDirectory()  # copies of plugins: not the machine's
    os.environ["STATE_DIRECTORY"] = place.name
    lines = []
    loads = [name for name in LOAD_ROWS if name in wanted]
    if loads:
        lines += [*load_table(measure_loads(loads, arguments.rounds, arguments.requests)), ""]
    if "peers" in wanted:
        lines += [*peers.table(peers.measure(arguments.rounds, arguments.requests, LOAD_ROWS, load), LOAD_ROWS), ""]
    if "latency" in wanted:
        lines += [*latency.table(latency.measure(max(arguments.rounds, 5))), ""]
    if "idle" in wanted:
        lines += [*idle_table(measure_idle()), ""]
    if "start" in wanted:
        lines += [*times_table("start, ms, with conf/hawser.toml", measure_start(max(arguments.rounds, 10)),
                               {"hawser --single, ready": 12.0, "hawser supervised, ready": 16.0}), ""]
    if "commands" in wanted:
        lines += [*times_table("large configurations, directories and trees, ms",
                               commands.measure(max(arguments.rounds, 10)), commands.GOALS), ""]
    if "instructions" in wanted:
        lines += [*instructions.table(instructions.measure()), ""]
    if "layer" in wanted:
        lines += [*layer.table(layer.measure(arguments.rounds)), ""]
    print("\n".join(lines))
    if arguments.record:
        record(lines[:-1], arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
