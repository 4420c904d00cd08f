"""Rows in which processes end: workers, all workers, the supervisor, the host."""
import asyncio
import re
import signal
import time

from clients import Load, count_kinds, under_load
from host import SIDE, Host, Row, gone, web


async def kill(scale):
    host = Host(web("main") + SIDE)
    main, side = Load(host.address(), [b"main"]), Load(host.address("side"), [b"side"])
    spans = []

    async def work():
        for _ in range(max(3, int(60 * scale))):
            spans.append(await host.kill([await host.worker()]))
            await asyncio.sleep(max(0, spans[-1][0] + 1 - time.monotonic()))

    await under_load([main, side], work())
    host.stop()
    others = main.besides(spans)
    seen = (
        f"{len(spans)} kills: {main.passed:,} passed, in flight {len(main.failures) - len(others)}, "
        f"others {count_kinds(others)}; neighbour {side.passed:,} passed, failed {side.kinds()}"
    )
    return Row(main.kinds().get("refused", 0) == 0 and not others and not side.failures, seen)


async def dead(scale):
    host = Host(web("main") + SIDE)
    load = Load(host.address(), [b"main"])
    spans, gaps, answered = [], [], []

    async def work():
        for _ in range(max(3, int(20 * scale))):
            pids = list((await host.workers()).values())
            ends = asyncio.ensure_future(host.kill(pids))
            await asyncio.sleep(0)
            began = time.monotonic()
            told = asyncio.ensure_future(host.command("status"))
            await Load(host.address(), [b"main"]).until_served()
            gaps.append(time.monotonic() - began)
            spans.append(await ends)
            answered.append((await told)[0] == 0)
            await asyncio.sleep(1)

    await under_load([load], work())
    host.stop()
    others = load.besides(spans)
    seen = (
        f"{len(gaps)} times: serving again after {max(gaps) * 1000:.0f} ms at most, control answered "
        f"{sum(answered)}, refused {load.kinds().get('refused', 0)}, in flight {len(load.failures) - len(others)}, "
        f"others {count_kinds(others)}"
    )
    return Row(max(gaps) < 0.3 and all(answered) and not load.kinds().get("refused") and not others, seen)


async def stall(scale):
    """A loop of two hangs in a plugin: a lock that it has already, an endless loop, a sleep."""
    ways = ["deadlock", "spin", "hang"]
    routes = "".join(f'"/{how}" = {{ resource = "fault", at = "on_request", how = "{how}" }}\n' for how in ways)
    host = Host(
        web("main", routes) + SIDE + "[compartments.main]\nloops = 2\n",
        keys='stall_limit = "1s"\n',
        plugins=["fault-plugins/fault.so"],
    )
    main, side = Load(host.address(), [b"main"]), Load(host.address("side"), [b"side"])
    spans, named, traced, lasted, served = [], [], [], [], []

    async def stall_once(how):
        before, worker = len(host.text()), await host.worker()
        victim = await Load(host.address(), []).connect()
        began, passed = time.monotonic(), main.passed
        victim.writer.write(f"GET /{how} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await asyncio.sleep(0.6)
        served.append(main.passed - passed)
        ended = await gone(worker)
        lasted.append(ended - began)
        spans.append((began + 1, ended))  # it is not ended before its limit
        victim.close()
        await host.heard("worker_serving", after=before)
        log = host.text()[before:]
        told = re.search('"event":"stalled".*?"in":"(.*?)".*?"at":"(.*?)","backtrace":"(.*?)"', log)
        named.append(told is not None and told[1].startswith(f"listener.web/{how} (fault of plugin fault)"))
        traced.append(told is not None and told[3].count(" < ") > 2 and "fault.so+0x" in told[3])
        await asyncio.sleep(0.7)  # a worker that ends sooner is one that fails to start

    async def work():
        for i in range(max(3, int(30 * scale))):
            await stall_once(ways[i % 3])

    await under_load([main, side], work())
    host.stop()
    others = main.besides(spans)
    seen = (
        f"{len(named)} stalls: {sum(named)} named, {sum(traced)} with a backtrace, replaced after "
        f"{min(lasted):.2f} to {max(lasted):.2f} s; in their first 0.6 s the other loop served {min(served)} requests at "
        f"least; in flight {len(main.failures) - len(others)}, others {count_kinds(others)}; neighbour {side.passed:,} "
        f"passed, failed {side.kinds()}"
    )
    held = all(named) and all(traced) and max(lasted) < 2 and min(served) > 0 and not others and not side.failures
    return Row(held, seen)


async def stop(_scale):
    host = Host(web("0", more='"/files" = { resource = "static", root = "." }\n'), keys='drain_timeout = "6s"\n')
    with open(host.directory / "big", "wb") as big:
        big.truncate(1 << 30)
    slow = Load(host.address(), [b"slow"], "/slow")
    connections = [await slow.connect() for _ in range(100)]
    asks = [asyncio.ensure_future(slow.ask(each)) for each in connections]
    endless = Load(host.address(), [])
    downloads = [await endless.connect() for _ in range(10)]
    for each in downloads:
        each.writer.write(b"GET /files/big HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(1)
    began = time.monotonic()
    host.process.send_signal(signal.SIGTERM)
    await asyncio.gather(*asks)
    while host.process.poll() is None and time.monotonic() - began < 30:
        await asyncio.sleep(0.02)
    took, status = time.monotonic() - began, host.process.poll()
    for each in downloads:
        each.close()
    host.stop()
    seen = f"{slow.passed} of 100 finished, failed {slow.kinds()}, exit after {took:.1f} s with status {status}"
    return Row(slow.passed == 100 and took < 8 and status == 75, seen)


async def orphan(_scale):
    """The supervisor is killed while requests are in flight."""
    host = Host(web("0", more='"/second" = { resource = "text", body = "second", delay = "1s" }\n') + SIDE)
    pids = list((await host.workers()).values())
    slow = Load(host.address(), [b"second"], "/second")
    connections = [await slow.connect() for _ in range(100)]
    asks = [asyncio.ensure_future(slow.ask(each)) for each in connections]
    await asyncio.sleep(0.3)
    host.process.kill()
    host.process.wait()
    began = time.monotonic()
    await asyncio.gather(*asks)
    ended = max([await gone(pid) for pid in pids]) - began
    host.start()
    again = Load(host.address(), [b"0"])
    await again.once()
    host.stop()
    seen = (
        f"{slow.passed} of 100 requests in flight answered, failed {slow.kinds()}; workers gone after {ended:.2f} s; a new "
        f"start serves: {'yes' if again.passed else 'no'}"
    )
    return Row(slow.passed == 100 and ended < 5 and again.passed == 1, seen)


async def death_speed(scale):
    host = Host(web("0"))
    times = []
    for _ in range(max(10, int(60 * scale))):
        ends = asyncio.ensure_future(host.kill([await host.worker()]))
        await asyncio.sleep(0)
        began = time.monotonic()
        await Load(host.address(), [b"0"]).until_served()
        times.append((time.monotonic() - began) * 1000)
        await ends
        await asyncio.sleep(0.6)
    host.stop()
    times.sort()
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    return Row(p99 < 100, f"{len(times)} kills: median {times[len(times) // 2]:.1f} ms, p99 {p99:.1f} ms (goal 100)")
