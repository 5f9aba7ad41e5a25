"""Flow: text that appears as it is written, wrapped between words, on plain lines.

What is printed stays: a word is held back until it is whole, for only then is it known on which
line it belongs.
"""

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sluice_client.views.answer import MARKER, MARKER_STYLE, WIDEST
from sluice_client.views.printable import printable


class Flow:
    """One text on its way to the console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(console.width, WIDEST)
        self._line_end = ""
        self._gap = ""
        self._word = ""
        #: Columns taken on the present line.
        self.column = 0
        self.is_empty = True

    def write(self, text: str) -> None:
        """Add the next piece, of any length, cut anywhere."""
        text = self._line_end + text
        # Half of a line end: whether a newline follows is not known yet.
        self._line_end = "\r" if text.endswith("\r") else ""
        self._print("".join(map(self._added, printable(text.removesuffix("\r")))))

    def end(self) -> None:
        """Print what was held back, and end the line."""
        self._print(self._placed())
        self._line_end = self._gap = ""
        if self.column:
            self._console.print()
            self.column = 0

    def _added(self, character: str) -> str:
        """Take in a character and return what can be printed now."""
        if character.isspace():
            ready = self._placed()
            self._gap += character
            return ready
        if cell_len(character) < 2:
            self._word += character
            return ""
        # Scripts with wide characters have no spaces, and break anywhere.
        ready = self._placed()
        self._word = character
        return ready + self._placed()

    def _placed(self) -> str:
        """Return the word that is whole now, after its gap or on a line of its own."""
        if not self._word:
            return ""
        word, gap = self._word, self._opening_gap()
        self._word = self._gap = ""
        if self.column and self.column + cell_len(gap + word) > self._width:
            self.column, gap = 0, "\n"
        else:
            self.column += cell_len(gap.replace("\n", ""))
        return gap + "".join(map(self._set, word))

    def _opening_gap(self) -> str:
        breaks, newline, indent = self._gap.expandtabs(4).rpartition("\n")
        if self.is_empty:
            self.is_empty = False
            return indent
        if newline:
            self.column = 0
        return "\n" * (breaks + newline).count("\n") + indent

    def _set(self, character: str) -> str:
        """Return a character of a word, on the next line if the word is longer than one."""
        cells = cell_len(character)
        if self.column + cells > self._width:
            self.column = cells
            return "\n" + character
        self.column += cells
        return character

    def _print(self, ready: str) -> None:
        if ready:
            text = Text(ready)
            text.highlight_regex(MARKER, MARKER_STYLE)
            self._console.print(text, end="", soft_wrap=True)
