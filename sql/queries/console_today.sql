-- name: newest_day
SELECT coalesce((SELECT max(day) FROM flag), (now() AT TIME ZONE %(zone)s)::date)

-- name: page
-- One row a post: its top flag and a count of the others. All rows of the day are ranked; what is shown of a post is
-- looked up for the rows of the page only. What likely repeats a decided claim stands last, as a part of its own.
WITH top AS (
    SELECT DISTINCT ON (f.post_key)
           f.flag_id, f.post_key, f.content_hash, f.start_offset, f.end_offset, f.guidance_id, f.guidance_version, f.day,
           f.severity, f.probability, f.priority, f.is_late, f.status, f.awaits, f.outcome, d.daily_budget,
           d.closings IS NOT NULL AND f.closing IS NULL AS is_after_close,
           count(*) OVER (PARTITION BY f.post_key) - 1 AS other_flags
      FROM flag AS f
      LEFT JOIN day_close AS d USING (day)
     WHERE f.day = %(day)s
     ORDER BY f.post_key, is_after_close, f.priority DESC, f.probability DESC, f.guidance_id
), ranked AS MATERIALIZED (
    SELECT top.*, row_number() OVER (ORDER BY top.is_after_close, top.priority DESC, top.flag_id) AS rank,
           (SELECT m.cluster_id FROM claim_cluster_member AS m
             WHERE (m.content_hash, m.start_offset, m.end_offset)
                   = (top.content_hash, top.start_offset, top.end_offset)) AS cluster_id
      FROM top
), sized AS MATERIALIZED (
    SELECT n.cluster_id, count(DISTINCT f.post_key) AS cluster_size
      FROM (SELECT DISTINCT cluster_id FROM ranked WHERE %(sort)s::text = 'cluster') AS c
      JOIN claim_cluster_member AS n USING (cluster_id)
      JOIN flag AS f USING (content_hash, start_offset, end_offset)
     GROUP BY n.cluster_id
), decided AS MATERIALIZED (
    SELECT c.cluster_id, c.guidance_id, d.outcome AS repeats_outcome
      FROM (SELECT DISTINCT cluster_id, guidance_id FROM ranked WHERE awaits = 'first' AND cluster_id IS NOT NULL) AS c
     CROSS JOIN LATERAL (SELECT f.outcome
                           FROM claim_cluster_member AS n
                           JOIN flag AS f USING (content_hash, start_offset, end_offset)
                          WHERE n.cluster_id = c.cluster_id AND f.guidance_id = c.guidance_id
                            AND f.outcome IS NOT NULL AND f.awaits IS NULL
                          LIMIT 1) AS d
), keyed AS (
    SELECT r.*, p.platform, p.account_key, p.posted_at, o.follower_count,
           r.awaits IS NOT DISTINCT FROM 'first' AND c.repeats_outcome IS NOT NULL AS is_repeat,
           CASE WHEN r.awaits = 'first' THEN c.repeats_outcome END AS repeats_outcome,
           r.is_after_close AND %(sort)s::text = 'priority' AS is_last,
           (SELECT t.tier FROM kol_tier AS t
             WHERE t.version = (SELECT max(version) FROM kol_tier) AND t.min_followers <= o.follower_count
             ORDER BY t.min_followers DESC LIMIT 1) AS tier,
           coalesce(CASE %(sort)s::text
                    WHEN 'severity' THEN substr(r.severity, 2)::double precision
                    WHEN 'probability' THEN r.probability
                    WHEN 'reach' THEN o.follower_count
                    WHEN 'newest' THEN extract(epoch FROM p.posted_at)
                    WHEN 'oldest' THEN -extract(epoch FROM p.posted_at)
                    WHEN 'cluster' THEN s.cluster_size
                    ELSE r.priority END, -1e15) AS key
      FROM ranked AS r
      JOIN post AS p USING (post_key)
      LEFT JOIN sized AS s USING (cluster_id)
      LEFT JOIN decided AS c USING (cluster_id, guidance_id)
      LEFT JOIN LATERAL (SELECT follower_count FROM account_observation
                          WHERE account_key = p.account_key AND collected_for <= r.day
                          ORDER BY observed_at DESC LIMIT 1) AS o ON true
), shown AS MATERIALIZED (
    SELECT k.*, g.topic, g.position_zh, g.position_en
      FROM keyed AS k
      JOIN guidance AS g ON (g.guidance_id, g.version) = (k.guidance_id, k.guidance_version)
     WHERE (%(platform)s::text IS NULL OR k.platform = %(platform)s)
       AND (%(severity)s::text IS NULL OR k.severity = %(severity)s)
       AND (%(status)s::text IS NULL OR k.status = %(status)s)
       AND (%(tier)s::text IS NULL OR k.tier = %(tier)s)
       AND (%(topic)s::text IS NULL OR g.topic = %(topic)s)
       AND (%(position)s::text IS NULL OR k.guidance_id = %(position)s)
       AND (%(words)s::tsquery IS NULL  -- asked of each text of the day: the index would give those of all days
            OR (SELECT w.words @@ %(words)s::tsquery FROM text_words AS w WHERE w.content_hash = k.content_hash))
       AND (%(after_flag)s::bigint IS NULL
            OR (k.is_repeat, k.is_last, -k.key, -k.priority, k.flag_id)
               > (%(after_repeat)s::boolean, %(after_last)s::boolean, -%(after_key)s::double precision,
                  -%(after_priority)s::double precision, %(after_flag)s::bigint))
     ORDER BY k.is_repeat, k.is_last, k.key DESC, k.priority DESC, k.flag_id
     LIMIT %(limit)s::bigint
)
SELECT s.flag_id, s.rank, s.is_repeat, s.is_last, s.key, s.day, s.platform, s.severity, s.probability, s.priority,
       s.status, s.awaits, CASE WHEN s.awaits IS NULL THEN s.outcome END AS outcome, s.repeats_outcome, s.other_flags,
       s.guidance_id, s.topic, s.position_zh, s.position_en, s.posted_at, s.is_late, s.is_after_close,
       coalesce(s.rank > s.daily_budget, false) AS is_below_capacity, s.follower_count, s.tier, s.cluster_id,
       (SELECT count(DISTINCT f.post_key)
          FROM claim_cluster_member AS n
          JOIN flag AS f USING (content_hash, start_offset, end_offset)
         WHERE n.cluster_id = s.cluster_id) AS cluster_size, a.account_id, a.name AS account_name,
       extract(epoch FROM now() - s.posted_at)::bigint AS age_seconds,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, %(characters)s::integer)) AS claim
  FROM shown AS s
  JOIN account AS a USING (account_key)
  JOIN post_text AS x USING (content_hash)
 ORDER BY s.is_repeat, s.is_last, s.key DESC, s.priority DESC, s.flag_id

