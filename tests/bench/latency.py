"""Latency at half of the rate that nginx reaches at its peak, for both in turn: requests are due at fixed times, whatever
the answers do."""
import json
import statistics
import subprocess
import sys

from contenders import BUILD, CLIENT_CORE, Hawser, Nginx

SECONDS = 3
GOAL = 1.2


def run(contender, program, *arguments):
    command = ["taskset", "-c", str(min(CLIENT_CORE)), str(BUILD / "bench" / program),
               f"127.0.0.1:{contender.ports['http']}", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    figures = json.loads(done.stdout.splitlines()[-1])
    if figures["errors"] or not figures["answers"]:
        raise SystemExit(f"bench: {contender.name}, latency: {done.stdout}")
    return figures


def measure(rounds):
    """(rate, {contender: [(p50 µs, p99 µs), one a round]})"""
    nginx, hawser = Nginx(), Hawser()
    results = {}
    try:
        for contender in (nginx, hawser):
            contender.start()
        run(nginx, "lg", "--requests", 10_000)
        peak = run(nginx, "lg", "--requests", 100_000)
        rate = int(peak["answers"] / peak["seconds"] / 2)
        for number in range(rounds):
            for contender in (nginx, hawser):
                figures = run(contender, "pace", "--rate", rate, "--seconds", SECONDS)
                results.setdefault(contender.name, []).append((figures["p50_us"], figures["p99_us"]))
            print(f"latency, round {number + 1} of {rounds}", file=sys.stderr)
    finally:
        for contender in (nginx, hawser):
            if contender.process:
                contender.stop()
    return rate, results


def table(measured):
    rate, results = measured
    lines = [f"| latency µs at {rate:,} requests a second, median of the rounds | nginx | hawser | hawser / nginx |",
             "|---|---|---|---|"]
    for at, title in enumerate(("50th percentile", "99th percentile")):
        nginx, hawser = (statistics.median(each[at] for each in results[who]) for who in ("nginx", "hawser"))
        mark = f" {'≤' if hawser <= GOAL * nginx else '> **missed**'} {GOAL:.2f}" if at == 1 else ""
        lines.append(f"| {title} | {nginx:.0f} | {hawser:.0f} | {hawser / nginx:.2f}{mark} |")
    return lines
