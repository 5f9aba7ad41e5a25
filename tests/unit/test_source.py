import pytest

from sluice.job.source import Source, link_to
from tests.builders import a_passage


@pytest.mark.parametrize(
    ("uri", "page", "link"),
    [
        ("https://docs.example/a.pdf", 23, "https://docs.example/a.pdf#page=23"),
        ("https://docs.example/a.PDF?v=2#top", 2, "https://docs.example/a.PDF?v=2#page=2"),
        ("https://docs.example/a.pdf", None, "https://docs.example/a.pdf"),
        ("https://docs.example/a.html", 3, "https://docs.example/a.html"),
        (
            "s3://bucket/my folder/a.pdf",
            4,
            "https://bucket.s3.amazonaws.com/my%20folder/a.pdf#page=4",
        ),
        ("javascript:alert(1)", None, None),
        ("file:///etc/passwd", None, None),
        ("http://[broken", None, None),
        ("", 1, None),
        (None, 1, None),
    ],
)
def test_a_link_opens_the_document_at_its_page_or_is_none(
    uri: str | None, page: int | None, link: str | None
) -> None:
    assert link_to(uri, page) == link


def test_an_unknown_page_is_null_and_never_zero() -> None:
    assert Source.of(1, a_passage(page=None)).page is None
