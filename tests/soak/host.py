"""The running host with a configuration and plugins of its own, and what a row of the table is."""
import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("SOAK_BUILD", ROOT / "build" / "release"))
HAWSER = BUILD / "hawser"
TICKS = os.sysconf("SC_CLK_TCK")


class Row:
    def __init__(self, held, seen):
        self.held, self.seen = held, seen


def web(body, more="", address="127.0.0.1:0"):
    return (
        f'[listeners.web]\naddress = "{address}"\nprotocol = "http"\n[listeners.web.routes]\n'
        f'"/" = {{ resource = "text", body = "{body}" }}\n"/slow" = {{ resource = "text", body = "slow", delay = "3s" }}\n'
        + more
    )


SIDE = (
    '[compartments.side]\n[listeners.side]\naddress = "127.0.0.1:0"\nprotocol = "http"\ncompartment = "side"\n'
    'routes = { "/" = { resource = "text", body = "side" } }\n'
)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_kib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


async def gone(pid):
    """When the last thread of a process had ended, so that its sockets were closed; and this client has read so, also
    where the kernel leaves what is sent over loopback to a thread that has to wait for a processor."""
    try:
        process = os.pidfd_open(pid)
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(process, ended.set)
        await ended.wait()
        loop.remove_reader(process)
        os.close(process)
    except ProcessLookupError:
        pass
    await asyncio.sleep(0.05)
    return time.monotonic()


class Host:
    def __init__(self, toml, keys="", program=HAWSER, plugins=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hawser-soak-"))
        self.plugins = self.directory / "plugins"
        shutil.copytree(BUILD / "plugins", self.plugins)
        for plugin in plugins:
            shutil.copy(BUILD / plugin, self.plugins)
        self.config = self.directory / "hawser.toml"
        self.control = self.directory / "control.sock"
        self.keys = keys
        self.write(toml)
        self.log = self.directory / "log"
        self.start(program)

    def start(self, program=HAWSER):
        self.process = subprocess.Popen(
            [program, "run", self.config], stderr=open(self.log, "wb"), stdin=subprocess.DEVNULL
        )
        self.wait_for('"event":"ready"')

    def write(self, toml):
        next_one = self.directory / "next"
        next_one.write_text(
            f'[host]\nplugins = ["plugins"]\ncontrol = "control.sock"\nstate = "state"\nloops = 1\n{self.keys}{toml}'
        )
        next_one.rename(self.config)

    def wait_for(self, text, count=1, seconds=20.0):
        until = time.monotonic() + seconds
        while self.text().count(text) < count:
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"{text} is not in the log:\n{self.text()[-3000:]}")
            time.sleep(0.005)

    async def heard(self, *events, after=0, seconds=20.0):
        """The first of these events in the log behind so many bytes of it, or None."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = re.search('"event":"(' + "|".join(events) + ')"', self.text()[after:])
            if found:
                return found[1]
            await asyncio.sleep(0.01)
        return None

    def text(self):
        return self.log.read_text(errors="replace")

    def address(self, listener="web"):
        return re.findall(listener + r"=(127\.0\.0\.1:\d+)", self.text())[-1]

    async def command(self, *words):
        process = await asyncio.create_subprocess_exec(
            HAWSER, *words, "--control", self.control, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    async def workers(self):
        status = json.loads((await self.command("status", "--json"))[1])["result"]
        return {
            (each["name"], each["generation"]): each["pid"] for each in status["compartments"] if each.get("pid")
        }

    async def worker(self, name="main"):
        return next(pid for (compartment, _), pid in (await self.workers()).items() if compartment == name)

    async def kill(self, pids):
        """Their span: from the signal until all are gone."""
        began = time.monotonic()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return began, max([await gone(pid) for pid in pids])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
        return self.process.returncode
