#!/usr/bin/env python3
"""Holds the includes of the tree to the table of layers (host/ARCHITECTURE.md, "Layers").

A folder of host/ may include its own headers, those of the folders it may use, the C headers of the SDK where the table
says so, the standard library, the system's own headers, and the outside libraries of its row. sdk/ uses the standard
library only; a plugin uses the SDK and what it needs, never host/ and never another plugin. Also checked: the first
line of every .cpp of host/ names a test file that exists. Prints every violation; status 1 if there is one.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# folder: (the folders it may use, the outside headers it may use)
LAYERS = {
    "base": ([], ["fmt/", "spdlog/"]),
    "config": (["base"], ["toml++/"]),
    "plugin": (["config", "base"], ["boost/dll", "openssl/"]),
    "seam": (["config", "base"], []),
    "loop": (["base"], ["boost/asio", "boost/system"]),
    "net": (["loop", "base"], ["boost/asio", "boost/system", "openssl/"]),
    "tree": (["loop", "base"], []),
    "bridge": (["plugin", "tree", "net", "loop", "config", "base"], []),
    "worker": (["seam", "bridge", "tree", "net", "loop", "config", "plugin", "base"], ["boost/asio", "boost/system"]),
    "supervisor": (["seam", "config", "plugin", "loop", "net", "base"],
                   ["boost/asio", "boost/system", "boost/json"]),
    "app": (["supervisor", "worker", "bridge", "tree", "net", "loop", "seam", "plugin", "config", "base"],
            ["boost/program_options", "boost/json", "boost/system"]),
}
# The C headers of the SDK: what bridge/ speaks, plugin/ reads, and worker/ wires up. app/ knows every layer.
USES_SDK_C = {"bridge": None, "plugin": {"manifest.h", "abi.h"}, "app": None}
OUTSIDE = ("boost/", "fmt/", "spdlog/", "toml++/", "openssl/", "gtest/", "gmock/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    """Yields (line number, bracket, name) of each include of a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def sources(folder, *suffixes):
    return sorted(p for p in folder.rglob("*") if p.suffix in suffixes and p.is_file())


def is_host_header(name):
    return name.split("/", 1)[0] in LAYERS and name.endswith(".hpp")


def check_host_file(path, folder):
    may_use, outside = LAYERS[folder]
    for number, _, name in includes(path):
        first = name.split("/", 1)[0]
        if first == "hawser":
            allowed = USES_SDK_C.get(folder, set())
            if name.endswith(".hpp") or (allowed is not None and name.split("/", 1)[1] not in allowed):
                yield number, f"host/{folder} may not include <{name}> of the SDK"
        elif is_host_header(name):
            if first != folder and first not in may_use:
                yield number, f"host/{folder} may not use host/{first}; it may use: {', '.join(may_use) or 'nothing'}"
        elif name.startswith(OUTSIDE) and not name.startswith(tuple(outside)):
            yield number, f"host/{folder} may not use <{name}>; outside headers here: {', '.join(outside) or 'none'}"


def check_test_line(path):
    with path.open(encoding="utf-8") as file:
        first = file.readline().rstrip("\n")
    named = re.fullmatch(r"// Tests: (tests/\S+)((?:, tests/\S+)*)", first)
    if not named:
        yield 1, 'expected the first line "// Tests: tests/…", which names the file that tests this one'
        return
    for test in first.removeprefix("// Tests: ").split(", "):
        if not (ROOT / test).is_file():
            yield 1, f"the test {test} does not exist"


def check_sdk_file(path):
    if path.parent.name == "adapters":  # each for one library of the plugin's choice; nothing else includes them
        return
    for number, _, name in includes(path):
        if is_host_header(name) or name.startswith(OUTSIDE):
            yield number, f"the SDK uses the standard library only, not {name}"
        elif "hawser/adapters/" in name:
            yield number, f"only a plugin includes an adapter ({name})"


def check_plugin_file(path, plugin, plugins):
    for number, _, name in includes(path):
        first = name.split("/", 1)[0]
        if is_host_header(name) or "host/" in name:
            yield number, f"a plugin never includes the host's headers ({name})"
        elif "../" in name or (first in plugins and first != plugin):
            yield number, f"a plugin never includes another plugin's sources ({name})"


def violations():
    host = ROOT / "host"
    for path in sources(host, ".cpp", ".hpp", ".h"):
        folder = path.relative_to(host).parts[0]
        if folder == path.name:
            folder = "app"  # host/main.cpp, if it stands there
        if folder not in LAYERS:
            yield path, 1, f"host/{folder} is not in the table of layers (scripts/layers.py, host/ARCHITECTURE.md)"
            continue
        for number, text in check_host_file(path, folder):
            yield path, number, text
        if path.suffix == ".cpp":
            for number, text in check_test_line(path):
                yield path, number, text
    for path in sources(ROOT / "sdk" / "include", ".hpp", ".h"):
        for number, text in check_sdk_file(path):
            yield path, number, text
    plugins = {p.name for p in (ROOT / "plugins").iterdir() if p.is_dir()}
    for plugin in sorted(plugins):
        for path in sources(ROOT / "plugins" / plugin, ".cpp", ".hpp", ".c", ".h"):
            for number, text in check_plugin_file(path, plugin, plugins):
                yield path, number, text


def main():
    count = 0
    for path, number, text in violations():
        print(f"{path.relative_to(ROOT)}:{number}: {text}")
        count += 1
    print(f"scripts/layers.py: {count} violations" if count else "scripts/layers.py: every include is allowed")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
