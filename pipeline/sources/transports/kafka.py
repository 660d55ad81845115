"""The transport `kafka`: the messages of a topic, from the source's cursor to what the topic holds as the run begins.

How far the topic was read is kept in Postgres, with the records. The consumer group is told once they are stored, for
those who watch its lag; nothing is read from it.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, KafkaError, KafkaException, Message, TopicPartition

from pipeline.errors import ConfigError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources import tombstone
from pipeline.sources.document import Document, Window
from pipeline.stream_settings import KafkaSettings

log = logging.getLogger(__name__)
MAX_MESSAGES = 5000
"""Of a document."""
MAX_BYTES = 16 * 2**20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECONNECT_MS = 500
"""Between attempts; the library's own 50 fill a log within seconds."""
T = TypeVar("T")


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield the messages in batches, each with the offsets that follow it. The window only says their day.

    Raises SourceError where brokers or topic are not there, or fall silent before the end.
    """
    if source.kafka is None:
        raise ConfigError('transport = "kafka" needs the source\'s table kafka')
    with _connected(source.kafka) as topic:
        yield from topic.documents(window)


@dataclass(slots=True)
class _Partition:
    """How far a partition is read, and to where it will be."""

    number: int
    next: int
    end: int
    lost: int = 0
    """Messages that were due and that the topic no longer keeps."""
    seen: datetime | None = None
    """When the last message read was written."""


@contextmanager
def _connected(settings: KafkaSettings) -> Iterator["_Topic"]:
    complaints: dict[str, None] = {}
    options = {
        "client.id": "kolwatch",
        "reconnect.backoff.ms": _RECONNECT_MS,
        **{name: str(v).lower() if isinstance(v, bool) else str(v) for name, v in settings.options.items()},
        "bootstrap.servers": settings.brokers,
        "group.id": settings.group,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "session.timeout.ms": settings.wait_seconds * 1000,  # how long a commit waits for the group's coordinator
        "error_cb": lambda error: complaints.setdefault(error.str()),
    }
    try:
        consumer = Consumer(options, logger=log)
    except KafkaException as error:
        raise ConfigError(f"[source.<name>.kafka]: {error.args[0].str()}; correct brokers or options") from None
    try:
        yield _Topic(settings, consumer, complaints)
    finally:
        consumer.close()


class _Topic:
    """One run over a topic."""

    def __init__(self, settings: KafkaSettings, consumer: Consumer, complaints: Mapping[str, None]) -> None:
        self.settings, self.consumer, self.complaints = settings, consumer, complaints
        self.partitions: dict[int, _Partition] = {}
        self.unread: set[int] = set()
        self.may_commit = True

    def documents(self, window: Window) -> Iterator[Document]:
        known: Mapping[str, int] | None = window.cursor.get(self.settings.topic)
        self.partitions = {number: self._plan(number, known) for number in self._numbers()}
        self.unread = {p.number for p in self.partitions.values() if p.next < p.end}
        self.consumer.assign([self._place(self.partitions[number]) for number in sorted(self.unread)])
        left = self.settings.max_messages
        failure: SourceError | None = None
        while self.unread and left and failure is None:
            batch, failure = self._batch(min(left, MAX_MESSAGES))
            left -= len(batch)
            if batch:
                yield self._document(batch, window)
                known = self._offsets()
        if failure is not None:
            raise failure
        if known != self._offsets():
            yield self._document([], window)

    # ---- where to begin and end ---------------------------------------------------------------------

    def _numbers(self) -> list[int]:
        name = self.settings.topic
        found = self._ask("does not answer", lambda: self.consumer.list_topics(name, self.settings.wait_seconds))
        error = found.topics[name].error
        if error is not None:
            raise self._failure("cannot be read", error.str())
        return sorted(found.topics[name].partitions)

    def _plan(self, number: int, known: Mapping[str, int] | None) -> _Partition:
        place = TopicPartition(self.settings.topic, number)
        low, high = self._ask(
            f"does not say what partition {number} holds",
            lambda: self.consumer.get_watermark_offsets(place, self.settings.wait_seconds),
        )
        if known is None and self.settings.start == "latest":
            return _Partition(number, high, high)
        wanted = (known or {}).get(str(number), low)  # a partition that was added later is read from its beginning
        if low <= wanted <= high:
            return _Partition(number, wanted, high)
        lost = max(0, low - wanted)
        log.warning(
            "%s: partition %d holds offsets %d to %d, and %d was next; %s. Going on from %d",
            *(self.settings.topic, number, low, high, wanted),
            f"{lost} messages are lost: collect more often, or keep them for longer" if lost else "it was made anew",
            low,
        )
        return _Partition(number, low, high, lost)

    # ---- reading ------------------------------------------------------------------------------------

    def _batch(self, at_most: int) -> tuple[list[Fragment], SourceError | None]:
        """The next messages, and what went wrong after them."""
        batch: list[Fragment] = []
        size = 0
        while self.unread and len(batch) < at_most and size < MAX_BYTES:
            try:
                fragment = self._take(self._message())
            except SourceError as error:
                return batch, error
            if fragment is not None:
                batch.append(fragment)
                size += len(fragment.body)
        return batch, None

    def _message(self) -> Message:
        message = self.consumer.poll(self.settings.wait_seconds)
        if message is None:
            where = f"falls silent in partitions {sorted(self.unread)}"
            raise self._failure(where, f"nothing came for {self.settings.wait_seconds} s")
        return message

    def _take(self, message: Message) -> Fragment | None:
        """Note how far it leads; None where it is no message, or one for the next run."""
        error, number, offset = message.error(), message.partition(), message.offset()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise self._failure(f"cannot be read on in partition {number} at offset {offset}", error.str())
        if number is None or offset is None or number not in self.unread:
            return None
        partition = self.partitions[number]
        is_wanted = error is None and offset < partition.end
        partition.next = offset + 1 if is_wanted else max(partition.next, min(offset, partition.end))
        if partition.next >= partition.end or not is_wanted:
            self.unread.discard(number)
            self.consumer.pause([TopicPartition(self.settings.topic, number)])
        if not is_wanted:
            return None
        kind, milliseconds = message.timestamp()
        if kind != TIMESTAMP_NOT_AVAILABLE:
            partition.seen = _EPOCH + timedelta(milliseconds=milliseconds)
        return _fragment(message, f"{self.settings.topic}[{number}]@{offset}")

    # ---- handing over -------------------------------------------------------------------------------

    def _document(self, batch: list[Fragment], window: Window) -> Document:
        lost = sum(p.lost for p in self.partitions.values())
        for partition in self.partitions.values():
            partition.lost = 0
        places = [self._place(p) for p in self.partitions.values()]
        return Document(
            origin=self.settings.topic,
            fragments=batch,
            cursor={**window.cursor, self.settings.topic: self._offsets()},
            watermark=self._watermark(window),
            lost=lost,
            acknowledge=lambda: self._commit(places),
        )

    def _offsets(self) -> dict[str, int]:
        return {str(p.number): p.next for p in self.partitions.values()}

    def _watermark(self, window: Window) -> datetime | None:
        """When the last message was written of the partition that is furthest behind."""
        if not self.unread:
            return window.end
        seen = [p.seen for p in self.partitions.values() if p.number in self.unread and p.seen]
        return min([*seen, window.end])

    def _commit(self, places: list[TopicPartition]) -> None:
        if not self.may_commit:
            return
        try:
            self.consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            self.may_commit = False
            reason = error.args[0].str()
            log.warning("the group %s cannot be told how far it is (%s); nothing is lost", self.settings.group, reason)

    def _place(self, partition: _Partition) -> TopicPartition:
        return TopicPartition(self.settings.topic, partition.number, partition.next)

    def _ask(self, failing: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except KafkaException as error:
            raise self._failure(failing, error.args[0].str()) from error

    def _failure(self, failing: str, reason: str) -> SourceError:
        self.consumer.poll(0)  # hands over what the brokers were complained of
        said = "; ".join(dict.fromkeys([reason, *list(self.complaints)[:3]]))
        return SourceError(
            f"topic {self.settings.topic} at {self.settings.brokers} {failing}: {said}. "
            "See that brokers, topic, credentials and network are right, then run again"
        )


def _fragment(message: Message, origin: str) -> Fragment:
    key, value = message.key(), message.value()
    headers = {name: _text(content) or "" for name, content in dict(message.headers() or ()).items()}
    context = tombstone.context(_text(key), headers, is_deletion=value is None)
    return Fragment(body=value or b"", origin=origin, context=context)


def _text(content: str | bytes | None) -> str | None:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else content
