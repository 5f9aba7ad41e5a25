import pytest

from sluice.errors import UnsupportedFilter
from sluice.job.filters import FilterFields, FilterValue


def test_the_standard_names_become_kendras_reserved_attributes() -> None:
    resolved = FilterFields().resolve({"category": "a", "version": "2", "language": "en"})
    assert [field.key for field, _ in resolved] == ["_category", "_language_code", "_version"]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnsupportedFilter, match="category, language, team, version"):
        FilterFields.parse("team").resolve({"colour": "red"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("category", 3), ("year", "2024"), ("year", True), ("year", ["2024"]), ("tags", 1)],
)
def test_a_value_of_the_wrong_kind_is_refused(name: str, value: FilterValue) -> None:
    fields = FilterFields.parse("year:number, tags:list")
    with pytest.raises(UnsupportedFilter, match=name):
        fields.resolve({name: value})


def test_a_setting_with_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        FilterFields.parse("team:colour")
