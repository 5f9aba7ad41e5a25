"""A source: a passage as the caller sees it, with the number by which the answer cites it."""

from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict

from sluice.job.passage import Confidence, Passage


class Source(BaseModel):
    """A passage that the answer may cite. `number` starts at 1. `page` is null if unknown."""

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
    """A link to `uri` that a browser can open, at `page` if it is a PDF. None if there is none.

    `s3://bucket/key` becomes the https address of the object.
    Only http and https are linked: the address comes from a document and may be `javascript:`.
    """
    try:
        parts = urlsplit(uri or "")
    except ValueError:  # for example an incomplete IPv6 address
        return None
    if not parts.netloc or parts.scheme not in ("http", "https", "s3"):
        return None
    address = parts._replace(fragment="").geturl()
    if parts.scheme == "s3":
        address = f"https://{parts.netloc}.s3.amazonaws.com{quote(parts.path)}"
    is_pdf = parts.path.lower().endswith(".pdf")
    return f"{address}#page={page}" if is_pdf and page else address
