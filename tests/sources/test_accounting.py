"""Nothing vanishes: of every format, each record that was read is a post, a drop with its reason, or in quarantine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import db, land
from pipeline.errors import RecordError
from pipeline.local.postgres import Server
from pipeline.records import DropReason
from pipeline.settings import ScopeSettings, Settings
from pipeline.site import Site
from tests import world
from tests.conftest import copied
from tests.sources.samples import RECORDS, fragment, settings_of

NAMES = sorted(RECORDS)
NONSENSE: tuple[Any, ...] = ([[]], "nonsense", -(10**30), None, {"a": "\ud83d"}, "1.2万")
BROKEN = [b"{broken", b"[1]", b"{}", b'"x"', b"\xff\xff{", b"{" * 200]
FATES = """
SELECT count(*), count(q.raw_id),
       count(*) FILTER (WHERE EXISTS (SELECT FROM dropped_post AS d WHERE d.platform_post_id = r.external_id)
                           OR EXISTS (SELECT FROM post AS p WHERE p.platform_post_id = r.external_id))
  FROM raw_record AS r
  LEFT JOIN quarantine AS q USING (raw_id)
 WHERE r.source = %s
"""


@pytest.fixture(scope="module")
def site(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One database and a source a format, each with a file of its own."""
    root = tmp_path_factory.mktemp("accounting")
    sources = {name: settings_of(name, path=f"{name}.jsonl", account_id="gh_example") for name in NAMES}
    for name in NAMES:
        (root / f"{name}.jsonl").write_bytes(b"\n".join(delivered(name)))
    found = Site(
        Settings(
            source=sources,
            scope=ScopeSettings(min_characters=4),
            root=root,
            database_url=server.url(copied(server, template)),
            hash_key="k" * 32,
        )
    )
    found.__dict__["screen"] = lambda folded: "菜" not in folded
    yield found
    found.engine.dispose()


def delivered(name: str) -> list[bytes]:
    """A sound record, the same once more, it spoilt in many ways, and what is no record."""
    record = RECORDS[name]
    spoilt: list[dict[str, Any]] = []
    for number, key in enumerate(record):
        spoilt += [{**record, key: NONSENSE[number % len(NONSENSE)]}, {k: v for k, v in record.items() if k != key}]
    return [json.dumps(each).encode() for each in (record, record, *spoilt)] + BROKEN


def outcome(site: Site, name: str) -> tuple[int, int]:
    """How many posts the records hold, and how many records cannot be read, told without the database."""
    source = site.source(name)
    posts = refused = 0
    for body in delivered(name):
        try:
            posts += len(source.parse(fragment(body)))
        except RecordError:
            refused += 1
    return posts, refused


def collect(site: Site, name: str, **options: Any) -> land.Counts:
    return land.collect(site, name, *site.interval(world.DAY), **options)


@pytest.mark.parametrize("name", NAMES)
def test_every_record_is_accounted_for(site: Site, name: str) -> None:
    read = len(delivered(name))
    posts, refused = outcome(site, name)
    counts = collect(site, name)
    dropped = sum(counts.get(reason.value, 0) for reason in DropReason)
    assert counts["records"] == read == counts["stored"] + counts["unchanged"]
    assert counts["unchanged"] >= 1
    assert counts["quarantined"] == refused >= len(BROKEN)
    assert counts["posts"] + dropped == posts >= 2

    with db.transaction(site.engine) as connection:
        row = connection.execute(FATES, [name]).fetchone()
    assert row is not None
    stored, quarantined, known = row
    assert stored == counts["stored"]
    assert stored - quarantined <= known
    assert quarantined <= refused

    again = collect(site, name, reread=True)
    assert (again["records"], again["stored"], again["unchanged"]) == (read, 0, read)
    assert again["quarantined"] == refused


def test_a_source_that_tells_formats_by_itself_accounts_for_all_of_them(site: Site, tmp_path: Path) -> None:
    names = [name for name in NAMES if name != "mapped"]
    for name in names:
        (tmp_path / f"{name}.jsonl").write_bytes(json.dumps(RECORDS[name]).encode() + b'\n{"headline":"x"}\n')
    settings = settings_of("auto", path=f"{tmp_path}/*", account_id="gh_example")
    guessing = Site(msgspec.structs.replace(site.settings, source={"all": settings}))
    guessing.__dict__["screen"] = site.screen
    counts = collect(guessing, "all")
    guessing.engine.dispose()
    assert counts["records"] == 2 * len(names) == counts["stored"] + counts["unchanged"]
    assert counts["quarantined"] == len(names)
    assert {key for key in counts if key.startswith("read_as_")} == {f"read_as_{name}" for name in names}
