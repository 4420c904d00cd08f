#!/usr/bin/env python3
"""Runs clang-tidy over every source of the tree that build/clang compiles, one on each core. Status 1 if one is not clean.

A source that was clean before is passed over if nothing has changed that it is made of: its text with all that it
includes, its flags, the rules, the program. What was clean is remembered in $XDG_CACHE_HOME/hawser-tidy, by hash; to
begin anew, remove that.
"""
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "clang"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hawser-tidy"
TIDY = "clang-tidy-16"


def sources():
    """{path: arguments of its compiler}"""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        path = Path(entry["directory"], entry["file"])
        if path.suffix == ".cpp" and ROOT in path.parents and ROOT / "build" not in path.parents:
            found[path] = (entry["directory"], shlex.split(entry["command"]))
    return dict(sorted(found.items()))


def rules():
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    files = sorted(path for path in ROOT.rglob(".clang-tidy") if ROOT / "build" not in path.parents)
    return version + "".join(path.read_text(encoding="utf-8") for path in files)


def key_of(directory, command, base):
    """None: it cannot be preprocessed, which clang-tidy will say."""
    arguments = [word for word in command if not word.endswith("ccache")]
    flags, skip = [], False
    for word in arguments:
        if skip or word in ("-c", "-MD"):
            skip = False
        elif word in ("-o", "-MT", "-MF"):
            skip = True
        else:
            flags.append(word)
    done = subprocess.run([*flags, "-E", "-C", "-P"], cwd=directory, capture_output=True, check=False)
    if done.returncode != 0:
        return None
    text = base.encode() + "\0".join(flags).encode() + done.stdout
    return hashlib.sha256(text.replace(str(ROOT).encode(), b"")).hexdigest()


def check(path, directory, command, base):
    """What is wrong with it, or ""."""
    key = key_of(directory, command, base)
    if key is not None and (CACHE / key).exists():
        return ""
    done = subprocess.run([TIDY, "-p", BUILD, "--quiet", path], capture_output=True, text=True, check=False)
    if done.returncode == 0 and key is not None:
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / key).touch()
    return "" if done.returncode == 0 else done.stdout or done.stderr


def main():
    base, wrong = rules(), 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [pool.submit(check, path, *how, base) for path, how in sources().items()]
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                wrong += 1
                print(run.result(), flush=True)
    print(f"scripts/tidy.py: {len(runs)} files, {wrong} not clean")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
