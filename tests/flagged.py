"""Flags in a database without a judge: as many as a test of the review wants, each of a post of its own."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from pipeline import db
from tests.world import DAY

RAISE = """
WITH one AS (
    INSERT INTO judge (judge_version, model, model_sha256, guidance_version, lexicon_version, min_flag, min_maybe,
                       positions, untrained, in_force_since)
    VALUES ('judge-one', 'told', 'one', 'one', 'one', 0.5, 0.2, '[]', '[]', now()) ON CONFLICT DO NOTHING
), whose AS (
    INSERT INTO account (platform, account_id, name, last_seen_for) VALUES (%(platform)s, %(account)s, '阿姨', %(day)s)
    ON CONFLICT (platform, account_id) DO UPDATE SET last_seen_for = excluded.last_seen_for RETURNING account_key
), said AS (
    INSERT INTO post_text (content_hash, document, title_end, text_end, first_day, judged_version)
    VALUES (%(hash)s, %(text)s, 0, char_length(%(text)s), %(day)s, 'judge-one')
    ON CONFLICT (content_hash) DO UPDATE SET title_end = 0 RETURNING content_hash
), claimed AS (
    INSERT INTO claim SELECT content_hash, 0, 2, left(%(text)s, 2) FROM said ON CONFLICT DO NOTHING
), posted AS (
    INSERT INTO post (platform, platform_post_id, account_key, source, url, posted_at, has_media, last_seen_for)
    SELECT %(platform)s, %(number)s::text, account_key, 'test', 'https://example.org/', %(day)s, false, %(day)s
      FROM whose
    RETURNING post_key
), worded AS (
    INSERT INTO post_version (post_key, content_hash, collected_for, last_seen_for, reposted_text, is_truncated)
    SELECT post_key, content_hash, %(day)s, %(day)s, '', false FROM posted, said RETURNING post_key, content_hash
)
INSERT INTO flag (post_key, content_hash, guidance_id, guidance_version, judge_version, found_by, day, start_offset,
                  end_offset, severity, probability, priority, factors, is_late)
SELECT post_key, content_hash, %(guidance_id)s, 1, 'judge-one', 'collect', %(day)s, 0, 2, %(severity)s, 0.9,
       %(priority)s, '{"severity": 4}', false FROM worded
RETURNING flag_id
"""


def raise_flags(
    connection: db.Connection,
    *priorities: float,
    severity: str = "S3",
    day: date = DAY,
    guidance_id: str = "WHO-001",
    **changed: object,
) -> Sequence[int]:
    """One flag a priority; `text`, `platform` and `account` can be told. Returns their ids."""
    found = connection.execute("SELECT count(*) FROM post").fetchone() or (0,)
    ids = []
    for number, priority in enumerate(priorities, int(found[0]) + 1):
        values = {"text": f"大蒜水能杀死病毒{number}", "platform": "douyin", "account": "account-1", **changed}
        values |= {"number": number, "priority": priority, "severity": severity, "day": day, "guidance_id": guidance_id}
        values["hash"] = sha256(str(values["text"]).encode()).digest()
        row = connection.execute(RAISE, values).fetchone()
        assert row is not None
        ids.append(int(row[0]))
    return ids


def cluster(connection: db.Connection, *flag_ids: int) -> int:
    """Put the claims of flags into a new cluster; returns its id."""
    made = connection.execute("INSERT INTO claim_cluster (made_at) VALUES (now()) RETURNING cluster_id").fetchone()
    assert made is not None
    connection.execute(
        "INSERT INTO claim_cluster_member SELECT DISTINCT content_hash, start_offset, end_offset, %s::bigint, 'test',"
        " false, now() FROM flag WHERE flag_id = ANY (%s)",
        [made[0], list(flag_ids)],
    )
    return int(made[0])
