"""Unusable: a file that a burst cannot work with."""


class Unusable(Exception):
    """Nothing was asked; the message says what to mend."""
