"""Rows in which what is served changes: configurations, plugin files, the program."""
import asyncio
import crypt
import os
import pathlib
import random
import re
import shutil
import tempfile
import time

from clients import Few, Load, Transfers, under_load
from host import HAWSER, Host, Row, children, descriptors, resident_kib, web

FILES = '"/files" = { resource = "static", root = "." }\n"/echo" = { resource = "echo" }\n'


def flat(samples):
    """Whether the last third is no more than the first one, but for a little."""
    third = max(1, len(samples) // 3)
    return max(samples[-third:]) <= max(samples[:third]) * 1.15 + 8


async def reloads(scale):
    host = Host(web("0", FILES))
    content = random.randbytes(2 << 20)
    (host.directory / "big").write_bytes(content)
    load = Load(host.address(), [b"0", b"1"])
    slow = Transfers(host.address(), "/files/big", content, "/echo", seconds=2.0)
    most, held, usage, due = [0], [0], [], [0.0]
    times = max(10, int(500 * scale))

    async def work():
        due[0] = time.monotonic()
        for i in range(times):
            began = time.monotonic()
            host.write(web(str((i + 1) % 2), FILES))
            status, _, err = await host.command("reload")
            if status != 0:
                load.fail(began, began, "reload refused: " + err)
            workers = await host.workers()
            held[0] += len(workers) == 4
            newest = workers[max(workers)]
            supervisor = host.process.pid
            usage.append((descriptors(supervisor), resident_kib(supervisor), descriptors(newest), resident_kib(newest)))
            due[0] += 0.6
            await asyncio.sleep(max(0, due[0] - time.monotonic()))

    async def watch():
        while True:
            most[0] = max(most[0], len(children(host.process.pid)))
            await asyncio.sleep(0.02)

    began, watching = time.monotonic(), asyncio.ensure_future(watch())
    await under_load([load, slow], work())
    watching.cancel()
    rate = times / (time.monotonic() - began) * 60
    host.stop()
    columns = list(zip(*usage))
    ranges = [f"{min(column):,} to {max(column):,}" for column in columns]
    seen = (
        f"{times} reloads, {rate:.0f} a minute: {load.passed:,} requests and {slow.passed:,} transfers of 2 s passed, failed "
        f"{load.kinds()} {slow.kinds()}; {most[0]} generations at most, four at {held[0]} of the reloads; supervisor {ranges[0]} "
        f"descriptors, {ranges[1]} KiB; workers {ranges[2]} descriptors, {ranges[3]} KiB"
    )
    held_all = not load.failures and not slow.failures and most[0] <= 4 and held[0] > 0
    return Row(held_all and all(flat(column) for column in columns), seen)


async def resources(scale):
    """Each resource that comes with the host answers while its compartment is replaced."""
    text = '{ resource = "text", body = "one" }'
    routes = {
        "/text": text,
        "/static": '{ resource = "static", root = "site", listing = true }',
        "/inspect": '{ resource = "inspect" }',
        "/redirect": '{ resource = "redirect", to = "/text" }',
        "/metrics": '{ resource = "metrics" }',
        "/health": '{ resource = "health", check = "ready" }',
        "/hosts": f'{{ resource = "hosts", hosts = {{ "a" = {text} }} }}',
        "/auth": f'{{ resource = "auth", file = "users", inner = {text} }}',
        "/limit": f'{{ resource = "limit", rate = 100000.0, inner = {text} }}',
        "/compress": '{ resource = "compress", inner = { resource = "static", root = "site" } }',
        "/headers": f'{{ resource = "headers", set = {{ X-A = "1" }}, inner = {text} }}',
        "/cors": f'{{ resource = "cors", origins = ["*"], inner = {text} }}',
        "/errors": '{ resource = "errors", pages = { 404 = "site/404" }, inner = { resource = "static", root = "site" } }',
        "/strip": f'{{ resource = "strip", inner = {{ resource = "routes", routes = {{ "/x" = {text} }} }} }}',
        "/rewrite": f'{{ resource = "rewrite", rules = [{{ from = "/rewrite", to = "/y" }}], inner = {text} }}',
    }
    more = "".join(f'"{path}" = {resource}\n' for path, resource in routes.items())
    host = Host(web("0"), keys="")
    (host.directory / "site").mkdir()
    (host.directory / "site" / "page.txt").write_text("page\n" * 1000)
    (host.directory / "site" / "404").write_text("lost")
    (host.directory / "users").write_text("a:" + crypt.crypt("b", "$6$rounds=1000$salt$") + "\n")
    host.write(web("1", more))
    if (await host.command("reload"))[0] != 0:
        raise RuntimeError(host.text())
    address = host.address()
    special = {
        "/static": ("/static/", None, "", 200),
        "/inspect": ("/inspect", None, "", 200),
        "/redirect": ("/redirect", None, "", 308),
        "/metrics": ("/metrics", None, "", 200),
        "/health": ("/health", [b'{"status":"ok"}\n'], "", 200),
        "/auth": ("/auth", [b"one"], "Authorization: Basic YTpi\r\n", 200),
        "/compress": ("/compress/page.txt", [b"page\n" * 1000], "", 200),
        "/errors": ("/errors/none", [b"lost"], "", 404),
        "/strip": ("/strip/x", [b"one"], "", 200),
    }
    loads = []
    for path in routes:
        where, bodies, fields, status = special.get(path, (path, [b"one"], "", 200))
        loads.append(Few(address, bodies, where, fields=fields, status=status))
    times = max(5, int(100 * scale))

    async def work():
        for i in range(times):
            host.write(web(str(i % 2), more))
            if (await host.command("reload"))[0] != 0:
                loads[0].fail(0, 0, "reload refused")
            await asyncio.sleep(0.3)

    await under_load(loads, work())
    died = host.text().count('"worker_died"')
    host.stop()
    failed = {path: load.kinds() for path, load in zip(routes, loads) if load.failures}
    least = min(load.passed for load in loads)
    seen = (
        f"{times} reloads, {len(routes)} resources: {sum(load.passed for load in loads):,} passed, {least:,} of each at "
        f"least, failed {failed}, {died} deaths"
    )
    return Row(not failed and least > times and died == 0, seen)


async def wrong(scale):
    host = Host(web("0"))
    load = Load(host.address(), [b"0"])
    mistakes = ["nonsense = 1\n", "[listeners.x]\naddress = 7\n", "[broken\n", '[services.s]\nservice = "none"\n']
    named = [0]
    times = int(200 * scale)

    async def work():
        for i in range(times):
            host.write(web("1") + mistakes[i % len(mistakes)])
            status, _, err = await host.command("reload")
            if status in (65, 70, 78) and re.search(r"hawser\.toml:\d+:\d+: ", err):
                named[0] += 1

    await under_load([load], work())
    host.stop()
    seen = f"{times} wrong ones: {load.passed:,} passed, failed {load.kinds()}, {named[0]} named file, line and column"
    return Row(not load.failures and named[0] == times, seen)


class PluginFile:
    """The file of a plugin that is in use, and what may become of it."""

    def __init__(self, host):
        self.directory = host.directory
        self.path, spare = host.plugins / "text.so", host.directory / "text.so"
        shutil.copy(self.path, spare)
        self.good = spare.read_bytes()
        self.number = 0

    def content(self):
        """Another one each time, which is the same plugin."""
        self.number += 1
        return self.good + self.number.to_bytes(8, "little")

    def copied(self, name="copy"):
        copy = self.directory / name
        copy.write_bytes(self.content())
        copy.chmod(0o755)
        return copy

    def renamed(self):
        self.copied().rename(self.path)

    def overwritten(self):
        with open(self.path, "r+b") as file:
            file.write(self.content())

    def truncated(self):
        os.truncate(self.path, 4096 * (1 + self.number % 4))

    def deleted(self):
        self.path.unlink()

    def linked(self):
        target, link = self.copied(f"target{self.number}.so"), self.directory / "link"
        link.symlink_to(target)
        link.rename(self.path)


async def plugins(scale):
    """Each change settles: what the host makes of it is awaited before the next one."""
    host = Host(web("0"), keys="watch = true\n")
    load, file = Load(host.address(), [b"0"]), PluginFile(host)
    # What is expected of each: a reload with the new file, or without it, or one that is refused.
    changes = [
        (file.renamed, "reloaded"),
        (file.overwritten, "reloaded"),
        (file.truncated, "plugin_stays"),
        (file.renamed, "reloaded"),
        (file.deleted, "reload_refused"),
        (file.renamed, "reloaded"),
        (file.linked, "plugin_stays"),
        (file.renamed, "reloaded"),
    ]
    kinds, wrong_ones, done = {}, [], [0]

    async def work():
        while done[0] < max(8, int(200 * scale)):
            change, expected = changes[done[0] % len(changes)]
            before = len(host.text())
            change()
            heard = await host.heard("reloaded", "reload_refused", after=before)
            if await host.heard("plugin_stays", after=before, seconds=0.05):
                heard = "plugin_stays"
            if heard != expected:
                wrong_ones.append(f"{change.__name__}: {heard}")
            kinds[change.__name__] = kinds.get(change.__name__, 0) + 1
            done[0] += 1
        # Faster than they settle: what comes of it is one reload, or some.
        for i in range(max(10, int(100 * scale))):
            random.choice([file.renamed, file.overwritten if file.path.exists() else file.renamed])()
            await asyncio.sleep(0.05)

    await under_load([load], work())
    crashes = host.text().count('"worker_died"')
    host.stop()
    told = ", ".join(f"{count} {name}" for name, count in kinds.items())
    seen = (
        f"{told}: {load.passed:,} passed, failed {load.kinds()}, {crashes} crashes, otherwise than expected "
        f"{wrong_ones or 'none'}"
    )
    return Row(not load.failures and crashes == 0 and not wrong_ones, seen)


async def upgrade(scale):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hawser-soak-"))
    program = directory / "hawser"
    shutil.copy(HAWSER, program)
    host = Host(web("0"), keys='start_timeout = "3s"\n', program=program)
    load = Load(host.address(), [b"0"])
    good, refused, slowest = [0], [0], [0.0]
    # None at all; one that ends at once; one that never ends.
    broken = [b"no program\n", *(pathlib.Path(each).read_bytes() for each in ("/bin/false", "/usr/bin/yes"))]

    def install(content):
        (directory / "next").write_bytes(content)
        (directory / "next").chmod(0o755)
        (directory / "next").rename(program)

    times = max(2, int(10 * scale))

    async def work():
        new = HAWSER.read_bytes()
        for _ in range(times):
            install(new)
            good[0] += (await host.command("upgrade"))[0] == 0
            for content in broken:
                install(content)
                began = time.monotonic()
                refused[0] += (await host.command("upgrade"))[0] == 70
                slowest[0] = max(slowest[0], time.monotonic() - began)

    pid = host.process.pid
    await under_load([load], work())
    same = host.process.poll() is None
    host.stop()
    shutil.rmtree(directory)
    seen = (
        f"{good[0]} upgrades, {refused[0]} broken programs refused ({slowest[0]:.1f} s at most): {load.passed:,} passed, "
        f"failed {load.kinds()}, pid {pid} {'kept' if same else 'lost'}"
    )
    return Row(good[0] == times and refused[0] == 3 * times and not load.failures and same and slowest[0] < 10, seen)


async def reload_speed(scale):
    """From the command to the first answer of the new generation, as a client on new connections sees it."""
    more = FILES + (
        '"=/metrics" = { resource = "metrics" }\n[listeners.e]\naddress = "127.0.0.1:0"\nprotocol = "echo"\n'
        '[services.t]\nservice = "ticker"\n'
    )
    host = Host(web("0", more))
    times = []
    for i in range(max(5, int(30 * scale))):
        host.write(web(str(i + 1), more))
        began = time.monotonic()
        command = asyncio.ensure_future(host.command("reload"))
        await Load(host.address(), [str(i + 1).encode()]).until_served()
        times.append((time.monotonic() - began) * 1000)
        await command
    host.stop()
    times.sort()
    seen = f"{len(times)} reloads with all shipped plugins: median {times[len(times) // 2]:.0f} ms, longest {times[-1]:.0f} ms (goal 150)"
    return Row(times[-1] < 150, seen)
