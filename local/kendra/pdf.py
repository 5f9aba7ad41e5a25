"""Reads the text of a PDF, page by page, with PDFium."""

import re
import threading
from pathlib import Path

import pypdfium2

from local.text.hyphens import join_broken_words

#: PDFium has global state: only one thread at a time may call it (pypdfium2's README).
_PDFIUM = threading.Lock()

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ufffd\u00ad]")
_FILE_NAME = re.compile(r"\.(docx?|xlsx?|pptx?|tex|dvi|pdf|indd|rtf|odt)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(untitled|document|no title|title|slide) ?\d*", re.IGNORECASE)


class UnreadableError(Exception):
    """The document cannot be read; the message is the rest of "The file ..."."""


def read_pdf(path: Path) -> tuple[str | None, list[str]]:
    """Return the PDF's own title, None if it is not a useful one, and the text of its pages.

    Raises UnreadableError for a damaged or encrypted file, OSError if it cannot be opened.
    """
    content = path.read_bytes()
    with _PDFIUM:
        try:
            with pypdfium2.PdfDocument(content) as pdf:
                title = pdf.get_metadata_value("Title")
                pages = [_page_text(pdf, number) for number in range(len(pdf))]
        except pypdfium2.PdfiumError as error:
            raise UnreadableError(_reason(str(error))) from error
    return _useful(title), [_UNPRINTABLE.sub("", page) for page in join_broken_words(pages)]


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
        return "is encrypted with a method that PDFium does not support"
    return "is damaged or not a PDF"


def _useful(title: str) -> str | None:
    """Return a title, or None if it is a file name or placeholder of a word processor."""
    title = " ".join(_UNPRINTABLE.sub("", title).split())
    title = re.sub(r"^Microsoft (Office )?(Word|PowerPoint|Excel) - ", "", title)
    if not 3 <= len(title) <= 200 or not re.search(r"[^\W\d_]{2}", title):
        return None
    return None if _FILE_NAME.search(title) or _PLACEHOLDER.fullmatch(title) else title
