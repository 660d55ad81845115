"""Which format a record is in, for sources whose configuration does not say.

A record is told by what marks it, among all formats, also when it is read again from quarantine. A document is cut as
the format does that knows its first records.
"""

import io
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources import tombstone
from pipeline.sources.containers.feeds import feed_decode, feed_split, is_markup
from pipeline.sources.containers.split import Page, is_on_disk, reading, splitter
from pipeline.sources.contract import Format, json_object
from pipeline.sources.document import Document
from pipeline.sources.formats import FORMATS
from pipeline.sources.formats.internal import KAFKA
from pipeline.sources.formats.mapped import MAPPED

log = logging.getLogger(__name__)
AUTO = "auto"
"""What a source says in place of a format's name."""

Cut = Callable[[Document, SourceSettings], Iterator[Fragment]]
_WITHOUT_PAGES: Cut = splitter(Page())
_HEAD = 2**18
"""Bytes of a document that are looked at, in some twenty ways."""
_SHOWN = 5
"""Records that are looked at; the first may be broken."""
_NAMED = 8


# ---- records ----------------------------------------------------------------------------------------


def tell(fragment: Fragment) -> Format:
    """The one format that recognises a record. Raises RecordError where none does, and naming them where several do."""
    if tombstone.is_tombstone(fragment):
        return KAFKA  # where deletions come so
    found = _recognising(fragment, FORMATS.values())
    if len(found) > 1:
        names = ", ".join(sorted(format.name for format in found))
        raise RecordError("ambiguous_format", f"reads like {names}; say which as `format` of its source")
    if not found:
        record = _decoded(fragment)
        members = ", ".join(list(record)[:_NAMED])[:200] or "none"
        advice = "name its `format`, or give its source a map, and collect it again with --reread"
        raise RecordError("unknown_format", f"no format knows a record of these members: {members}; {advice}")
    return found[0]


def _recognising(fragment: Fragment, formats: Iterable[Format]) -> list[Format]:
    """A record that is one by itself is no item of a feed."""
    for decode in (json_object, feed_decode):
        with suppress(RecordError):
            record = decode(fragment)
            if found := [f for f in formats if f.decode is decode and f.recognises(record)]:
                return found
    return []


def _decoded(fragment: Fragment) -> Mapping[str, object]:
    return feed_decode(fragment) if is_markup(fragment.body) else json_object(fragment)


# ---- documents --------------------------------------------------------------------------------------


def split(document: Document, source: SourceSettings) -> Iterator[Fragment]:
    """Yield every record of a document; one that no format knows is not opened as a page.

    Raises SourceError where it cannot be read to its end, or is an error page to a format and nothing to the others.
    """
    with reading(document) as stream:
        head = stream.read(_HEAD)
    yield from _cut_of(document, head, source)(document, source)


def _cut_of(document: Document, head: bytes, source: SourceSettings) -> Cut:
    """How the format cuts that knows the first records."""
    if not is_on_disk(head):
        document = replace(document, open=partial(io.BytesIO, head), path=None)
    attempts = _attempts(head)
    refusals: list[str] = []
    empty: Cut | None = None
    for cut, formats in attempts.items():
        try:
            shown = list(islice(cut(document, source), _SHOWN))
        except SourceError as error:
            refusals.append(str(error).removeprefix(f"{document.origin}: "))
            continue
        if found := next((f for fragment in shown for f in _recognising(fragment, formats)), None):
            log.info('%s reads like %s; say format = "%s" to settle it', document.origin, found.name, found.name)
            return found.split
        empty = cut if not shown else empty
    if refusals:
        raise SourceError(f"{document.origin}: no format knows its records; {'; '.join(refusals[:3])}")
    return empty or next(iter(attempts))


def _attempts(head: bytes) -> Mapping[Cut, Sequence[Format]]:
    """The ways to cut a document that begins so, each with the formats whose records may come of it.

    Lines, arrays and tables hold the records of any format, and how a format cuts pages says nothing of them.
    """
    everything = list(FORMATS.values())
    if is_markup(head):
        return {feed_split: everything}
    if is_on_disk(head):
        return {_WITHOUT_PAGES: everything}
    by_cut: dict[Cut, Sequence[Format]] = {_WITHOUT_PAGES: everything}
    for format in everything:
        if format.split != _WITHOUT_PAGES and format is not MAPPED:
            by_cut[format.split] = [*by_cut.get(format.split, ()), format]
    return by_cut
