"""The context that whoever deploys gives with `-c`: which file is meant, and which stack."""

import re

from infra.config.files.mistakes import nearest_word

KEYS = {"watches": ("PATH", "the path of a file"), "stack": ("NAME", "the name of a stack")}
WATCHES, STACK = "watches.yaml", "Jobwatch"
"""What is meant where nothing is said."""

POLL_ROLE = "{stack}-poll-{region}"
"""The name of the poll function's role, by which other accounts trust it."""
LONGEST_STACK = 43
"""Characters of a stack's name: a role's has 64 at most, also in the region of the longest name."""

_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9-]{{0,{LONGEST_STACK - 1}}}")
_OF_THE_CDK = re.compile("[:@]")


def mistake(key: str, value: str) -> str | None:
    """Say what is wrong with `key=value`: the CDK takes a key that nobody knows for nothing."""
    if key in KEYS:
        wrong = _wrong_value(key, value)
        return f"{key}={value}: expected {wrong}" if wrong else None
    if _OF_THE_CDK.search(key):
        return None
    words = " or ".join(f"{name}={what}" for name, (what, _) in KEYS.items())
    near = nearest_word(key, KEYS)
    return f"{key}={value}: expected {words}" + (f"; did you mean {near}={value}?" if near else "")


def is_meant(key: str) -> bool:
    """Tell whether a key is one of ours, or one of them misspelt."""
    return key in KEYS or nearest_word(key, KEYS) is not None


def _wrong_value(key: str, value: str) -> str | None:
    if not value.strip():
        return KEYS[key][1]
    if key == "stack" and not _NAME.fullmatch(value):
        return f'a letter, then at most {LONGEST_STACK - 1} letters, digits and "-"'
    return None
