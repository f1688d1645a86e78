"""What the answer of a question names: letters of options, or the text of one."""

import re
from collections.abc import Sequence

_MOST = 500  # characters of an answer that are looked at
_BETWEEN = re.compile(r"[\s,;/&+|()\[\].]+")
_WORDS = frozenset({"and", "option", "options", "choice", "choices", "answer", "answers", "letter", "letters", "only"})
# “B. Scissors”, “A, C: both”, “(B) because …”. A letter and a blank alone may also be an article: “A hammer”.
_LEADING = re.compile(r"\(?([A-Za-z])(?![A-Za-z0-9'’])((?:\)?\s*(?:[,;/&+]|and\b)\s*\(?[A-Za-z](?![A-Za-z0-9'’]))*)")


def named_options(answer: str, texts: Sequence[str]) -> set[int]:
    """Return the indexes of the options that an answer names, empty if it names none for certain."""
    answer = answer[:_MOST].strip(" \t\n*_`")
    parts = [part for part in _BETWEEN.split(answer) if part and part.casefold() not in _WORDS]
    if parts and re.fullmatch("[A-Z]+|[a-z]+", "".join(parts)) and max(map(len, parts)) == 1:
        return {_index(part) for part in parts}
    if len(parts) == 1 and re.fullmatch("[A-Z]{2,8}", parts[0]) and list(parts[0]) == sorted(set(parts[0])):
        return {_index(letter) for letter in parts[0]}  # “AC”
    told = [index for index, text in enumerate(texts) if _folded(text) == _folded(answer)]
    if told:
        return set(told) if len(told) == 1 else set()
    return _leading(answer, texts)


def _leading(answer: str, texts: Sequence[str]) -> set[int]:
    found = _LEADING.match(answer)
    if not found:
        return set()
    letters = [found[1], *re.findall(r"\b[A-Za-z]\b", found[2])]
    if len({letter.isupper() for letter in letters}) > 1:  # “B, a hammer”
        letters = letters[:1]
    rest = answer[found.end() :] if len(letters) > 1 or not found[2] else found[2]
    said = _folded(rest.strip(" \t)].:,;-–—"))
    told = [index for index, text in enumerate(texts) if said and _folded(text) == said]
    if told:
        return {_index(letters[0])} if len(letters) == 1 and _index(letters[0]) in told else set()
    if re.match(r"\s*(?:or|not)\b", rest, re.IGNORECASE):  # “B or C”
        return set()
    is_article = found[1] in "Aa" and len(letters) == 1 and re.match(r"\s+[^\W_]", rest)
    return set() if is_article else {_index(letter) for letter in letters}


def _index(letter: str) -> int:
    return ord(letter.upper()) - ord("A")


def _folded(text: str) -> str:
    return " ".join(text.replace("*", "").replace("`", "").split()).casefold().rstrip(".")
