#!/usr/bin/env python3
# What Doxygen reads of a header: comments before a declaration and behind it become its own; the code in them is kept as
# it stands, whatever it holds.
import re
import sys


def text(line):
    """Doxygen takes these for commands, tags and links."""
    return re.sub(r"([@\\<>#%])", r"\\\1", line)


def main(path):
    inside = False  # of a comment in C
    with open(path, encoding="utf-8") as file:
        if path.endswith(".md"):
            # Links lead to files of the tree.
            sys.stdout.write(re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r"\1", file.read()))
            return
        for line in file:
            line = line.rstrip("\n")
            if match := re.fullmatch(r"(\s*)//( ?)(.*)", line):
                print(f"{match[1]}///{match[2]}{text(match[3])}")
            elif match := re.fullmatch(r"(\s*)/\*(.*)\*/", line):
                print(f"{match[1]}/**{text(match[2])}*/")
            elif match := re.fullmatch(r"(\s*)/\*(.*)", line):
                inside = True
                print(f"{match[1]}/**{text(match[2])}")
            elif inside:
                inside = "*/" not in line
                print(text(line.replace("*/", "")) + ("" if inside else "*/"))
            elif match := re.fullmatch(r"(.*[;,{)])(\s+)// (.*)", line):
                print(f"{match[1]}{match[2]}///< {text(match[3])}")
            elif match := re.fullmatch(r"(.*[;,])(\s+)/\* (.*)\*/", line):
                print(f"{match[1]}{match[2]}/**< {text(match[3])}*/")
            else:
                print(line)


main(sys.argv[1])
