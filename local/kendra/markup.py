"""The text of HTML and Markdown: paragraphs and headings apart, one empty line between them."""

import re
from html.parser import HTMLParser

_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "head"})
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|"
    "strong|sub|sup|time|tt|u|var|wbr"
)


class _Page(HTMLParser):
    """Collects the visible text and the <title>; tags that are not inline separate paragraphs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.title: list[str] = []
        self._hidden: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title  # an <svg> may have another
        elif tag == "body":
            self._hidden.clear()  # a <head> or <style> left open ends here
        elif tag in _HIDDEN:
            self._hidden.append(tag)
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        self._separate(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._hidden:
            self.text.append(re.sub(r"\s+", " ", data))

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
    text = re.sub(r"\A---\n.*?\n---\n", "", source.replace("\r\n", "\n"), flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^[ \t]*(```|~~~).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(\S.*)\n(=+|-{3,})[ \t]*$", r"# \1", text, flags=re.MULTILINE)
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    text = re.sub(r"^\|?[ \t:|-]*-{3,}[ \t:|-]*$\n?", "", text, flags=re.MULTILINE)
    heading = re.search(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", text, flags=re.MULTILINE)
    text = re.sub(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", r"\n\1\n", text, flags=re.MULTILINE)
    text = re.sub(r"^>[ \t]?", "", text, flags=re.MULTILINE)
    return heading.group(1) if heading else None, _tidy(text)


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
