"""Land what sources deliver: read it, decide what is in scope, store it, and note how far the source has been read.

Every record ends as a post, a counted drop or in quarantine. What a document moves (the file as read, the source's
cursor) moves in the transaction that stores its last records, so a run can be killed anywhere and run again.
"""

import logging
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any, Self

from psycopg.types.json import Jsonb

from pipeline import db, load, normalise
from pipeline.errors import PipelineError, RecordError, SourceError
from pipeline.records import Fragment
from pipeline.site import Site
from pipeline.sources import Cursor, Document, Source, Window

log = logging.getLogger(__name__)
MAX_BATCH_RECORDS = 4000
MAX_BATCH_BYTES = 16 * 2**20

Counts = dict[str, int]


def collect(
    site: Site, source_name: str, start: datetime, end: datetime, *, limit: int | None = None, reread: bool = False
) -> Counts:
    """Store what a source delivered for the local day that `start` falls on, on from where it was left.

    Documents read to their end before are left out unless `reread`. Raises SourceError after everything readable has
    been stored; a record that cannot be read is counted and quarantined instead.
    """
    source = site.source(source_name)
    with db.transaction(site.engine) as connection:
        cursor = _cursor(connection, source_name)
    run = _Run(site, source, _window(site, start, end, cursor), limit, reread, cursor=cursor)
    try:
        run.collect()
    except PipelineError as error:
        with db.transaction(site.engine) as connection:
            db.run(connection, "collect.note_failure", source=source_name, error=str(error)[:2000])
        raise
    with db.transaction(site.engine) as connection:
        watermark = run.watermark or end if run.is_complete else None
        db.run(connection, "collect.note_success", source=source_name, day=run.window.day, watermark=watermark)
    log.info("%s %s: %s", source_name, run.window.day, dict(run.counts))
    return dict(run.counts)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would have read: records, and what would have become of how many."""

    records: Sequence[load.ReadRecord]

    @property
    def counts(self) -> Counts:
        return dict(load.count(self.records))


def preview(
    site: Site, source_name: str, start: datetime, end: datetime, *, limit: int | None = None, from_start: bool = False
) -> Preview:
    """Read as `collect` would, from the same place or from the start, and write nothing. Raises SourceError.

    All records are kept in memory, so give a `limit` where much may come. From the start, no database is needed.
    """
    source = site.source(source_name)
    cursor: Cursor = {}
    if not from_start:
        with db.transaction(site.engine) as connection:
            cursor = _cursor(connection, source_name)
    window = _window(site, start, end, cursor)
    fragments = (fragment for document in source.documents(window) for fragment in source.split(document))
    return Preview([read(site, source, fragment) for fragment in islice(fragments, limit)])


def replay_quarantine(site: Site, raw_id: int) -> Counts:
    """Read a quarantined record again, with today's code and settings; counts are zero if it is not in quarantine."""
    with db.transaction(site.engine) as connection:
        row = db.run(connection, "collect.quarantined_record", raw_id=raw_id).fetchone()
        if row is None:
            return {"records": 0, "quarantined": 0}
        source = site.source(row["source"])
        body = zlib.decompress(row["body"])
        fragment = Fragment(body=body, origin=row["origin"], line=row["line"], context=row["context"])
        record = read(site, source, fragment)
        collection = _collection(site, row["source"], row["collected_for"], site.interval(row["collected_for"])[1])
        counts = load.store_records(connection, collection, [record])
        if record.error is None:
            db.run(connection, "collect.quarantine_replayed", raw_id=raw_id)
    return dict(counts)


def read(site: Site, source: Source, fragment: Fragment) -> load.ReadRecord:
    """Read one record and decide what of it is in scope; a record that cannot be read carries its error."""
    try:
        reader = source.reader(fragment)
        parsed = reader.parse(fragment, source.settings)
    except RecordError as error:
        return load.ReadRecord(fragment=fragment, external_id=source.external_id(fragment), error=error)
    outcome = normalise.normalise([site.pseudonymise(post) for post in parsed], site.scope, site.screen)
    return load.ReadRecord(
        fragment=fragment,
        external_id=parsed[0].platform_post_id,
        kept=outcome.kept,
        dropped=outcome.dropped,
        guess="" if source.format else reader.name,
    )


