#!/usr/bin/env python3
"""Holds files and functions to their sizes, and the text of the tree to a few rules that a reader would miss.

Files: 400 lines; the core ABI header 700. Functions: 60 lines (found by the house format: a function's opening brace
stands alone on its line). A file or function over its bound stays if a comment `// Over the bound: REASON` stands in
it. Words: no TODO(now), no sleeping tests, no exit() below main, no path of one developer's machine, no tab, no blank
at a line's end. Prints every violation; status 1 if there is one.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES = 400
FUNCTION_LINES = 60
FILE_BOUNDS = {"sdk/include/hawser/abi.h": 700}
CODE = {".cpp", ".hpp", ".c", ".h"}
TEXT = CODE | {".py", ".toml", ".txt", ".cmake", ".md", ".html", ".case", ""}
EXCUSE = "// Over the bound: "

# (what it looks like, where it is forbidden, why)
WORDS = [
    (r"TODO\(now\)", r".", "TODO(now) must be done before it lands"),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", r"^(tests|host)/.*\.(c|cpp|hpp)$", "wait for an event, not for time"),
    (r"(?<![_\w.>:])(std::)?exit\(", r"^host/(?!app/main\.cpp)", "no exit() below main: return a status"),
    (r"(?<![\w.-])/(home|root|work|Users)/", r".", "a path of one developer's machine"),
    (r"\b(if|while|switch) \([!(]*co_await", r"\.(cpp|hpp)$", "g++ 12 gets this wrong (sdk/COROUTINES.md)"),
    (r"\t", r"\.(cpp|hpp|c|h|py|toml|md)$", "a tab"),
    (r"[ \t]+$", r"\.(cpp|hpp|c|h|py|toml|md|txt)$", "blanks at the end of a line"),
    (r"^(<{7}|>{7}|={7})( |$)", r".", "a merge conflict"),
]
NOT_FOR = {"scripts/sizes.py"}


def files():
    """Every file that git would commit, as a path relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        path = Path(name)
        if (ROOT / path).is_file() and not (ROOT / path).is_symlink():
            yield path


def long_functions(lines):
    """(first line, length) of each function over the bound; a function's braces stand alone at one indentation."""
    start = indent = None
    for number, line in enumerate(lines, 1):
        if start is None and line.strip() == "{":
            start, indent = number, len(line) - 1
        elif start is not None and line.startswith("}", indent) and not line[:indent].strip():
            if number - start - 1 > FUNCTION_LINES and not any(EXCUSE in text for text in lines[start - 3:number]):
                yield start - 1, number - start - 1
            start = None


def check(path):
    name = path.as_posix()
    try:
        text = (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    lines = text.splitlines()
    bound = FILE_BOUNDS.get(name, FILE_LINES)
    if path.suffix in CODE | {".py"} and len(lines) > bound and EXCUSE not in text:
        yield 1, f"{len(lines)} lines, the bound is {bound}: split it, or say why in a comment \"{EXCUSE}REASON\""
    if path.suffix in {".cpp", ".hpp", ".c"}:
        for number, length in long_functions(lines):
            yield number, f"a function of {length} lines, the bound is {FUNCTION_LINES}"
    for pattern, where, why in WORDS:
        if name in NOT_FOR or not re.search(where, name):
            continue
        for number, line in enumerate(lines, 1):
            if re.search(pattern, line):
                yield number, why


def main():
    count = 0
    for path in files():
        if path.suffix not in TEXT:
            continue
        for number, text in check(path):
            print(f"{path}:{number}: {text}")
            count += 1
    print(f"scripts/sizes.py: {count} violations" if count else "scripts/sizes.py: every size and word is within bounds")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
