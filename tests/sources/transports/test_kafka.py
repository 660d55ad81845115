"""A topic over the wire: a real consumer against the cluster that librdkafka brings along for tests."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from pipeline import settings, steps
from pipeline.errors import ConfigError, SourceError
from pipeline.records import Fragment
from pipeline.settings import Settings
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import Cursor, Document
from pipeline.sources.transports import kafka
from pipeline.stream_settings import KafkaSettings
from tests import world
from tests.sources.samples import window_of
from tests.sources.samples_internal import EVENT
from tests.stepping import rows, work

_names = count()
WINDOW = window_of(world.DAY)


@dataclass
class Topic:
    """A topic of four partitions, and how a source reads it."""

    producer: Producer
    brokers: str
    name: str = field(default_factory=lambda: f"posts-{next(_names)}")

    def put(self, value: str | bytes | None, key: str = "douyin:1", partition: int = 0, **more: Any) -> None:
        self.producer.produce(self.name, key=key, value=value, partition=partition, **more)
        assert self.producer.flush(5) == 0

    def put_all(self, *values: str, partition: int = 0) -> None:
        for value in values:
            self.put(value, partition=partition)

    def source(self, **changed: Any) -> SourceSettings:
        table = KafkaSettings(**{"brokers": self.brokers, "topic": self.name, "wait_seconds": 5, **changed})
        return SourceSettings(format="internal-kafka", transport="kafka", kafka=table)

    def documents(self, cursor: Cursor | None = None, **changed: Any) -> Iterator[Document]:
        return kafka.documents(self.source(**changed), Path(), window_of(world.DAY, cursor))

    def read(self, cursor: Cursor | None = None, **changed: Any) -> tuple[list[str], Cursor]:
        """The values of one run, by partition, and the cursor after it."""
        found: list[Fragment] = []
        after = cursor or {}
        for document in self.documents(cursor, **changed):
            found += document.fragments or ()
            after = document.cursor or after
        return [f.body.decode() for f in sorted(found, key=lambda f: f.origin)], after

    def committed(self, group: str = "kolwatch") -> dict[int, int]:
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": group})
        places = consumer.committed([TopicPartition(self.name, n) for n in range(4)], timeout=5)
        consumer.close()
        return {p.partition: p.offset for p in places if p.offset >= 0}


def a_cluster() -> Producer:
    """A producer that holds a cluster: its broker listens on a free port of this machine while the producer lives."""
    return Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})


def topic_of(cluster: Producer) -> Topic:
    [broker] = cluster.list_topics(timeout=5).brokers.values()
    return Topic(cluster, f"{broker.host}:{broker.port}")


@pytest.fixture(scope="module")
def cluster() -> Producer:
    return a_cluster()


@pytest.fixture
def topic(cluster: Producer) -> Topic:
    return topic_of(cluster)


def test_a_run_ends_where_the_topic_ended_as_it_began(topic: Topic) -> None:
    topic.put_all("a", "b")
    topic.put("c", partition=2)
    found = topic.documents()
    document = next(found)
    topic.put("d")
    assert list(found) == []
    assert sorted(f.body for f in document.fragments or ()) == [b"a", b"b", b"c"]
    assert document.cursor == {topic.name: {"0": 2, "1": 0, "2": 1, "3": 0}}
    assert document.watermark == WINDOW.end


def test_the_next_run_goes_on_at_the_cursor(topic: Topic) -> None:
    topic.put_all("a", "b")
    found, cursor = topic.read()
    topic.put_all("c")
    assert (found, *topic.read(cursor)) == (["a", "b"], ["c"], {topic.name: {"0": 3, "1": 0, "2": 0, "3": 0}})
    assert topic.read({topic.name: {"0": 3, "1": 0, "2": 0, "3": 0}})[0] == []


def test_messages_come_with_their_place_key_and_headers(topic: Topic) -> None:
    topic.put("a", key="douyin:7", headers={"event-type": "post.created"})
    [document] = topic.documents()
    [fragment] = document.fragments or ()
    assert (fragment.body, fragment.origin, fragment.line) == (b"a", f"{topic.name}[0]@0", None)
    assert json.loads(fragment.context or b"") == {"key": "douyin:7", "headers": {"event-type": "post.created"}}


def test_a_key_that_is_no_text_is_no_obstacle(topic: Topic) -> None:
    topic.producer.produce(topic.name, key=b"\xff\x00", value=b"a", headers=[("h", b"\xfe"), ("n", None)], partition=0)
    topic.put("b")
    [document] = topic.documents()
    first, _ = document.fragments or ()
    assert json.loads(first.context or b"") == {"key": "\ufffd\x00", "headers": {"h": "\ufffd", "n": ""}}


def test_the_first_run_may_begin_with_what_comes_next(topic: Topic) -> None:
    topic.put_all("a", "b")
    found, cursor = topic.read(start="latest")
    topic.put_all("c")
    assert (found, topic.read(cursor, start="latest")[0]) == ([], ["c"])


def test_a_partition_that_was_added_later_is_read_from_its_beginning(topic: Topic) -> None:
    topic.put_all("a")
    topic.put("b", partition=3)
    assert topic.read({topic.name: {"0": 1}}, start="latest")[0] == ["b"]


def test_another_topic_keeps_its_own_place(topic: Topic) -> None:
    topic.put_all("a")
    _, cursor = topic.read({"elsewhere": {"0": 9}})
    assert cursor == {"elsewhere": {"0": 9}, topic.name: {"0": 1, "1": 0, "2": 0, "3": 0}}


def test_what_is_too_much_for_one_run_is_left_to_the_next(topic: Topic) -> None:
    for minute, value in enumerate("abc"):
        topic.put(value, timestamp=milliseconds(minute))
    [document] = topic.documents(max_messages=2)
    assert document.watermark == WINDOW.start + timedelta(minutes=1)
    found, cursor = topic.read(max_messages=2)
    assert (found, topic.read(cursor, max_messages=2)[0]) == (["a", "b"], ["c"])


def milliseconds(minute: int) -> int:
    return int((WINDOW.start + timedelta(minutes=minute)).timestamp() * 1000)


def test_a_clock_that_is_ahead_moves_no_watermark(topic: Topic) -> None:
    for _ in range(2):
        topic.put("a", timestamp=milliseconds(60 * 24 * 400))
    [document] = topic.documents(max_messages=1)
    assert document.watermark == WINDOW.end


def test_a_large_backlog_comes_in_batches(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "MAX_MESSAGES", 2)
    topic.put_all("a", "b", "c", "d", "e")
    found = [([f.body.decode() for f in d.fragments or ()], d.cursor) for d in topic.documents()]
    places = [{topic.name: {"0": n, "1": 0, "2": 0, "3": 0}} for n in (2, 4, 5)]
    assert found == list(zip([["a", "b"], ["c", "d"], ["e"]], places, strict=True))


def fill(topic: Topic) -> None:
    """More than the 5 MiB that the cluster keeps of a partition."""
    for number in range(8):
        topic.put(f"{number}{'x' * 900_000}")


def test_messages_that_are_gone_are_counted_and_passed(topic: Topic, caplog: pytest.LogCaptureFixture) -> None:
    topic.put_all("a")
    _, cursor = topic.read()
    fill(topic)
    documents = list(topic.documents(cursor))
    assert sum(d.lost for d in documents) == int(next(iter(documents[0].fragments or ())).body[:1])
    assert f"{documents[0].lost} messages are lost" in caplog.text
    assert documents[-1].cursor == {topic.name: {"0": 9, "1": 0, "2": 0, "3": 0}}
    assert topic.read(documents[-1].cursor)[0] == []


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(topic: Topic, caplog: pytest.LogCaptureFixture) -> None:
    topic.put_all("a")
    assert topic.read({topic.name: {"0": 500, "1": 0, "2": 0, "3": 0}})[0] == ["a"]
    assert "it was made anew" in caplog.text


def test_a_topic_that_is_not_there_is_an_error(topic: Topic) -> None:
    with pytest.raises(SourceError, match=rf"topic {topic.name} at {topic.brokers} cannot be read: .*nknown topic"):
        topic.read()


def test_brokers_that_are_not_there_are_an_error_within_seconds(topic: Topic) -> None:
    with pytest.raises(SourceError, match=r"at 127\.0\.0\.1:1 does not answer: .*Connection refused"):
        topic.read(brokers="127.0.0.1:1", wait_seconds=1)


def test_brokers_that_fall_silent_end_the_run_after_what_they_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "MAX_MESSAGES", 5)
    cluster = [a_cluster()]
    topic = topic_of(cluster[0])
    topic.put_all(*("x" * 400_000 for _ in range(10)))
    one_at_a_time = {
        **{"fetch.message.max.bytes": 500_000, "queued.max.messages.kbytes": 1, "queued.min.messages": 1},
        "fetch.queue.backoff.ms": 10,
    }
    found = topic.documents(wait_seconds=2, options=one_at_a_time)
    assert next(found).cursor == {topic.name: {"0": 5, "1": 0, "2": 0, "3": 0}}
    sleep(0.5)  # a sixth message is fetched ahead
    del topic, cluster[0]
    after: list[Fragment] = []
    with pytest.raises(SourceError, match=r"falls silent in partitions \[0\]: nothing came for 2 s"):
        after.extend(fragment for document in found for fragment in document.fragments or ())
    assert 1 <= len(after) < 5


def test_a_group_that_cannot_be_told_is_no_obstacle(caplog: pytest.LogCaptureFixture) -> None:
    cluster = [a_cluster()]
    topic = topic_of(cluster[0])
    topic.put_all("a")
    found = topic.documents(wait_seconds=1)
    acknowledge = next(found).acknowledge
    assert acknowledge is not None
    del topic, cluster[0]
    acknowledge()
    assert "the group kolwatch cannot be told how far it is" in caplog.text
    assert list(found) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [({"sasl.mechanizm": "PLAIN"}, "sasl.mechanizm"), ({"fetch.min.bytes": "few"}, "fetch.min.bytes")],
)
def test_options_that_the_library_does_not_know_are_named(topic: Topic, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=rf"\[source\.<name>\.kafka\]: .*{said}"):
        topic.read(options=options)


def test_options_reach_the_library(topic: Topic) -> None:
    topic.put_all("a")
    with pytest.raises(SourceError, match="does not answer"):
        topic.read(options={"security.protocol": "ssl", "enable.ssl.certificate.verification": True}, wait_seconds=1)


def test_secrets_come_from_the_environment(topic: Topic) -> None:
    site = Settings(source={"x": topic.source(options={"sasl.password": "${KAFKA_PASSWORD}"})})
    filled = settings.source(site, "x", {"KAFKA_PASSWORD": "geheim"}).kafka
    assert filled is not None
    assert filled.options == {"sasl.password": "geheim"}


@pytest.mark.parametrize("option", ["group.id", "enable.auto.commit"])
def test_options_of_the_transport_cannot_be_set(topic: Topic, option: str) -> None:
    with pytest.raises(ValueError, match=rf"options: {option} is not for you to set"):
        topic.source(options={option: "x"})


# ---- into the tables --------------------------------------------------------------------------------


@pytest.fixture
def stream(site: Site, topic: Topic) -> Site:
    site.settings = msgspec.structs.replace(site.settings, source={"douyin": topic.source()})
    return site


def tell(topic: Topic, event: str, text: str = "", post: str = "7", **changed: Any) -> None:
    value = {**EVENT, "event": event, "post_id": post, "content": {"text": text} if text else None, **changed}
    topic.put(json.dumps(value), key=f"douyin:{post}")


def collect(site: Site) -> dict[str, int]:
    return steps.collect(site, "douyin", *site.interval(world.DAY))


FLAGGED = "SELECT claim, other_flags, is_deleted FROM flagged_posts_daily WHERE day = %s"


def test_what_happens_to_a_post_reaches_the_flagged_table(stream: Site, topic: Topic) -> None:
    tell(topic, "created", "大蒜水能杀死病毒")
    work(stream)
    assert rows(stream, FLAGGED, world.DAY) == [("大蒜水", 0, False)]
    tell(topic, "edited", "早上喝白酒就不会得病")
    work(stream)
    assert rows(stream, FLAGGED, world.DAY) == [("喝白酒", 2, False)]
    tell(topic, "deleted")
    work(stream)
    assert rows(stream, FLAGGED, world.DAY) == [("喝白酒", 2, True)]


def test_a_tombstone_deletes_the_post_of_its_key(stream: Site, topic: Topic) -> None:
    tell(topic, "created", "大蒜水能杀死病毒")
    topic.put(None, key="douyin:7")
    work(stream)
    assert rows(stream, FLAGGED, world.DAY) == [("大蒜水", 0, True)]


def test_counts_alone_are_those_of_the_post_that_is_known(stream: Site, topic: Topic) -> None:
    tell(topic, "created", "大蒜水能杀死病毒", metrics={"like": 1})
    for post, likes, minute in (("7", 9000, 30), ("unknown", 5, 31)):
        moment = f"2025-11-12T08:{minute}:00+08:00"
        tell(topic, "stats", post=post, metrics={"like": likes}, event_time=moment, author=None)
    assert collect(stream)["no_text"] == 2
    found = rows(stream, "SELECT likes FROM post_observation ORDER BY observed_at")
    assert found == [(1,), (9000,)]
    assert rows(stream, "SELECT count(*) FROM post_version") == [(1,)]


def test_poison_goes_to_quarantine_and_nothing_is_stuck(stream: Site, topic: Topic) -> None:
    for poison in (b"\x00\x00\x00\x00\x07avro", b"", b"[" * 5000, json.dumps({**EVENT, "platform": "orkut"}).encode()):
        topic.put(poison)
    topic.put(None, key="no key of ours")
    tell(topic, "created", "大蒜水能杀死病毒")
    counts = collect(stream)
    assert (counts["records"], counts["quarantined"], counts["posts"]) == (6, 5, 1)
    assert collect(stream)["records"] == 0
    reasons = rows(stream, "SELECT reason FROM quarantine JOIN raw_record USING (raw_id) ORDER BY origin")
    assert [r for (r,) in reasons] == ["not_json", "not_json", "too_deep", "unknown_platform", "unknown_platform"]


def test_the_group_is_told_once_the_messages_are_stored(stream: Site, topic: Topic) -> None:
    tell(topic, "created", "大蒜水能杀死病毒")
    assert list(topic.documents())
    assert topic.committed() == {}
    assert collect(stream)["posts"] == 1
    assert topic.committed() == {0: 1, 1: 0, 2: 0, 3: 0}


def test_what_is_delivered_twice_is_stored_once(stream: Site, topic: Topic) -> None:
    tell(topic, "created", "大蒜水能杀死病毒")
    tell(topic, "created", "大蒜水能杀死病毒")
    counts = collect(stream)
    assert (counts["stored"], counts["unchanged"]) == (1, 1)


def test_what_is_lost_is_counted(stream: Site, topic: Topic) -> None:
    tell(topic, "created", "大蒜水能杀死病毒")
    collect(stream)
    fill(topic)
    assert collect(stream)["lost"] > 0