-- name: urgent
-- Flags of severity S4, of any day, that nobody has decided on yet.
SELECT f.flag_id, f.day, f.guidance_id, p.platform, p.posted_at,
       extract(epoch FROM now() - p.posted_at)::bigint AS age_seconds,
       substr(x.document, f.start_offset + 1, least(f.end_offset - f.start_offset, 300)) AS claim
  FROM (SELECT * FROM flag
         WHERE awaits IS NOT NULL AND awaits = 'first' AND severity = 'S4'
         ORDER BY (severity = 'S4') DESC, priority DESC, flag_id
         LIMIT %(limit)s) AS f
  JOIN post AS p USING (post_key)
  JOIN post_text AS x USING (content_hash)
 ORDER BY f.priority DESC, f.flag_id

-- name: counts
-- By post, as the table has it.
SELECT count(DISTINCT post_key) AS posts, count(DISTINCT post_key) FILTER (WHERE severity = 'S4') AS deadly,
       count(*) FILTER (WHERE awaits IS NOT NULL) AS waiting, count(*) FILTER (WHERE status = 'decided') AS decided,
       (SELECT closed_at FROM day_close WHERE day = %(day)s) AS closed_at
  FROM flag
 WHERE day = %(day)s

-- name: month
-- The flags of each of the 30 days up to a day.
SELECT d.day::date AS day, coalesce(f.flags, 0) AS flags, coalesce(f.decided, 0) AS decided, coalesce(f.deadly, 0) AS deadly
  FROM generate_series(%(day)s::date - 29, %(day)s::date, interval '1 day') AS d (day)
  LEFT JOIN (SELECT day, count(*) AS flags, count(*) FILTER (WHERE status = 'decided') AS decided,
                    count(*) FILTER (WHERE severity = 'S4') AS deadly
               FROM flag
              WHERE day BETWEEN %(day)s::date - 29 AND %(day)s::date
              GROUP BY day) AS f ON f.day = d.day::date
 ORDER BY d.day

-- name: choices
-- The topics and positions that the day's flags have, for its filters.
SELECT coalesce(array_agg(DISTINCT g.topic), '{}') AS topics, coalesce(array_agg(DISTINCT f.guidance_id), '{}') AS positions
  FROM (SELECT DISTINCT guidance_id, guidance_version FROM flag WHERE day = %(day)s) AS f
  JOIN guidance AS g ON (g.guidance_id, g.version) = (f.guidance_id, f.guidance_version)
