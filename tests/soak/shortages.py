"""Rows in which the system gives no more: room for the log, descriptors."""
import asyncio
import time

from clients import Load, under_load
from host import SIDE, Host, Row, descriptors, processor_seconds, web

IDLE_SECONDS = 2.0
SPIN = 0.05  # of a processor, while nobody asks


async def idle_use(pids):
    """Of a processor, the most of these processes while they have nothing to do."""
    before = [processor_seconds(pid) for pid in pids]
    await asyncio.sleep(IDLE_SECONDS)
    return max(processor_seconds(pid) - was for pid, was in zip(pids, before)) / IDLE_SECONDS


async def log_full(scale):
    host = Host(web("0"))
    # From the first line on nothing can be written.
    host.write(web("0") + '[log]\noutput = "/dev/full"\naccess = { output = "/dev/full" }\nlevel = "debug"\n')
    status = (await host.command("reload"))[0]
    load = Load(host.address(), [b"0"])

    async def work():
        await asyncio.sleep(max(2, 30 * scale))
        for _ in range(3):
            if (await host.command("reload"))[0] != 0:
                load.fail(0, 0, "reload refused")
            await asyncio.sleep(0.3)

    await under_load([load], work())
    pids = [host.process.pid, *(await host.workers()).values()]
    used = await idle_use(pids)
    ended = host.stop()
    seen = (
        f"{load.passed:,} passed, failed {load.kinds()}; {used * 100:.0f} % of a processor while nobody asks; exit status {ended}"
    )
    return Row(status == 0 and not load.failures and load.passed > 0 and used < SPIN and ended == 0, seen)


async def no_descriptors(scale):
    """A worker whose descriptors are all taken by connections that are kept, and by as many that wait."""
    most = 200
    host = Host(web("main") + SIDE + f"[compartments.main]\nloops = 1\ndescriptors = {most}\n")
    worker = await host.worker()
    kept, side = Load(host.address(), [b"main"]), Load(host.address("side"), [b"side"])
    holders = [await kept.connect() for _ in range(100)]
    for each in holders:
        await kept.ask(each)
    # All of them ask; some are answered and hold what they have, the others wait to be accepted.
    filler = Load(host.address(), [b"main"], timeout=120)
    waiting = [await filler.connect() for _ in range(2 * most)]
    asks = [asyncio.ensure_future(filler.ask(each)) for each in waiting]
    await asyncio.sleep(0.3)
    waited = len(waiting) - filler.passed
    full = descriptors(worker) >= most - 2
    used = await idle_use([worker, host.process.pid])

    async def work():
        until = time.monotonic() + max(2, 20 * scale)
        while time.monotonic() < until:
            for each in holders:  # 1,000 a second on what is kept
                await kept.ask(each)
            await asyncio.sleep(0.1)

    await under_load([side], work())
    for each in holders:
        each.close()
    for each, ask in zip(waiting, asks):
        ask.add_done_callback(lambda _, connection=each: connection.close())
    await asyncio.gather(*asks)
    died = host.text().count('"worker_died"')
    host.stop()
    seen = (
        f"all {most} descriptors taken: {'yes' if full else 'no'}; {kept.passed:,} passed on kept connections, failed {kept.kinds()}; "
        f"{waited} waited, {filler.passed} of {len(waiting)} answered once there was room; neighbour {side.passed:,} passed, failed "
        f"{side.kinds()}; {used * 100:.0f} % of a processor while nobody asks; {died} deaths"
    )
    held = full and waited > 0 and not kept.failures and filler.passed == len(waiting) and not side.failures
    return Row(held and used < SPIN and died == 0, seen)
