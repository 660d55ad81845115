-- name: states
-- How far each source has been read, and how long ago that was.
SELECT source, last_day, last_success_at, watermark, last_error,
       greatest(0, extract(epoch FROM now() - watermark))::bigint AS lag
  FROM source_state
 ORDER BY source

-- name: newest_day
SELECT coalesce((SELECT max(collected_for) FROM raw_record), (now() AT TIME ZONE %(zone)s)::date)

-- name: counts
-- Per source and day what came in and what became of it. Of what was dropped the bodies are gone after the close, so
-- such records are counted where they are noted.
SELECT source, day, sum(records)::bigint AS records, sum(dropped)::bigint AS dropped, sum(unread)::bigint AS unread,
       greatest(0, sum(records) - sum(dropped) - sum(unread))::bigint AS kept
  FROM (SELECT source, collected_for AS day, count(*) AS records, 0 AS dropped, 0 AS unread
          FROM raw_record
         WHERE collected_for BETWEEN %(first)s AND %(last)s
         GROUP BY source, collected_for
         UNION ALL
        SELECT source, collected_for, count(*) FILTER (WHERE raw_id IS NULL), count(*), 0
          FROM dropped_post
         WHERE collected_for BETWEEN %(first)s AND %(last)s
         GROUP BY source, collected_for
         UNION ALL
        SELECT r.source, r.collected_for, 0, 0, count(*)
          FROM quarantine AS q
          JOIN raw_record AS r USING (raw_id)
         WHERE q.replayed_at IS NULL AND r.collected_for BETWEEN %(first)s AND %(last)s
         GROUP BY r.source, r.collected_for) AS found
 GROUP BY source, day
 ORDER BY source, day DESC

-- name: quarantined
-- Records that cannot be read, the newest first.
WITH shown AS MATERIALIZED (
    SELECT q.raw_id, q.reason, q.detail, r.source, r.collected_for, r.origin, r.line
      FROM quarantine AS q
      JOIN raw_record AS r USING (raw_id)
     WHERE q.replayed_at IS NULL
       AND (%(source)s::text IS NULL OR r.source = %(source)s)
       AND (%(reason)s::text IS NULL OR q.reason = %(reason)s)
       AND (%(before)s::bigint IS NULL OR q.raw_id < %(before)s)
     ORDER BY q.raw_id DESC
     LIMIT %(limit)s
)
SELECT * FROM shown ORDER BY raw_id DESC

-- name: unread
-- How many cannot be read, by source and reason.
SELECT r.source, q.reason, count(*) AS records
  FROM quarantine AS q
  JOIN raw_record AS r USING (raw_id)
 WHERE q.replayed_at IS NULL
 GROUP BY r.source, q.reason
 ORDER BY records DESC, r.source, q.reason
 LIMIT 200

-- name: record
-- A record of the quarantine, also one that has been read since.
SELECT r.raw_id, r.source, r.external_id, r.origin, r.line, r.collected_for, r.body, r.context, q.reason, q.detail,
       q.replayed_at
  FROM quarantine AS q
  JOIN raw_record AS r USING (raw_id)
 WHERE q.raw_id = %(raw_id)s
