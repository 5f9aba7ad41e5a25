"""Journal: the batches that may be at the service, in an SQLite file beside the answers.

A batch is recorded with its questions before it is sent, and its id once the service has accepted
it. A run that ends between the two sends the same batch again, under the same idempotency key.
The input may change between runs: what was sent is here.

The open journal locks the burst: only one run at a time has it, and with it the answers.
"""

import errno
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sluice_client.burst.errors import UnusableFile
from sluice_client.burst.submission import Submission, SubmissionBatch

#: In the header of the file: what wrote it ("sluc").
_APPLICATION_ID = 0x736C7563

#: The first bytes of an SQLite file, and of a journal that an older version of `sluice` wrote.
_SQLITE, _JSON_LINES = b"SQLite format 3\0", b'{"key": '

_WITHOUT = (
    "delete the file. Without it, questions that were accepted more than 24 hours ago may be asked"
    " again"
)

_CREATE = f"""
BEGIN;
PRAGMA application_id = {_APPLICATION_ID};
CREATE TABLE batches (key TEXT PRIMARY KEY, first_sent REAL, submissions TEXT, batch_id TEXT);
COMMIT;
"""


@dataclass(frozen=True)
class Entry:
    """A batch that may have been sent."""

    batch: SubmissionBatch
    #: Seconds since 1970: it was not sent before.
    first_sent: float
    #: None until the service is known to have accepted it.
    batch_id: str | None = None


class Journal:
    """The journal beside the answers. A change is on the disk when the method returns.

    Its methods raise OSError when the file cannot be written; it is then unchanged.
    Opening it raises UnusableFile when another run has it open, or when it is not a journal.
    """

    def __init__(self, answers: Path) -> None:
        self._answers = answers
        self._path = answers.with_name(f"{answers.name}.state")
        self._check_format()
        with _as_os_error():
            # No wait for a lock, and no implicit transactions: each statement is one.
            self._database = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            try:
                self._lock()
                self._create()
                self._check_content()
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the journal; an empty one is deleted."""
        with suppress(OSError):
            if not self.entries:
                self._delete()
        self._database.close()

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The batches that may be at the service, by key, in the order they were sent."""
        rows = self._run(
            "SELECT key, first_sent, submissions, batch_id FROM batches ORDER BY rowid"
        )
        return {key: Entry(_decode(content), sent, id_) for key, sent, content, id_ in rows}

    @property
    def knows_the_service(self) -> bool:
        """Whether the service has accepted a batch."""
        return bool(self._run("SELECT 1 FROM batches WHERE batch_id IS NOT NULL LIMIT 1"))

    def will_send(self, batch: SubmissionBatch, now: float) -> None:
        """Record a batch that is about to be sent. `now`: seconds since 1970; idempotent."""
        self._run(
            "INSERT OR IGNORE INTO batches VALUES (?, ?, ?, NULL)", batch.key, now, _encode(batch)
        )

    def accepted(self, batch: SubmissionBatch, batch_id: str) -> None:
        """Record the id under which the service has accepted a batch."""
        self._run("UPDATE batches SET batch_id = ? WHERE key = ?", batch_id, batch.key)

    def forget(self, batch: SubmissionBatch) -> None:
        """Record that the service has no such batch."""
        self._run("DELETE FROM batches WHERE key = ?", batch.key)

    def clear(self) -> None:
        """Forget all batches: everything has ended."""
        self._run("DELETE FROM batches")

    def _run(self, statement: str, *values: object) -> list[tuple[str, float, str, str | None]]:
        with _as_os_error():
            return self._database.execute(statement, values).fetchall()

    def _check_format(self) -> None:
        if self._path.exists() and not self._path.is_file():
            raise UnusableFile(f"{self._path} is not a file")
        with self._path.open("ab+") as file:  # creates it, for its identity to be known
            file.seek(0)
            beginning = file.read(len(_SQLITE))
            self._identity = os.fstat(file.fileno())
        if beginning.startswith(_JSON_LINES):
            raise UnusableFile(
                f"{self._path} is the journal of an older version of `sluice`: complete the burst"
                f" with that version, or {_WITHOUT}"
            )
        if beginning not in (b"", _SQLITE):
            raise self._not_a_journal()

    def _lock(self) -> None:
        try:
            # Exclusive until the connection closes, not only until the transaction ends.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = EXTRA")
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                message = f"another `sluice burst` is writing {self._answers}"
                raise UnusableFile(message) from None
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise self._not_a_journal() from None
            self._check_identity()
            raise
        self._check_identity()

    def _check_identity(self) -> None:
        # A run that ended meanwhile may have deleted the file that was opened here.
        if not (self._path.exists() and os.path.samestat(self._identity, self._path.stat())):
            raise UnusableFile(
                f"another `sluice burst` has just written {self._answers}: run the command again"
            )

    def _create(self) -> None:
        [(application_id,)] = self._database.execute("PRAGMA application_id")
        [(tables,)] = self._database.execute("SELECT count(*) FROM sqlite_master")
        if application_id != _APPLICATION_ID:
            if application_id or tables:
                raise self._not_a_journal()
            self._database.executescript(_CREATE)

    def _check_content(self) -> None:
        try:
            _ = self.entries
        except (OSError, ValueError, TypeError):
            raise UnusableFile(f"{self._path} is damaged: {_WITHOUT}") from None

    def _delete(self) -> None:
        # SQLite deletes its own temporary file now: later, one of that name may be another run's.
        self._run("PRAGMA journal_mode = MEMORY")
        try:
            # Before the lock is released, so that no other run can have it.
            self._path.unlink(missing_ok=True)
        except PermissionError:  # Windows deletes no open file
            self._database.close()
            self._path.unlink(missing_ok=True)

    def _not_a_journal(self) -> UnusableFile:
        return UnusableFile(
            f"{self._path} was not written by `sluice burst`: move it away, or name another output"
        )


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        message = os.strerror(errno.ENOSPC) if is_full else str(error)
        raise OSError(errno.ENOSPC if is_full else errno.EIO, message) from error


def _encode(batch: SubmissionBatch) -> str:
    return json.dumps([[one.round, one.question] for one in batch.submissions])


def _decode(content: str) -> SubmissionBatch:
    return SubmissionBatch(tuple(Submission(q, round_) for round_, q in json.loads(content)))
