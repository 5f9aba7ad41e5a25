"""Joins words that were broken at the end of a line."""

import re
from collections import Counter
from collections.abc import Sequence

#: The halves of a broken word. Between them is a hyphen at the end of a line, or a mark in its
#: place: U+0002 or U+FFFE from PDFium, a soft hyphen from HTML.
_BROKEN = re.compile(r"(?<!\w)(\w+)(?:-[ \t]*\n[ \t]*|[\u00ad\ufffe\x02]\s*)(\w+)")
#: Each word, and each two words with a hyphen between them.
_WORDS = re.compile(r"(?=\b(\w+-\w+)\b)|\b(\w+)\b")


def join_broken_words(texts: Sequence[str]) -> list[str]:
    """Return the texts with their broken words joined.

    The hyphen may belong to the word ("in-network") or to the line break ("trans-port").
    The texts decide by how they write the word elsewhere.
    If they do not, the hyphen stays only if both halves occur as words of their own.
    """
    known = Counter(
        word.lower()
        for text in texts
        for pair in _WORDS.findall(_BROKEN.sub(" ", text))
        for word in pair
        if word
    )

    def joined(broken: re.Match[str]) -> str:
        left, right = broken.groups()
        hyphened = f"{left}-{right}"
        # "out-of-" and "network"; "Anglo-" and "Saxon".
        if broken.string[: broken.start()].endswith("-") or not right[0].islower():
            return hyphened
        whole, parted = known[(left + right).lower()], known[hyphened.lower()]
        if whole == parted:
            keeps = known[left.lower()] > 0 and known[right.lower()] > 0
        else:
            keeps = parted > whole
        return hyphened if keeps else left + right

    return [_BROKEN.sub(joined, text) for text in texts]
