"""StreamedText: text shown as it arrives, wrapped between words.

Nothing printed is moved later. So a word is held back until it is complete: only then is it known
whether it fits on the line.
"""

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sluice_client.views.answer import MARKER, MARKER_STYLE, WIDEST
from sluice_client.views.printable import printable


class StreamedText:
    """One text that is being printed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(console.width, WIDEST)
        self._line_end = ""
        self._gap = ""
        self._word = ""
        #: Columns used on the current line.
        self.column = 0
        self.is_empty = True

    def write(self, text: str) -> None:
        """Add the next piece of the text. It may end anywhere, also inside a word."""
        text = self._line_end + text
        # Perhaps the first half of "\r\n".
        self._line_end = "\r" if text.endswith("\r") else ""
        self._print("".join(map(self._added, printable(text.removesuffix("\r")))))

    def end(self) -> None:
        """Print the text that is held back, and end the line."""
        self._print(self._placed())
        self._line_end = self._gap = ""
        if self.column:
            self._console.print()
            self.column = 0

    def _added(self, character: str) -> str:
        """Add a character, and return the text that can be printed now."""
        if character.isspace():
            ready = self._placed()
            self._gap += character
            return ready
        if cell_len(character) < 2:
            self._word += character
            return ""
        # Scripts with wide characters have no spaces: a line may end after any of them.
        ready = self._placed()
        self._word = character
        return ready + self._placed()

    def _placed(self) -> str:
        """Return the word that is now complete, with the white space or line break before it."""
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
        """Return a character of a word, on a new line if the word is longer than a line."""
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
