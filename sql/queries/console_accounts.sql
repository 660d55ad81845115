-- name: account
SELECT a.account_key, a.platform, a.account_id, a.name, a.last_seen_for, n.posts, n.first_posted
  FROM account AS a
 CROSS JOIN LATERAL (SELECT count(*) AS posts, min(posted_at) AS first_posted
                       FROM post WHERE account_key = a.account_key) AS n
 WHERE a.account_key = %(account_key)s

-- name: counts
-- How the account's flags were decided; one that awaits another review is not decided yet.
SELECT count(*) AS flags, count(DISTINCT f.post_key) AS posts,
       count(*) FILTER (WHERE awaits IS NOT NULL) AS waiting,
       count(*) FILTER (WHERE awaits IS NULL AND outcome = 'contradicts_guidance') AS contradicting,
       count(*) FILTER (WHERE awaits IS NULL AND outcome = 'not_misinformation') AS mistaken,
       count(*) FILTER (WHERE awaits IS NULL AND outcome = 'cannot_tell') AS unclear
  FROM post AS p
  JOIN flag AS f USING (post_key)
 WHERE p.account_key = %(account_key)s

-- name: positions
-- What the account's flags contradict, most often first.
SELECT f.guidance_id, count(*) AS flags, g.position_zh, g.position_en
  FROM post AS p
  JOIN flag AS f USING (post_key)
  JOIN guidance_current AS g USING (guidance_id)
 WHERE p.account_key = %(account_key)s
 GROUP BY f.guidance_id, g.position_zh, g.position_en
 ORDER BY flags DESC, f.guidance_id
 LIMIT 8

-- name: flags
-- The account's flags, the newest first.
WITH shown AS MATERIALIZED (
    SELECT f.flag_id, f.day, f.content_hash, f.start_offset, f.end_offset, f.guidance_id, f.severity, f.status,
           p.posted_at, CASE WHEN f.awaits IS NULL THEN f.outcome END AS outcome
      FROM post AS p
      JOIN flag AS f USING (post_key)
     WHERE p.account_key = %(account_key)s AND (%(before)s::bigint IS NULL OR f.flag_id < %(before)s)
     ORDER BY f.flag_id DESC
     LIMIT %(limit)s
)
SELECT s.flag_id, s.day, s.guidance_id, s.severity, s.status, s.outcome, s.posted_at,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, 300)) AS claim
  FROM shown AS s
  JOIN post_text AS x USING (content_hash)
 ORDER BY s.flag_id DESC
