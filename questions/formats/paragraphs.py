"""Lines of plain text as the paragraphs and blocks of code of Markdown."""

import re
from collections.abc import Sequence
from textwrap import dedent

FENCE = re.compile(r"\s*(`{3,})[^`]*")


def paragraphs(lines: Sequence[str]) -> str:
    """Return Markdown of the lines: paragraphs and blocks of code stay, a paragraph with indented lines is code."""
    parts: list[list[str]] = [[]]
    fence = ""
    for line in lines:
        found = FENCE.fullmatch(line)
        if fence or found:
            if not fence and parts[-1]:
                parts.append([])
            parts[-1].append(line)
            if found and (not fence or (line.strip() == found[1] and len(found[1]) >= len(fence))):
                fence = "" if fence else found[1]
                parts += [] if fence else [[]]
        elif line.strip():
            parts[-1].append(line)
        elif parts[-1]:
            parts.append([])
    return "\n\n".join(_paragraph(paragraph) for paragraph in parts if paragraph)


def _paragraph(lines: list[str]) -> str:
    if FENCE.fullmatch(lines[0]):
        return dedent("\n".join(lines))
    if any(line[0] in " \t" for line in lines[1:]):
        return "\n".join(["```", *lines, "```"])
    return "\n".join(line.strip() for line in lines)
