from pathlib import Path

from local.kendra.documents import Document, read_document


def read(path: Path) -> Document:
    document, problems = read_document(path.parent, path)
    assert problems == []
    assert document is not None
    return document


def test_a_markdown_title_is_its_first_heading_and_markup_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Intro\n\n## The *house* rules\n\nSee **[here](http://x)** and `this`.\n")
    document = read(path)
    assert document.title == "The house rules"
    assert document.pages == [(None, "Intro\n\nThe house rules\n\nSee here and this.")]


def test_a_markdown_file_keeps_list_marks_and_lines_of_code(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\nauthor: x\n---\nBefore you sail\n---------------\n\n3. Check\n   in\n4. Board\n\n"
        "- dogs\n- cats\n\n| Ship | Fare |\n|---|---|\n| Marram | *9* |\n\n"
        "```\na_b = 1\nc_d = 2\n```\n\n<!-- draft -->\n![A ship](ship.png) &amp; [more\n"
        "ships](http://x)\n"
    )
    document = read(path)
    assert document.title == "Before you sail"
    assert document.pages[0][1].split("\n\n") == [
        "Before you sail",
        "3. Check in",
        "4. Board",
        "• dogs",
        "• cats",
        "Ship Fare",
        "Marram 9",
        "a_b = 1\nc_d = 2",
        "A ship & more ships",
    ]


def test_html_gives_its_title_and_the_text_a_reader_sees(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<head><title>Rules &amp; <!-- x -->more</title><style>p {}</style></head>"
        "<script>let hidden = '<p>';</script><p>Be <b>kin</b>d.<p>Twice<br>daily."
        "<svg><title>Icon</title></svg>"
    )
    document = read(path)
    assert document.title == "Rules & more"
    assert document.pages == [(None, "Be kind.\n\nTwice daily.")]


def test_broken_html_still_gives_its_text(tmp_path: Path) -> None:
    path = tmp_path / "a.htm"
    path.write_text("<head><style>x{}</style><body><div><p>One</div></p></p><b>two <i>three")
    assert read(path).pages == [(None, "One\n\ntwo three")]


def test_a_list_starts_at_its_own_number_if_it_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<ol start=4><li>go</ol><ol start={'9' * 5000}><li>on</ol><li>stray")
    assert read(path).pages == [(None, "4. go\n\n1. on\n\n• stray")]
