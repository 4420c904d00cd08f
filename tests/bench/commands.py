"""What an operator waits for: configurations and plugin directories that are large, trees of services."""
import subprocess
import tempfile
import time
from pathlib import Path

from contenders import BUILD

PROGRAM = BUILD / "hawser"
LINES, ROUTES, PLUGINS, SERVICES = 10_000, 1_000, 1_000, 200

# What is measured: (its title, most milliseconds, or None)
CHECK = (f"check {LINES} lines with {ROUTES} routes", 200)
LIST = (f"plugins, {PLUGINS} in a directory", 200)
ONE = ("one service, ready", None)
ALL = (f"{SERVICES} services, each after the one before, ready", None)
MORE = (f"{SERVICES} services more than one", 50)


def large_configuration(directory):
    lines = ["[host]", f'plugins = ["{BUILD}/plugins"]', 'control = "control.sock"', ""]
    for listener in range(10):
        lines += [f"[listeners.web{listener}]", f'address = "127.0.0.1:{20000 + listener}"', 'protocol = "http"', ""]
        for route in range(ROUTES // 10):
            lines += [f'[listeners.web{listener}.routes."/area{route}/page"]', 'resource = "text"', f'body = "{route}\\n"',
                      "status = 200", 'type = "text/plain; charset=utf-8"', 'delay = "0"',
                      'headers = { X-A = "a", X-B = "b" }', 'max_body = "64KiB"', "# a remark", ""]
    path = directory / "large.toml"
    path.write_text("\n".join(lines[:3] + ["#"] * (LINES - len(lines)) + lines[3:]), encoding="utf-8")
    return path


def many_plugins(directory):
    """Copies of a plugin, each with a name of its own in its manifest."""
    name = b'name    = "echo"'
    image = (BUILD / "plugins" / "echo.so").read_bytes()
    if image.count(name) != 1:
        raise SystemExit("bench: expected the name of the plugin echo once in its file")
    many = directory / "many"
    many.mkdir()
    for number in range(PLUGINS):
        own = f'name = "p{number:04}"'.encode()
        (many / f"p{number:04}.so").write_bytes(image.replace(name, own + b" " * (len(name) - len(own))))
    return many


def services(directory, count):
    path = directory / f"services{count}.toml"
    text = f'[host]\nplugins = ["{BUILD}/test-plugins"]\ncontrol = "control.sock"\n[log]\nformat = "json"\n'
    for number in range(count):
        after = f'after = ["s{number - 1}"]\n' if number > 0 else ""
        text += f'[services.s{number}]\nservice = "crew"\n{after}'
    path.write_text(text, encoding="utf-8")
    return path


def milliseconds(arguments):
    began = time.perf_counter()
    subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def milliseconds_to_ready(path):
    began = time.perf_counter()
    host = subprocess.Popen([PROGRAM, "run", path], stderr=subprocess.PIPE, text=True)
    for line in host.stderr:
        if '"event":"ready"' in line:
            break
    taken = (time.perf_counter() - began) * 1000
    host.terminate()
    host.communicate()
    return taken


def measure(rounds):
    """{title: [milliseconds]}"""
    figures = {title: [] for title, _ in (CHECK, LIST, ONE, ALL)}
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        large, many = large_configuration(directory), many_plugins(directory)
        one, all_of_them = services(directory, 1), services(directory, SERVICES)
        for _ in range(rounds):
            figures[CHECK[0]].append(milliseconds(["check", large]))
            figures[LIST[0]].append(milliseconds(["plugins", "--directory", many]))
            figures[ONE[0]].append(milliseconds_to_ready(one))
            figures[ALL[0]].append(milliseconds_to_ready(all_of_them))
    figures[MORE[0]] = [more - less for more, less in zip(sorted(figures[ALL[0]]), sorted(figures[ONE[0]]))]
    return figures


GOALS = dict((CHECK, LIST, MORE))
