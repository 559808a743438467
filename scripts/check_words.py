#!/usr/bin/env python3
"""What must not stand in the repository: a package registry's host, a path of one machine, undone work, a secret.

Reads every tracked text file. Prints one line a finding; exit 1 when there is any.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOSTS = "|".join([
    r"pypi\.org", r"files\.pythonhosted", r"registry\.npmjs", r"proxy\.golang\.org", r"static\.crates\.io",
    r"index\.crates\.io", r"repo1?\.maven", r"deb\.debian\.org",
])
RULES = {
    "names a registry's host": re.compile(HOSTS),
    "names a path of one machine": re.compile(r"(?<![\w./~])/(?:work|farm|root|home/(?!\w*<)[a-z]\w*)/"),
    "leaves something undone": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b"),
    "holds a private key": re.compile(r"-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----"),
}
# Corpora and test data may hold anything on purpose; a lock file is made by its tool; this file names what it looks for.
EXEMPT = re.compile(r"^(tests/data/|tests/fuzz/corpus/|scripts/check_words\.py$)|(^|/)(package-lock\.json|go\.sum)$")
TEST_KEYS = re.compile(r"^tests/")


def main():
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    found = []
    for name in filter(None, files):
        if EXEMPT.search(name):
            continue
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for what, rule in RULES.items():
                if rule.search(line) and not (what == "holds a private key" and TEST_KEYS.search(name)):
                    found.append(f"{name}:{number}: {what}: {line.strip()[:100]}")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
