"""Latency at half of the rate that nginx reaches at its peak, for both in turn: requests are due at fixed times, whatever
the answers do."""
import statistics

from contenders import Hawser, Nginx, client, rounds, running

SECONDS = 3
GOAL = 1.2


def measure(count):
    """(rate, {contender: [(p50 µs, p99 µs), one a round]})"""
    nginx, hawser = Nginx(), Hawser()
    results = {}
    with running((nginx, hawser)):
        client(nginx, "lg", "--requests", 10_000)
        peak = client(nginx, "lg", "--requests", 100_000)
        rate = int(peak["answers"] / peak["seconds"] / 2)
        for number in rounds("latency", count):
            for contender in (nginx, hawser):
                figures = client(contender, "pace", "--rate", rate, "--seconds", SECONDS if number else 1)
                if number:
                    results.setdefault(contender.name, []).append((figures["p50_us"], figures["p99_us"]))
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
