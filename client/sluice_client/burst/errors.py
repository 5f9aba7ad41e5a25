"""UnusableFile: a file that a burst cannot work with."""


class UnusableFile(Exception):
    """Nothing was submitted; the message says what to correct."""
