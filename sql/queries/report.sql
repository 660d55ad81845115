-- name: day_numbers
SELECT (SELECT count(*) FROM flagged_posts_daily WHERE day = %(day)s) AS flagged,
       (SELECT count(*) FROM flagged_posts_daily WHERE day = %(day)s AND severity = 'S4') AS flagged_s4,
       (SELECT count(*) FROM flagged_posts_daily WHERE day = %(day)s AND is_below_capacity) AS below_capacity,
       (SELECT count(*) FROM flagged_posts_daily WHERE day = %(day)s AND is_late) AS late,
       (SELECT count(*) FROM maybe_posts_daily WHERE day = %(day)s) AS maybe

-- name: fates
SELECT fate, count(*) AS posts FROM posts_seen_daily WHERE day = %(day)s GROUP BY fate ORDER BY posts DESC, fate

-- name: quarantine_shares
-- Per source the records of the day, and how many of them cannot be read.
SELECT r.source, count(*) AS records, count(q.raw_id) FILTER (WHERE q.replayed_at IS NULL) AS quarantined
  FROM raw_record AS r
  LEFT JOIN quarantine AS q USING (raw_id)
 WHERE r.collected_for = %(day)s
 GROUP BY r.source
 ORDER BY r.source

-- name: sources_with_data
SELECT DISTINCT source FROM posts_seen_daily WHERE day = %(day)s

-- name: source_states
SELECT source, last_day, last_success_at, last_error FROM source_state ORDER BY source
