-- name: day_numbers
SELECT count(*) AS flagged, count(*) FILTER (WHERE severity = 'S4') AS flagged_s4,
       count(*) FILTER (WHERE is_below_capacity) AS below_capacity, count(*) FILTER (WHERE is_late) AS late,
       (SELECT count(*) FROM maybe_posts_daily WHERE day = %(day)s) AS maybe
  FROM flagged_posts_daily
 WHERE day = %(day)s

-- name: fates
SELECT fate, count(*) AS posts FROM posts_seen_daily WHERE day = %(day)s GROUP BY fate ORDER BY posts DESC, fate

-- name: sources_seen
-- Per source the records of the day, whatever others delivered, and how many of them cannot be read.
SELECT source, count(*) AS seen, count(*) FILTER (WHERE is_quarantined) AS quarantined
  FROM (SELECT r.source, q.raw_id IS NOT NULL AS is_quarantined
          FROM raw_record AS r
          LEFT JOIN quarantine AS q ON q.raw_id = r.raw_id AND q.replayed_at IS NULL
         WHERE r.collected_for = %(day)s
         UNION ALL
        SELECT source, false FROM dropped_post WHERE collected_for = %(day)s AND raw_id IS NULL) AS record
 GROUP BY source
 ORDER BY source

-- name: sources_read
-- Sources of which a document was read for the day, also when it held nothing new.
SELECT DISTINCT source FROM source_document WHERE collected_for = %(day)s

-- name: source_states
SELECT source, last_day, last_success_at, watermark, last_error FROM source_state ORDER BY source