@dataclass
class _Run:
    """One collecting of one source."""

    site: Site
    source: Source
    window: Window
    left: int | None
    """How many records may still be read; None: any number."""
    reread: bool
    cursor: Cursor
    watermark: datetime | None = None
    was_limited: bool = False
    failures: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=lambda: Counter(documents=0, records=0))

    @property
    def is_complete(self) -> bool:
        """Whether everything that was delivered has been read to its end."""
        return not self.was_limited and not self.counts["documents_unfinished"]

    def collect(self) -> None:
        """Store all documents that can be read. Raises SourceError with what was wrong with the others."""
        try:
            for document in self.source.documents(self.window):
                if document.is_awaited:
                    self._leave(document, "is not complete yet")
                elif not self.reread and self._is_known(document):
                    self.counts["documents_unchanged"] += 1
                elif self._is_end(document):
                    break
        except SourceError as error:
            self.failures.append(str(error))
        if self.failures:
            raise SourceError("\n".join(self.failures))

    def _is_end(self, document: Document) -> bool:
        """Store a document, or note why it failed; true where no other may follow it."""
        self.counts["documents"] += 1
        try:
            self.was_limited = not self._store(document)
        except SourceError as error:
            if document.is_changed():
                self._leave(document, f"was being written while it was read ({error})")
                return False
            self.failures.append(str(error))
            return document.cursor is not None  # what follows would move the cursor past what could not be read
        return self.was_limited

    def _leave(self, document: Document, why: str) -> None:
        """Leave what is not finished to a later run; where none will look there, let this one be tried again."""
        self.counts["documents_unfinished"] += 1
        if not self._is_last_look(document):
            log.warning("%s %s; a later run reads it", document.origin, why)
            return
        advice = f"run this again, or set late_days in [source.{self.source.name}] so that later runs look there"
        log.warning("%s %s; %s", document.origin, why, advice)
        if not document.is_awaited:
            self.failures.append(f"{document.origin} {why}; {advice}")

    def _is_last_look(self, document: Document) -> bool:
        """Whether the window is the last one for which the document is looked at."""
        day, settings = self.window.day, self.source.settings
        is_over = self.window.end >= self.site.interval(day)[1]
        return self.source.is_dated and is_over and (day - (document.day or day)).days >= settings.late_days

    def _is_known(self, document: Document) -> bool:
        if not document.fingerprint:
            return False
        with db.transaction(self.site.engine) as connection:
            return bool(
                db.one(
                    connection,
                    "collect.document_is_known",
                    source=self.source.name,
                    origin=document.origin,
                    fingerprint=document.fingerprint,
                )
            )

    def _store(self, document: Document) -> bool:
        """Store a document's records; false where the limit was reached before its end.

        The next batch is read while one is written, since Postgres works in a process of its own.
        """
        is_finished = False
        with _OneAtATime() as writer:
            for batch, is_last in _batches(self.source.split(document)):
                wanted = batch if self.left is None else batch[: self.left]
                is_done = is_last and len(wanted) == len(batch)
                records = self._read(document, wanted)
                is_finished = is_done and not document.is_changed()
                writer.do(partial(self._store_batch, records, document, is_finished=is_finished))
                self.left = None if self.left is None else self.left - len(wanted)
                if self.left == 0 and not is_done:
                    return False
        if not is_finished:
            self._leave(document, "was being written while it was read")
        elif document.acknowledge:
            document.acknowledge()
        return True

    def _read(self, document: Document, fragments: Sequence[Fragment]) -> Sequence[load.ReadRecord]:
        """The records of a batch; of a document that has changed, only those that can be read, which are whole."""
        records = [read(self.site, self.source, fragment) for fragment in fragments]
        if any(record.error for record in records) and document.is_changed():
            return [record for record in records if record.error is None]
        return records

    def _store_batch(self, records: Sequence[load.ReadRecord], document: Document, *, is_finished: bool) -> None:
        day = document.day or self.window.day
        end = self.window.end if day == self.window.day else self.site.interval(day)[1]
        with db.transaction(self.site.engine) as connection:
            counts = load.store_records(connection, _collection(self.site, self.source.name, day, end), records)
            if is_finished:
                self._finish(connection, document, day)
        self.counts.update(counts)
        if is_finished:
            self.cursor = self.cursor if document.cursor is None else document.cursor
            self.watermark = document.watermark or self.watermark
            if document.lost:
                self.counts["lost"] += document.lost

    def _finish(self, connection: db.Connection, document: Document, day: date) -> None:
        if document.fingerprint:
            key = {"source": self.source.name, "origin": document.origin}
            db.run(connection, "collect.mark_document", **key, fingerprint=document.fingerprint, day=day)
        if document.cursor is not None:
            self._move_cursor(connection, document.cursor)

    def _move_cursor(self, connection: db.Connection, cursor: Cursor) -> None:
        """Move the cursor from where this run found it; another run that moved it meanwhile ends this one."""
        name = self.source.name
        values = {"before": Jsonb(dict(self.cursor)), "after": Jsonb(dict(cursor))}
        if not db.run(connection, "collect.move_cursor", source=name, **values).rowcount:
            raise SourceError(f"another run of source {name} went on meanwhile; nothing is lost, this one stops")


class _OneAtATime:
    """Does one thing after the other in a thread of its own, at most one behind; what fails there, fails here."""

    def __enter__(self) -> Self:
        self._executor = ThreadPoolExecutor(1)
        self._doing: Future[None] | None = None
        return self

    def do(self, what: Callable[[], None]) -> None:
        """Begin with this once what was begun before is done. Raises what that raised."""
        self._finish()
        self._doing = self._executor.submit(what)

    def __exit__(self, *_: object) -> None:
        with self._executor:
            self._finish()

    def _finish(self) -> None:
        doing, self._doing = self._doing, None
        if doing:
            doing.result()


def _cursor(connection: db.Connection, source_name: str) -> Cursor:
    row = db.run(connection, "collect.cursor", source=source_name).fetchone()
    found: Mapping[str, Any] = row["cursor"] if row else {}
    return found


def _window(site: Site, start: datetime, end: datetime, cursor: Cursor) -> Window:
    return Window(day=start.astimezone(site.settings.zone).date(), start=start, end=end, cursor=cursor)


def _collection(site: Site, source_name: str, day: date, observed_at: datetime) -> load.Collection:
    listed_on = {key: listed.observed_on for key, listed in site.watchlist.items()}
    return load.Collection(source=source_name, day=day, observed_at=observed_at, listed_on=listed_on)


def _batches(fragments: Iterable[Fragment]) -> Iterator[tuple[list[Fragment], bool]]:
    """Batches bounded in number and in bytes, each with whether it is the last.

    If the source breaks off, what came before is still handed on, as not the last.
    """
    batch: list[Fragment] = []
    size = 0
    try:
        for fragment in fragments:
            if len(batch) >= MAX_BATCH_RECORDS or size >= MAX_BATCH_BYTES:
                yield batch, False
                batch, size = [], 0
            batch.append(fragment)
            size += len(fragment.body)
    except SourceError:
        yield batch, False
        raise
    yield batch, True
