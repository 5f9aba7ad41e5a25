"""The tree of errors at the top of errors.py is the tree of its classes, in the same order."""

import inspect
import re

from sluice import errors

#: One line of the tree: what is before its branch gives its depth, four characters a level.
_BRANCH = re.compile(r"^((?:│   |    )*)[├└]── (\w+)", re.MULTILINE)


def drawn() -> list[tuple[str, str]]:
    """Each class of the tree with its base, from top to bottom."""
    path = ["SluiceError"]
    found = [("SluiceError", "Exception")]
    for indent, name in _BRANCH.findall(errors.__doc__ or ""):
        depth = len(indent) // 4 + 1
        path = [*path[:depth], name]
        found.append((name, path[-2]))
    return found


def defined() -> list[tuple[str, str]]:
    """Each class of the module with its base, from top to bottom."""
    classes = [each for each in vars(errors).values() if inspect.isclass(each)]
    return [
        (each.__name__, each.__base__.__name__)
        for each in sorted(classes, key=lambda each: inspect.getsourcelines(each)[1])
        if each.__module__ == errors.__name__ and each.__base__
    ]


def test_the_tree_of_errors_is_that_of_the_classes_in_their_order() -> None:
    assert drawn() == defined()


def test_no_two_errors_share_a_type() -> None:
    own = [each for each in vars(errors).values() if inspect.isclass(each) and "type" in vars(each)]
    types = [each.type for each in own if issubclass(each, errors.SluiceError)]
    assert len(types) == len(set(types))
