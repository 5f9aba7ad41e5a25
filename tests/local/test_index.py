from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from local.kendra.documents import Document, Page
from local.kendra.excerpt import excerpt
from local.kendra.index import Index
from local.kendra.passages import Passage, cut


def paper(name: str, *texts: str, paged: bool = False) -> tuple[Document, list[Passage]]:
    pages: list[Page] = [(n if paged else None, text) for n, text in enumerate(texts, 1)]
    document = Document(Path(name), name, name, name, {}, pages, (None, None))
    return document, cut(document)


def found(index: Index, question: str, **options: Any) -> list[str]:
    return [hit.document.document_id for hit in index.search(question, **options)]


def index_of(**texts: str) -> Index:
    index = Index()
    index.update([paper(name, text) for name, text in texts.items()])
    return index


SHIPS = {
    "tides": "High water at the north quay comes twenty minutes after the south quay.",
    "lamps": "Keepers trimmed the lamps and reported the oil that was used each night.",
    "fares": "A child pays half of the adult fare; infants are carried free of charge.",
}


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which keeper trims a lamp?", "lamps"),  # other endings
        ("what is the adlut fare", "fares"),  # letters swapped
        ("infents", "fares"),  # a wrong letter
        ("QUAYS", "tides"),
        ("reportd oil", "lamps"),  # a letter left out
    ],
)
def test_a_question_finds_its_passage_despite_other_spelling(question: str, first: str) -> None:
    assert found(index_of(**SHIPS), question)[0] == first


@pytest.mark.parametrize("question", ["", "?!", "zzzzqqq", "q"])
def test_a_question_of_unknown_words_finds_nothing(question: str) -> None:
    assert found(index_of(**SHIPS), question) == []


def test_a_question_of_function_words_alone_is_searched_by_them() -> None:
    assert found(index_of(a="To be or not to be", b="Elsewhere"), "to be") == ["a"]


def test_an_empty_index_finds_nothing() -> None:
    assert Index().search("quay") == []


def test_the_documents_name_counts() -> None:
    text = "Dental care is covered up to the yearly limit."
    index = Index()
    index.update([paper("Plan_Basic.pdf", text), paper("Plan_Premium.pdf", text + " Always.")])
    assert found(index, "dental care in plan premium")[0] == "Plan_Premium.pdf"


def test_words_that_stand_together_count_more() -> None:
    apart = "The anchor lies in the sand and the wide bay has storms."
    together = "The anchor bay lies in the sand and the wide has storms."
    assert found(index_of(apart=apart, together=together), "anchor bay")[0] == "together"


def test_covering_the_question_counts_more_than_repeating_one_word_of_it() -> None:
    filler = " ".join(f"word{n}" for n in range(120))
    index = index_of(
        covers=f"Puffins of the north isles. They do nest. {filler}. It is April.",
        repeats="Puffins, puffins, puffins, puffins!",
        nest="Gulls nest.",
        april="Rain in April.",
    )
    assert found(index, "puffins nest in April")[0] == "covers"


def test_confidence_grows_with_the_share_of_the_question_a_passage_covers() -> None:
    index = index_of(**SHIPS, whole="Puffins nest on cliffs in April.", part="Puffins swim.")
    hits = index.search("puffins nesting cliffs April")
    assert [(hit.document.document_id, hit.confidence) for hit in hits] == [
        ("whole", "VERY_HIGH"),
        ("part", "LOW"),
    ]


def test_words_that_no_document_has_lower_the_confidence() -> None:
    [hit] = index_of(**SHIPS).search("infants zeppelin submarine")
    assert hit.confidence == "LOW"


def test_highlights_are_the_questions_words_in_the_text() -> None:
    [hit] = index_of(a="Überfahrt: the fares, \U0001f426 and FARE rules").search("what is a fare")
    assert [hit.passage.text[a:b] for a, b in hit.highlights] == ["fares", "FARE"]


def test_near_copies_come_after_other_passages() -> None:
    words = "The ferry fare for adults is paid at the quay before the ship leaves"
    index = index_of(
        one=f"{words} one.", two=f"{words} two.", other="The fare is less for children."
    )
    assert found(index, "ferry fare")[1] == "other"
    assert sorted(found(index, "ferry fare")) == ["one", "other", "two"]


def test_a_third_passage_of_a_page_comes_after_other_pages() -> None:
    crowd = "\n\n".join(
        f"Part {chr(65 + n)}\n\n" + f"ferry {' '.join(f'w{n}x{k}' for k in range(100))}."
        for n in range(3)
    )
    index = Index()
    index.update([paper("a.pdf", crowd, "A ferry and " + "other things " * 60, paged=True)])
    pages = [hit.passage.page for hit in index.search("ferry")]
    assert pages == [1, 1, 2, 1]


def test_a_shorter_list_is_the_beginning_of_a_longer_one() -> None:
    index = index_of(**{f"d{n}": f"ferry number {n} of {n * n} " + "x " * n for n in range(30)})
    assert found(index, "ferry number", limit=7) == found(index, "ferry number", limit=25)[:7]


def test_a_replaced_document_is_found_by_its_new_words_only() -> None:
    index = index_of(a="walrus", b="seal")
    index.update([paper("a", "otter")])
    assert [found(index, word) for word in ("walrus", "otter", "seal")] == [[], ["a"], ["b"]]


def test_a_removed_document_is_not_found() -> None:
    index = index_of(a="walrus", b="seal")
    index.update([], [Path("a"), Path("never there")])
    assert [found(index, word) for word in ("walrus", "seal")] == [[], ["b"]]


def test_only_accepted_documents_are_searched() -> None:
    index = index_of(a="walrus swims", b="walrus sleeps", c="otter")
    assert found(index, "walrus", accept=lambda one: one.document_id in {"b", "c"}) == ["b"]
    assert found(index, "walrus", accept=lambda one: False) == []


def test_searches_go_on_while_the_index_changes() -> None:
    index = index_of(a="walrus swims")
    stop = Event()
    seen: list[int] = []

    def look() -> None:
        while not stop.is_set():
            seen.append(len(index.search("walrus")))

    thread = Thread(target=look)
    thread.start()
    for n in range(20):
        index.update([paper("a", f"walrus number {n}")])
    stop.set()
    thread.join()
    assert set(seen) <= {1}


def test_an_excerpt_is_the_stretch_with_the_most_highlights() -> None:
    text = "ferry " + "filler " * 100 + "ferry fare ferry"
    marks = [(0, 5), (706, 711), (712, 716), (717, 722)]
    shown = excerpt(text, marks)
    assert [shown.text[a:b] for a, b in shown.highlights] == ["ferry", "fare", "ferry"]
    assert shown.text == "...ferry fare ferry"


def test_a_long_excerpt_is_cut_between_words() -> None:
    shown = excerpt("ferry " * 100, [(0, 5)])
    assert shown.text.endswith("ferry...")
    assert len(shown.text) <= 303
