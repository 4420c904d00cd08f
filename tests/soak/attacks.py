"""Rows in which clients mean harm: others are answered all the while, and afterwards all is as it was."""
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time

from clients import Load
from host import BUILD, ROOT, Host, Row, descriptors, resident_kib

ATTACKS = ("heads", "bodies", "readers", "idle", "floods", "chunks", "mutants")
RATE = 1000
KEPT_MIB = 8  # that a process may keep for the next time
SLOWER = 2.0  # times the latency of quiet times
TRIES = 3
# The host has a processor of its own, so that what its clients take from each other is not taken for its own.
SERVER, CLIENTS = {0}, ("taskset", "-c", str(min(1, (os.cpu_count() or 1) - 1)))
TIMEOUTS = 'header_timeout = "10s"\nbody_timeout = "10s"\nwrite_timeout = "10s"\nkeep_alive = "30s"\n'


def web(files):
    return (
        f'[listeners.web]\naddress = "127.0.0.1:0"\nprotocol = "http"\n{TIMEOUTS}[listeners.web.routes]\n'
        f'"/" = {{ resource = "text", body = "served" }}\n"/files" = {{ resource = "static", root = "{files}" }}\n'
        '"/echo" = { resource = "echo" }\n'
    )


async def latency(host, seconds, runs_of):
    """What others see: the 99th percentile in µs of the best of some runs, as other work of the machine only adds to
    it, and how many requests failed."""
    runs = []
    for _ in range(runs_of):
        process = await asyncio.create_subprocess_exec(
            *CLIENTS, BUILD / "bench" / "pace", host.address(), "--rate", str(RATE), "--seconds", f"{seconds:g}",
            stdout=subprocess.PIPE,
        )
        runs.append(json.loads((await process.communicate())[0]))
    return min(run["p99_us"] for run in runs), sum(run["errors"] for run in runs)


async def quiet_again(host, worker, before):
    """Seconds until the worker has no more descriptors than before, or None."""
    began = time.monotonic()
    while time.monotonic() - began < 20:
        if descriptors(worker) <= before:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    return None


async def attacked(host, worker, name, seconds, runs):
    """What it was like: (what was seen, whether it held but for the latency, the quiet one, the one then)."""
    quiet, failed = await latency(host, seconds, runs)
    memory, before = resident_kib(worker), descriptors(worker)
    ip, port = host.address().rsplit(":", 1)
    attacker = await asyncio.create_subprocess_exec(
        *CLIENTS, sys.executable, "-B", ROOT / "tests" / "soak" / "attacker.py", name, ip, port, stdout=subprocess.PIPE
    )
    await attacker.stdout.readline()
    during, failed_then = await latency(host, seconds, runs)
    most = resident_kib(worker) - memory
    if name == "mutants":
        await attacker.stdout.readline()
    attacker.kill()
    await attacker.wait()
    back = await quiet_again(host, worker, before)
    kept = (resident_kib(worker) - memory) / 1024
    same = await host.worker() == worker
    seen = (
        f"{name}: p99 {quiet:.0f} → {during:.0f} µs, {failed + failed_then} failed, {most / 1024:+.1f} MiB then, {kept:+.1f} kept, "
        + ("descriptors back" if back is not None else "descriptors **not** back")
    )
    held = failed == failed_then == 0 and kept <= KEPT_MIB and back is not None and same
    return seen, held, quiet, during


async def hostile(scale):
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, SERVER)
    host = Host("")
    os.sched_setaffinity(0, everywhere)
    files = host.directory / "files"
    files.mkdir()
    (files / "big").write_bytes(b"b" * (10 << 20))
    host.write(web(files))
    await host.command("reload")
    host.wait_for('"event":"listening"')
    worker = await host.worker()
    big = Load(host.address(), None, "/files/big")
    await big.once()  # its descriptor stays in the cache
    outcomes, slower = [], 0
    for name in ATTACKS:
        # A short run on a busy machine tells nothing of latencies; and a machine that was busy for a while adds to them.
        for _ in range(TRIES if scale >= 1 else 1):
            outcomes.append(await attacked(host, worker, name, max(0.3, 3 * scale), 5 if scale >= 1 else 2))
            quiet = statistics.median(each[2] for each in outcomes)
            times = outcomes[-1][3] / quiet
            if times <= SLOWER:
                break
        slower = max(slower, times)
    ended = host.stop()
    held = all(each[1] for each in outcomes) and (slower <= SLOWER or scale < 1) and ended == 0
    return Row(held, "; ".join(each[0] for each in outcomes))
