"""A source: a passage as the caller sees it, numbered as the answer cites it."""

from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict

from sluice.job.passage import Confidence, Passage


class Source(BaseModel):
    """Where an answer comes from. `number` starts at 1; `page` and `link` may be unknown."""

    model_config = ConfigDict(frozen=True)

    number: int
    title: str
    page: int | None
    excerpt: str
    uri: str | None
    link: str | None
    confidence: Confidence

    @classmethod
    def of(cls, number: int, passage: Passage) -> "Source":
        return cls(
            number=number,
            title=passage.title,
            page=passage.page,
            excerpt=passage.text,
            uri=passage.uri,
            link=link_to(passage.uri, passage.page),
            confidence=passage.confidence,
        )


def link_to(uri: str | None, page: int | None) -> str | None:
    """An address a browser can open, at `page` if it is a PDF's; None if there is none.

    `s3://bucket/key` becomes the object's https address. Only http and https are ever linked:
    a document's address is data, and `javascript:` is an address too.
    """
    try:
        parts = urlsplit(uri or "")
    except ValueError:  # such as an unfinished IPv6 address
        return None
    if not parts.netloc or parts.scheme not in ("http", "https", "s3"):
        return None
    address = parts._replace(fragment="").geturl()
    if parts.scheme == "s3":
        address = f"https://{parts.netloc}.s3.amazonaws.com{quote(parts.path)}"
    is_pdf = parts.path.lower().endswith(".pdf")
    return f"{address}#page={page}" if is_pdf and page else address
