"""Question files as texts, for tests of reading and loading them. Line numbers matter: see `test_bankfiles.py`."""

import hashlib
from pathlib import Path

from questions.bankfiles import QuestionEntry
from questions.kinds import KINDS

# What is said of a kind that there is not.
ANY_KIND = f"Input should be {', '.join(map(repr, list(KINDS)[:-1]))} or {list(KINDS)[-1]!r}"

CERTIFICATION = """\
schema: 1
certification:
  code: cert-a
  name: Certified A
  status: active
  question_count: 10
  unscored_count: 2
  minutes: 20
  cut_score: 750
  domains:
  - number: 1
    name: Data
    weight: 60
    tasks:
    - {code: "1.1", name: Store data}
    - {code: "1.2", name: Move data}
  - number: 2
    name: Models
    weight: 40
    tasks:
    - {code: "2.1", name: Train models}
"""

QUESTIONS = """\
schema: 1
title: Two questions
questions:
- id: first-one
  source: {id: ch01-q01, chapter: 1, title: Storage}
  kind: single
  tasks: {cert-a: "1.1"}
  difficulty: easy
  valid_as_of: 2026-11-21
  tags: [storage, cost]
  stem: |
    Which shelf holds the atlas that nobody has opened since last winter?
  options:
  - text: The upper one
    rationale: It is dusty enough.
  - text: The lower one
    key: true
    rationale: The cat sleeps there.
  explanation: Dust and cats tell.
  service_note: Shelves were once called boards.
  references:
  - {title: Library Guide, section: Shelves}
- id: second-one
  kind: multiple
  shuffle: false
  tasks: {cert-a: "2.1"}
  difficulty: hard
  valid_as_of: 2026-11-20
  stem: How do two librarians carry seven heavy boxes down the stairs at once? (Choose two.)
  options:
  - text: With a cart
    key: true
    rationale: Wheels help.
  - text: With a rope
    key: true
    rationale: Ropes help too.
  - text: With a song
    rationale: Songs do not carry.
  explanation: Tools carry.
  references:
  - {title: Library Guide, section: Boxes}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Return the text with each (old, new) replaced; every `old` must stand in it exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def write_files(folder: Path, **texts: str | bytes) -> list[Path]:
    """Write `name=text` as folder/name.yaml and return the paths in the order given."""
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        paths.append(path)
    return paths


def earlier_digest(entry: QuestionEntry) -> str:
    """Return the digest that the loader of earlier versions stored."""
    return hashlib.sha256(entry.model_dump_json(exclude_defaults=True).encode()).hexdigest()
