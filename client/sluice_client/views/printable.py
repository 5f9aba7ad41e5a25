"""Printable: text from documents, made safe for a terminal.

Titles, excerpts and answers come out of documents anybody may have written. A terminal obeys
control characters in them (retitling the window, hiding text, typing at the prompt), and
bidirectional overrides show words in a different order. Both are removed.
"""

import re

_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")

#: C0 (but not tab and newline), DEL and C1; bidirectional marks, embeddings, overrides and
#: isolates; byte-order marks and interlinear notes; lone surrogates, which no encoding can print;
#: and tags, which are invisible.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """Return the text without control characters. Line ends become newlines."""
    return _UNSAFE.sub("", _LINE_ENDS.sub("\n", text))


def one_line(text: str) -> str:
    """Return the printable text as one line, with single spaces."""
    return " ".join(printable(text).split())
