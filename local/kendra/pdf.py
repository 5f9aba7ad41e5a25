"""The text of a PDF, page by page, through PDFium."""

import re
import threading
from collections import Counter
from pathlib import Path

import pypdfium2

#: PDFium keeps global state and may be entered by one thread at a time (pypdfium2's README).
_PDFIUM = threading.Lock()

#: PDFium's marks for the hyphen at which it joined two lines: U+0002 or U+FFFE, by function.
_JOINED = re.compile(r"(\w+)[\x02\ufffe\u00ad](\w+)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ufffd\u00ad]")
_WORDS = re.compile(r"(?=\b(\w+-\w+)\b)|\b(\w+)\b")
_FILE_NAME = re.compile(r"\.(docx?|xlsx?|pptx?|tex|dvi|pdf|indd|rtf|odt)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(untitled|document|no title|title|slide) ?\d*", re.IGNORECASE)


class UnreadableError(Exception):
    """The document cannot be read; the message says why, as the rest of "<file> ..."."""


def read_pdf(path: Path) -> tuple[str | None, list[str]]:
    """Return the PDF's own title, if it is a sensible one, and its pages' text in order.

    Lines end in a newline. Raises UnreadableError for a damaged or encrypted file, OSError for
    one that may not be opened.
    """
    content = path.read_bytes()
    with _PDFIUM:
        try:
            with pypdfium2.PdfDocument(content) as pdf:
                title = pdf.get_metadata_value("Title")
                pages = [_page_text(pdf, number) for number in range(len(pdf))]
        except pypdfium2.PdfiumError as error:
            raise UnreadableError(_reason(str(error))) from error
    return _sensible(title), _mend_hyphens(pages)


def _page_text(pdf: pypdfium2.PdfDocument, number: int) -> str:
    page = pdf[number]
    try:
        text_page = page.get_textpage()
        try:
            return str(text_page.get_text_bounded()).replace("\r\n", "\n").replace("\r", "\n")
        finally:
            text_page.close()
    finally:
        page.close()


def _reason(error: str) -> str:
    if "password" in error.lower():
        return "is encrypted: it opens only with a password"
    if "security" in error.lower():
        return "is encrypted in a way PDFium does not know"
    return "is damaged or not a PDF"


def _sensible(title: str) -> str | None:
    """Word processors leave their file names and placeholders in /Title; a reader would not."""
    title = " ".join(_UNPRINTABLE.sub("", title).split())
    title = re.sub(r"^Microsoft (Office )?(Word|PowerPoint|Excel) - ", "", title)
    if not 3 <= len(title) <= 200 or not re.search(r"[^\W\d_]{2}", title):
        return None
    return None if _FILE_NAME.search(title) or _PLACEHOLDER.fullmatch(title) else title


def _mend_hyphens(pages: list[str]) -> list[str]:
    """PDFium does not say whether the hyphen at a line's end belongs to the word ("in-network")
    or to the line break ("trans-port"). How the document writes the word elsewhere tells.
    """
    known = Counter(
        word.lower() for page in pages for pair in _WORDS.findall(page) for word in pair if word
    )

    def mend(broken: re.Match[str]) -> str:
        left, right = broken.groups()
        joined, hyphened = (left + right).lower(), f"{left}-{right}".lower()
        if known[joined] != known[hyphened]:
            compound = known[hyphened] > known[joined]
        else:
            compound = known[left.lower()] > 0 and known[right.lower()] > 0
        return f"{left}-{right}" if compound else f"{left}{right}"

    return [_UNPRINTABLE.sub("", _JOINED.sub(mend, page)) for page in pages]
