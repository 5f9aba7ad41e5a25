"""The text of HTML and Markdown files, with one empty line between paragraphs and headings."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "head"})
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|"
    "strong|sub|sup|time|tt|u|var|wbr"
)
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HEADING = re.compile(r"<h[1-6]>(.*?)</h[1-6]>", re.DOTALL)


class _Page(HTMLParser):
    """Collects the visible text and the <title>. Tags that are not inline separate paragraphs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.title: list[str] = []
        self._hidden: list[str] = []
        self._in_title = False
        self._in_code = False
        #: The next item's number of each open list; None if the list has bullets.
        self._lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title  # an <svg> may have a second title
        elif tag == "body":
            self._hidden.clear()  # an unclosed <head> or <style> ends here
        elif tag in _HIDDEN:
            self._hidden.append(tag)
        self._separate(tag)
        self._show(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag == "pre":
            self._in_code = False
        elif tag in {"ol", "ul"} and self._lists:
            self._lists.pop()
        self._separate(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._separate(tag)
        self._show(tag, dict(attrs))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._hidden:
            self.text.append(data if self._in_code else re.sub(r"\s+", " ", data))

    def _show(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Put into the text what a browser adds to it: the marks of list items, alt texts."""
        if tag == "pre":
            self._in_code = True
        elif tag in {"ol", "ul"}:
            start = re.fullmatch(r"[0-9]{1,9}", attributes.get("start") or "1")
            self._lists.append((int(start[0]) if start else 1) if tag == "ol" else None)
        elif tag == "li" and not self._hidden:
            number = self._lists[-1] if self._lists else None
            self.text.append("• " if number is None else f"{number}. ")
            if number is not None:
                self._lists[-1] = number + 1
        elif tag == "img" and not self._hidden:
            self.text.append(attributes.get("alt") or "")

    def _separate(self, tag: str) -> None:
        if tag in {"td", "th", "br"}:
            self.text.append(" ")
        elif tag == "li":
            self.text.append("\n")
        elif not _INLINE.fullmatch(tag):
            self.text.append("\n\n")


def html_text(source: str) -> tuple[str | None, str]:
    """Return the <title>, if there is one, and the visible text."""
    page = _Page()
    page.feed(source)
    page.close()
    return " ".join("".join(page.title).split()) or None, _tidy("".join(page.text))


def markdown_text(source: str) -> tuple[str | None, str]:
    """Return the first heading, if there is one, and the text without its markup."""
    html = _MARKDOWN.render(_FRONT_MATTER.sub("", source))
    heading = _HEADING.search(html)
    return heading and html_text(heading[1])[1], html_text(html)[1]


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
