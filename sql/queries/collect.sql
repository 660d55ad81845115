-- name: document_is_known
SELECT EXISTS (
    SELECT FROM source_document
     WHERE source = %(source)s AND origin = %(origin)s AND fingerprint = %(fingerprint)s
) AS is_known

-- name: mark_document
INSERT INTO source_document (source, origin, fingerprint, collected_for)
VALUES (%(source)s, %(origin)s, %(fingerprint)s, %(day)s)
ON CONFLICT (source, origin) DO UPDATE
   SET fingerprint = excluded.fingerprint, collected_for = excluded.collected_for

-- name: cursor
SELECT cursor FROM source_state WHERE source = %(source)s

-- name: move_cursor
-- Only from where the run found it: of two runs at once, one moves it and the other's records are rolled back.
INSERT INTO source_state AS old (source, cursor)
SELECT %(source)s, %(after)s::jsonb
ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor
 WHERE old.cursor = %(before)s::jsonb

-- name: note_success
INSERT INTO source_state AS old (source, last_day, last_success_at, last_error, watermark)
VALUES (%(source)s, %(day)s, now(), NULL, %(watermark)s)
ON CONFLICT (source) DO UPDATE
   SET last_day = greatest(old.last_day, excluded.last_day), last_success_at = now(), last_error = NULL,
       watermark = greatest(old.watermark, excluded.watermark)

-- name: note_failure
INSERT INTO source_state (source, last_error)
VALUES (%(source)s, %(error)s)
ON CONFLICT (source) DO UPDATE SET last_error = excluded.last_error

