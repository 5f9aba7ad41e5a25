"""`sluice plan` and `sluice admin`, which have moved to `sluice-ops`."""

import pytest

from tests.client.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "successor"),
    [
        (("plan",), "sluice-ops plan"),
        (("plan", "--help"), "sluice-ops plan"),
        (("plan", "--questions", "5", "--json"), "sluice-ops plan"),
        (("admin",), "sluice-ops dead-letters"),
        (("admin", "dead-letters", "list", "--stack=prod", "--", "-x"), "sluice-ops dead-letters"),
    ],
)
def test_a_moved_command_names_its_successor(
    run: Run, arguments: tuple[str, ...], successor: str
) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"`sluice {arguments[0]}` is now `{successor}`, in the package sluice-ops "
        "(ops/ in the repository).\n"
    )
