#!/usr/bin/env python3
"""The output of `hawser schema` under a validator that is not ours (python3-jsonschema, with Python's own TOML).

It is a schema of draft 2020-12, is what conf/schema.json holds, accepts every configuration of the project, and refuses
spoiled copies of conf/reference.toml, which `hawser check` refuses too.
    schema_test.py PROGRAM SOURCE
"""
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import jsonschema

PROGRAM, SOURCE = sys.argv[1], Path(sys.argv[2])

# (what is replaced in conf/reference.toml, by what)
SPOILED = [
    ('drain_timeout = "30s"', 'drain_timeout = 30'),
    ('drain_timeout = "30s"', 'drain_timeout = "30 seconds"'),
    ('drain_timeout = "30s"', 'drain_timout = "30s"'),
    ('level  = "info"', 'level = "loud"'),
    ('protocol    = "http"', 'protocol = "htp"'),
    ('protocol    = "http"', ''),
    ('"127.0.0.1:8080"', '"localhost"'),
    ('max_fields     = 100', 'max_fields = 0'),
    ('max_fields     = 100', 'max_fields = "100"'),
    ('max_header     = "16KiB"', 'max_heder = "16KiB"'),
    ('max_header     = "16KiB"', 'max_header = "16KB"'),
    ('resource = "static"', 'resource = "statik"'),
    ('root     = "site"', 'rot = "site"'),
    ('status   = 200', 'status = 1000'),
    ('policy = "on-failure"', 'policy = "sometimes"'),
    ('service     = "ticker"', 'service = "tocker"'),
    ('[listeners.web]', '[listeners.Web]'),
    ('[compartments.apart]', '[compartment.apart]'),
]


def main():
    problems = []
    printed = subprocess.run([PROGRAM, "schema", SOURCE / "conf/hawser.toml"], check=True, capture_output=True,
                             text=True).stdout
    if (SOURCE / "conf/schema.json").read_text(encoding="utf-8") != printed:
        problems.append("conf/schema.json is not what the program prints; after a change of keys or options:\n"
                        "  build/release/hawser schema conf/hawser.toml > conf/schema.json")
    schema = json.loads(printed)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    for path in sorted([*SOURCE.glob("conf/*.toml"), *SOURCE.glob("plugins/*/example.toml")]):
        with path.open("rb") as file:
            for error in validator.iter_errors(tomllib.load(file)):
                problems.append(f"{path}: refused at {list(error.absolute_path)}: {error.message[:300]}")

    reference = (SOURCE / "conf/reference.toml").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        for before, after in SPOILED:
            if before not in reference:
                problems.append(f"conf/reference.toml does not hold {before!r} any more: choose another mistake")
                continue
            spoiled = reference.replace(before, after)
            if validator.is_valid(tomllib.loads(spoiled)):
                problems.append(f"the schema accepts {after!r} in place of {before!r}")
            file = Path(directory) / "spoiled.toml"
            file.write_text(spoiled, encoding="utf-8")
            status = subprocess.run([PROGRAM, "check", file], capture_output=True, check=False).returncode
            if status != 78:
                problems.append(f"hawser check ends with {status} for {after!r} in place of {before!r}")

    print("\n".join(problems) if problems else f"accepted every configuration, refused {len(SPOILED)} spoiled ones")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