-- name: create_staging
CREATE TEMPORARY TABLE incoming_raw (
    number integer, source text, external_id text, sha256 bytea, body bytea, context bytea, origin text, line integer,
    collected_for date
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_post (
    number integer, platform text, platform_post_id text, account_id text, account_name text, source text, url text,
    posted_at timestamptz, edited_at timestamptz, has_media boolean, is_truncated boolean, is_sponsored boolean,
    reposted_text text, content_hash bytea, document text, title_end integer, text_end integer, collected_for date,
    observed_at timestamptz, views bigint, likes bigint, comments bigint, shares bigint, favourites bigint,
    lower_bounds text[]
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_followers (
    platform text, account_id text, observed_at timestamptz, follower_count bigint, lower_bound boolean,
    collected_for date
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_count (
    platform text, platform_post_id text, collected_for date, observed_at timestamptz, views bigint, likes bigint,
    comments bigint, shares bigint, favourites bigint, lower_bounds text[]
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_drop (
    number integer, platform text, platform_post_id text, collected_for date, source text, reason text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_quarantine (
    number integer, reason text, detail text
) ON COMMIT DROP

-- name: merge_raw
-- Records that were stored before keep their row; the earliest day they were collected for counts.
INSERT INTO raw_record AS old (source, external_id, sha256, body, context, origin, line, collected_for)
SELECT DISTINCT ON (source, external_id, sha256)
       source, external_id, sha256, body, context, origin, line, collected_for
  FROM incoming_raw
 ORDER BY source, external_id, sha256, number
ON CONFLICT (source, external_id, sha256) DO UPDATE
   SET collected_for = excluded.collected_for, origin = excluded.origin, line = excluded.line
 WHERE excluded.collected_for < old.collected_for

-- name: find_raw
CREATE TEMPORARY TABLE stored_raw ON COMMIT DROP AS
SELECT i.number, r.raw_id
  FROM incoming_raw AS i
  JOIN raw_record AS r USING (source, external_id, sha256)

-- name: merge_accounts
INSERT INTO account AS old (platform, account_id, name, last_seen_for)
SELECT DISTINCT ON (platform, account_id) platform, account_id, account_name, collected_for
  FROM incoming_post
 ORDER BY platform, account_id, account_name DESC
ON CONFLICT (platform, account_id) DO UPDATE
   SET name = excluded.name, last_seen_for = excluded.last_seen_for
 WHERE excluded.name <> '' AND excluded.last_seen_for >= old.last_seen_for
   AND (excluded.name, excluded.last_seen_for) IS DISTINCT FROM (old.name, old.last_seen_for)

-- name: merge_followers
INSERT INTO account_observation AS old (account_key, observed_at, follower_count, lower_bound, collected_for)
SELECT DISTINCT ON (a.account_key, i.observed_at)
       a.account_key, i.observed_at, i.follower_count, i.lower_bound, i.collected_for
  FROM incoming_followers AS i
  JOIN account AS a USING (platform, account_id)
 ORDER BY a.account_key, i.observed_at, i.follower_count DESC, i.lower_bound
ON CONFLICT (account_key, observed_at) DO UPDATE
   SET follower_count = greatest(old.follower_count, excluded.follower_count),
       collected_for = least(old.collected_for, excluded.collected_for)
 WHERE excluded.follower_count > old.follower_count OR excluded.collected_for < old.collected_for

-- name: merge_texts
-- A text that is there already is not locked, unless it was said on an earlier day: a worker may be judging it.
INSERT INTO post_text (content_hash, document, title_end, text_end, first_day)
SELECT DISTINCT ON (content_hash) content_hash, document, title_end, text_end, collected_for
  FROM incoming_post
 ORDER BY content_hash, number
ON CONFLICT (content_hash) DO NOTHING

-- name: date_texts_back
WITH earlier AS (
    SELECT t.content_hash, i.first_day
      FROM post_text AS t
      JOIN (SELECT content_hash, min(collected_for) AS first_day FROM incoming_post GROUP BY content_hash) AS i
        ON i.content_hash = t.content_hash AND i.first_day < t.first_day
     ORDER BY t.content_hash
       FOR NO KEY UPDATE OF t
)
UPDATE post_text AS t SET first_day = earlier.first_day FROM earlier WHERE t.content_hash = earlier.content_hash

-- name: merge_posts
INSERT INTO post AS old (platform, platform_post_id, account_key, source, url, posted_at, has_media, last_seen_for)
SELECT DISTINCT ON (i.platform, i.platform_post_id)
       i.platform, i.platform_post_id, a.account_key, i.source, i.url, i.posted_at, i.has_media, i.collected_for
  FROM incoming_post AS i
  JOIN account AS a USING (platform, account_id)
 ORDER BY i.platform, i.platform_post_id, i.number DESC
ON CONFLICT (platform, platform_post_id) DO UPDATE
   SET account_key = excluded.account_key, source = excluded.source, url = excluded.url,
       posted_at = coalesce(excluded.posted_at, old.posted_at), has_media = excluded.has_media,
       last_seen_for = excluded.last_seen_for
 WHERE (excluded.last_seen_for, excluded.source) > (old.last_seen_for, old.source)

-- name: merge_versions
INSERT INTO post_version AS old (post_key, content_hash, collected_for, last_seen_for, edited_at, raw_id, reposted_text,
                                 is_truncated, is_sponsored)
SELECT DISTINCT ON (p.post_key, i.content_hash)
       p.post_key, i.content_hash, i.collected_for, i.collected_for, i.edited_at, r.raw_id, i.reposted_text,
       i.is_truncated, i.is_sponsored
  FROM incoming_post AS i
  JOIN post AS p USING (platform, platform_post_id)
  JOIN stored_raw AS r USING (number)
 ORDER BY p.post_key, i.content_hash, i.number
ON CONFLICT (post_key, content_hash) DO UPDATE
   SET collected_for = least(old.collected_for, excluded.collected_for),
       last_seen_for = greatest(old.last_seen_for, excluded.last_seen_for),
       raw_id = coalesce(old.raw_id, excluded.raw_id),
       is_sponsored = coalesce(old.is_sponsored, excluded.is_sponsored)
 WHERE excluded.collected_for < old.collected_for OR excluded.last_seen_for > old.last_seen_for
    OR (old.raw_id IS NULL AND excluded.raw_id IS NOT NULL)
    OR (old.is_sponsored IS NULL AND excluded.is_sponsored IS NOT NULL)

-- name: merge_counts
-- Of posts, and of records that only count a post.
INSERT INTO post_observation AS old
       (post_key, observed_at, collected_for, views, likes, comments, shares, favourites, lower_bounds)
SELECT p.post_key, i.observed_at, min(i.collected_for), max(i.views), max(i.likes), max(i.comments), max(i.shares),
       max(i.favourites), max(i.lower_bounds)
  FROM (SELECT platform, platform_post_id, collected_for, observed_at, views, likes, comments, shares, favourites,
               lower_bounds
          FROM incoming_post
         UNION ALL
        SELECT * FROM incoming_count) AS i
  JOIN post AS p USING (platform, platform_post_id)
 WHERE num_nonnulls(i.views, i.likes, i.comments, i.shares, i.favourites) > 0
 GROUP BY p.post_key, i.observed_at
ON CONFLICT (post_key, observed_at) DO UPDATE
   SET views = greatest(old.views, excluded.views), likes = greatest(old.likes, excluded.likes),
       comments = greatest(old.comments, excluded.comments), shares = greatest(old.shares, excluded.shares),
       favourites = greatest(old.favourites, excluded.favourites),
       lower_bounds = ARRAY(SELECT DISTINCT metric FROM unnest(old.lower_bounds || excluded.lower_bounds) AS metric
                             ORDER BY metric),
       collected_for = least(old.collected_for, excluded.collected_for)
 WHERE (greatest(old.views, excluded.views), greatest(old.likes, excluded.likes),
        greatest(old.comments, excluded.comments), greatest(old.shares, excluded.shares),
        greatest(old.favourites, excluded.favourites), least(old.collected_for, excluded.collected_for))
       IS DISTINCT FROM (old.views, old.likes, old.comments, old.shares, old.favourites, old.collected_for)

-- name: merge_drops
-- A deletion outlasts whatever else the post was dropped for that day.
INSERT INTO dropped_post AS old (platform, platform_post_id, collected_for, source, reason, raw_id)
SELECT DISTINCT ON (i.platform, i.platform_post_id, i.collected_for, i.source)
       i.platform, i.platform_post_id, i.collected_for, i.source, i.reason, r.raw_id
  FROM incoming_drop AS i
  JOIN stored_raw AS r USING (number)
 ORDER BY i.platform, i.platform_post_id, i.collected_for, i.source, i.reason = 'deleted' DESC, i.number
ON CONFLICT (platform, platform_post_id, collected_for, source) DO UPDATE SET reason = 'deleted', raw_id = excluded.raw_id
 WHERE excluded.reason = 'deleted' AND old.reason <> 'deleted'

-- name: merge_quarantine
INSERT INTO quarantine AS old (raw_id, reason, detail)
SELECT DISTINCT ON (r.raw_id) r.raw_id, i.reason, i.detail
  FROM incoming_quarantine AS i
  JOIN stored_raw AS r USING (number)
 ORDER BY r.raw_id, i.number
ON CONFLICT (raw_id) DO UPDATE SET reason = excluded.reason, detail = excluded.detail
 WHERE (old.reason, old.detail) IS DISTINCT FROM (excluded.reason, excluded.detail) AND old.replayed_at IS NULL

-- name: mend_quarantine
-- A record that could not be read, where a later one of the same post and day can.
UPDATE quarantine AS q SET replayed_at = now()
  FROM raw_record AS old
  JOIN incoming_raw AS i USING (source, external_id, collected_for)
  JOIN stored_raw AS new USING (number)
 WHERE q.raw_id = old.raw_id AND q.replayed_at IS NULL AND old.external_id <> ''
   AND CASE WHEN i.origin = old.origin THEN i.line >= old.line ELSE new.raw_id > old.raw_id END
   AND NOT EXISTS (SELECT FROM quarantine AS b WHERE b.raw_id = new.raw_id)

-- name: quarantined
SELECT q.raw_id, r.source, r.origin, r.line, r.collected_for, q.reason, q.detail
  FROM quarantine AS q
  JOIN raw_record AS r USING (raw_id)
 WHERE q.replayed_at IS NULL
 ORDER BY q.raw_id

-- name: quarantined_record
SELECT r.raw_id, r.source, r.external_id, r.origin, r.line, r.collected_for, r.body, r.context, q.reason, q.detail
  FROM raw_record AS r
  JOIN quarantine AS q USING (raw_id)
 WHERE r.raw_id = %(raw_id)s AND q.replayed_at IS NULL
   FOR UPDATE OF q

-- name: quarantine_replayed
UPDATE quarantine SET replayed_at = now() WHERE raw_id = %(raw_id)s
