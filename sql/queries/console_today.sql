-- name: newest_day
SELECT coalesce((SELECT max(day) FROM flag), (now() AT TIME ZONE %(zone)s)::date)

-- name: page
-- One row a post: its top flag and a count of the others, in the order of flagged_posts_daily; what is shown of a post
-- is looked up for the rows of the page only.
WITH top AS (
    SELECT DISTINCT ON (f.post_key)
           f.*, d.closings IS NOT NULL AND f.closing IS NULL AS is_after_close,
           count(*) OVER (PARTITION BY f.post_key) - 1 AS other_flags
      FROM flag AS f
      LEFT JOIN day_close AS d USING (day)
     WHERE f.day = %(day)s
     ORDER BY f.post_key, is_after_close, f.priority DESC, f.probability DESC, f.guidance_id
), ranked AS (
    SELECT top.*, row_number() OVER (ORDER BY is_after_close, priority DESC, flag_id) AS rank FROM top
), shown AS MATERIALIZED (
    SELECT r.*, p.platform, p.account_key, p.posted_at, p.url, g.topic, g.position_zh, g.position_en
      FROM ranked AS r
      JOIN post AS p USING (post_key)
      JOIN guidance AS g ON (g.guidance_id, g.version) = (r.guidance_id, r.guidance_version)
     WHERE (%(platform)s::text IS NULL OR p.platform = %(platform)s)
       AND (%(severity)s::text IS NULL OR r.severity = %(severity)s)
       AND (%(status)s::text IS NULL OR r.status = %(status)s)
       AND (%(topic)s::text IS NULL OR g.topic = %(topic)s)
       AND (%(position)s::text IS NULL OR r.guidance_id = %(position)s)
       AND (%(tier)s::text IS NULL OR %(tier)s = (
            SELECT t.tier FROM kol_tier AS t
             WHERE t.version = (SELECT max(version) FROM kol_tier)
               AND t.min_followers <= (SELECT o.follower_count FROM account_observation AS o
                                        WHERE o.account_key = p.account_key AND o.collected_for <= r.day
                                        ORDER BY o.observed_at DESC LIMIT 1)
             ORDER BY t.min_followers DESC LIMIT 1))
       AND (%(flag_id)s::bigint IS NULL
            OR (r.is_after_close, -r.priority, r.flag_id)
               > (%(after_close)s::boolean, -%(priority)s::double precision, %(flag_id)s::bigint))
     ORDER BY r.is_after_close, r.priority DESC, r.flag_id
     LIMIT %(limit)s
)
SELECT s.flag_id, s.rank, s.is_after_close, s.platform, s.severity, s.probability, s.priority, s.status, s.awaits,
       s.outcome, s.other_flags, s.guidance_id, s.topic, s.position_zh, s.position_en, s.posted_at, s.is_late,
       a.account_key, a.account_id, a.name AS account_name, o.follower_count,
       (SELECT t.tier FROM kol_tier AS t
         WHERE t.version = (SELECT max(version) FROM kol_tier) AND t.min_followers <= o.follower_count
         ORDER BY t.min_followers DESC LIMIT 1) AS tier,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, 300)) AS claim,
       m.cluster_id,
       (SELECT count(DISTINCT f.post_key)
          FROM claim_cluster_member AS n
          JOIN flag AS f USING (content_hash, start_offset, end_offset)
         WHERE n.cluster_id = m.cluster_id) AS cluster_size
  FROM shown AS s
  JOIN account AS a USING (account_key)
  JOIN post_text AS x USING (content_hash)
  LEFT JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
  LEFT JOIN LATERAL (SELECT follower_count FROM account_observation
                      WHERE account_key = s.account_key AND collected_for <= s.day
                      ORDER BY observed_at DESC LIMIT 1) AS o ON true
 ORDER BY s.is_after_close, s.priority DESC, s.flag_id

-- name: counts
-- By post, as the table has it.
SELECT count(DISTINCT post_key) AS posts, count(DISTINCT post_key) FILTER (WHERE severity = 'S4') AS deadly,
       count(*) FILTER (WHERE awaits IS NOT NULL) AS waiting, count(*) FILTER (WHERE status = 'decided') AS decided,
       (SELECT closed_at FROM day_close WHERE day = %(day)s) AS closed_at
  FROM flag
 WHERE day = %(day)s

-- name: choices
-- The topics and positions that the day's flags have, for its filters.
SELECT coalesce(array_agg(DISTINCT g.topic), '{}') AS topics, coalesce(array_agg(DISTINCT f.guidance_id), '{}') AS positions
  FROM (SELECT DISTINCT guidance_id, guidance_version FROM flag WHERE day = %(day)s) AS f
  JOIN guidance AS g ON (g.guidance_id, g.version) = (f.guidance_id, f.guidance_version)
