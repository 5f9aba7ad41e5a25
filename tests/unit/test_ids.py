from uuid import UUID

from sluice.ids import is_job_id, new_attempt_id, new_job_id


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_job_id(1_800_000_000 + second / 1000) for second in range(50)]
    assert ids == sorted(ids)


def test_an_id_is_a_version_7_uuid() -> None:
    made = UUID(new_job_id(1_800_000_000))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == 1_800_000_000_000


def test_ids_of_the_same_instant_differ() -> None:
    assert len({new_job_id(1_800_000_000) for _ in range(1000)}) == 1000


def test_only_a_lowercase_version_7_uuid_is_an_id() -> None:
    good = new_job_id(1_800_000_000)
    assert is_job_id(good)
    for bad in (
        "",
        good.upper(),
        good + "\n",
        f"{{{good}}}",
        good[:-1],
        "../../etc",
        good.replace("-7", "-4", 1),
    ):
        assert not is_job_id(bad), bad


def test_attempt_ids_differ() -> None:
    assert new_attempt_id() != new_attempt_id()
