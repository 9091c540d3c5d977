"""Accepted work, on disk. A job is accepted when its row is committed, and its audio was written before."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from .recogniser import Options

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed')),
  file_name TEXT NOT NULL,
  options TEXT NOT NULL,
  result TEXT,
  error TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  callback_url TEXT,
  callback_status TEXT NOT NULL DEFAULT 'none' CHECK (callback_status IN ('none', 'pending', 'delivered', 'given_up')),
  callback_attempts INTEGER NOT NULL DEFAULT 0,
  callback_due REAL,
  created REAL NOT NULL,
  finished REAL
);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (status, created);
CREATE INDEX IF NOT EXISTS jobs_owed ON jobs (callback_status, callback_due);
"""
# A file that takes the whole process down each time would otherwise be begun for ever.
MOST_ATTEMPTS = 3


class QueueFull(RuntimeError):
    """No more is accepted for now. Nothing was stored."""


@dataclass(frozen=True)
class Job:
    id: str
    status: str
    file_name: str
    options: Options
    result: dict | None
    error: str | None
    callback_url: str | None
    callback_attempts: int

    def to_json(self) -> dict:
        """The one form in which a job is told: to whoever asks, and to the address that is called back."""
        return {
            "identifier": self.id,
            "status": self.status,
            "result": self.result,
            "metadata": {"file_name": self.file_name, "callback_url": self.callback_url},
            "error": self.error,
        }


class Jobs:
    """One database file for this process alone. Safe to use from several threads."""

    def __init__(self, folder: Path, queue_limit: int) -> None:
        self.audio = folder / "audio"
        self.audio.mkdir(parents=True, exist_ok=True)
        self._queue_limit = queue_limit
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "jobs.sqlite", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def recover(self) -> int:
        """What was under way when the process ended is queued again. Returns how many. Audio of nobody goes."""
        with self._transaction() as db:
            again = db.execute("UPDATE jobs SET status = 'queued' WHERE status = 'processing'").rowcount
            wanted = {row["id"] for row in db.execute("SELECT id FROM jobs WHERE status = 'queued'")}
        for file in self.audio.iterdir():
            if file.name not in wanted:
                file.unlink()
        return again

    @staticmethod
    def new_id() -> str:
        return str(uuid4())

    def audio_of(self, job_id: str) -> Path:
        return self.audio / job_id

    def add(self, job_id: str, file_name: str, options: Options, callback_url: str | None) -> None:
        with self._transaction() as db:
            (waiting,) = db.execute("SELECT count(*) FROM jobs WHERE status = 'queued'").fetchone()
            if waiting >= self._queue_limit:
                raise QueueFull(f"{waiting} jobs are waiting")
            db.execute(
                "INSERT INTO jobs (id, status, file_name, options, callback_url, created)"
                " VALUES (?, 'queued', ?, ?, ?, ?)",
                (job_id, file_name, json.dumps(vars(options)), callback_url, time.time()),
            )

    def take(self) -> Job | None:
        """The oldest waiting job, now under way."""
        with self._transaction() as db:
            row = db.execute(
                "UPDATE jobs SET status = 'processing', attempts = attempts + 1 WHERE id ="
                " (SELECT id FROM jobs WHERE status = 'queued' ORDER BY created LIMIT 1) RETURNING *"
            ).fetchone()
        if row is None:
            return None
        if row["attempts"] > MOST_ATTEMPTS:
            self.finish(row["id"], error="the service ended several times while it worked on this file")
            return self.take()
        return _job(row)

    def finish(self, job_id: str, result: dict | None = None, error: str | None = None) -> None:
        """Ends a job, and owes its callback from now on. A removed job stays removed."""
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET status = ?, result = ?, error = ?, finished = ?,"
                " callback_status = CASE WHEN callback_url IS NULL THEN 'none' ELSE 'pending' END, callback_due = 0"
                " WHERE id = ?",
                ("failed" if error else "completed", result and json.dumps(result), error, time.time(), job_id),
            )
        self.audio_of(job_id).unlink(missing_ok=True)

    def find(self, job_id: str) -> Job | None:
        with self._transaction() as db:
            row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return row and _job(row)

    def remove(self, job_id: str) -> bool:
        with self._transaction() as db:
            gone = db.execute("DELETE FROM jobs WHERE id = ?", (job_id,)).rowcount == 1
        self.audio_of(job_id).unlink(missing_ok=True)
        return gone

    def owed(self) -> Job | None:
        """A finished job whose callback is due."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT * FROM jobs WHERE callback_status = 'pending' AND callback_due <= ?"
                " ORDER BY callback_due LIMIT 1",
                (time.time(),),
            ).fetchone()
        return row and _job(row)

    def called_back(self, job_id: str, outcome: str, due_in: float = 0.0) -> None:
        """`outcome`: delivered, given_up, or pending for another attempt after `due_in` seconds."""
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET callback_status = ?, callback_attempts = callback_attempts + 1, callback_due = ?"
                " WHERE id = ?",
                (outcome, time.time() + due_in, job_id),
            )

    def counts(self) -> dict[str, int]:
        with self._transaction() as db:
            found = dict(db.execute("SELECT status, count(*) FROM jobs GROUP BY status").fetchall())
        return {status: found.get(status, 0) for status in ("queued", "processing", "completed", "failed")}

    def forget_older_than(self, seconds: float) -> int:
        with self._transaction() as db:
            return db.execute(
                "DELETE FROM jobs WHERE finished < ? AND callback_status <> 'pending'", (time.time() - seconds,)
            ).rowcount

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        status=row["status"],
        file_name=row["file_name"],
        options=Options(**json.loads(row["options"])),
        result=row["result"] and json.loads(row["result"]),
        error=row["error"],
        callback_url=row["callback_url"],
        callback_attempts=row["callback_attempts"],
    )
