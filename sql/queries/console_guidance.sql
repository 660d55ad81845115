-- name: positions
-- Every position in force, and retired ones where they are asked for, with how its flags were decided. A flag that
-- awaits another review is not decided yet.
SELECT g.guidance_id, g.topic, g.severity, g.position_zh, g.position_en, g.version, g.retired, g.is_confirmed,
       g.verification, coalesce(n.flags, 0) AS flags, coalesce(n.contradicting, 0) AS contradicting,
       coalesce(n.mistaken, 0) AS mistaken
  FROM guidance_current AS g
  LEFT JOIN (SELECT guidance_id, count(*) AS flags,
                    count(*) FILTER (WHERE awaits IS NULL AND outcome = 'contradicts_guidance') AS contradicting,
                    count(*) FILTER (WHERE awaits IS NULL AND outcome = 'not_misinformation') AS mistaken
               FROM flag
              GROUP BY guidance_id) AS n USING (guidance_id)
 WHERE (%(topic)s::text IS NULL OR g.topic = %(topic)s)
   AND (%(severity)s::text IS NULL OR g.severity = %(severity)s)
   AND (%(retired)s OR g.retired IS NULL)
 ORDER BY g.topic, g.guidance_id

-- name: topics
SELECT DISTINCT topic FROM guidance_current ORDER BY topic

-- name: versions
-- All versions of a position, the one in force first.
SELECT *, verification NOT IN ('C', 'K') OR verified_by IS NOT NULL AS is_confirmed
  FROM guidance
 WHERE guidance_id = %(guidance_id)s
 ORDER BY version DESC

-- name: related
SELECT guidance_id, severity, position_zh, position_en
  FROM guidance_current
 WHERE guidance_id = ANY (%(guidance_ids)s)
 ORDER BY guidance_id

-- name: counts
SELECT count(*) AS flags,
       count(*) FILTER (WHERE awaits IS NOT NULL) AS waiting,
       count(*) FILTER (WHERE awaits IS NULL AND outcome = 'contradicts_guidance') AS contradicting,
       count(*) FILTER (WHERE awaits IS NULL AND outcome = 'not_misinformation') AS mistaken,
       count(*) FILTER (WHERE awaits IS NULL AND outcome = 'cannot_tell') AS unclear
  FROM flag
 WHERE guidance_id = %(guidance_id)s

-- name: flags
-- Flags on a position, the newest first.
WITH shown AS MATERIALIZED (
    SELECT flag_id, day, content_hash, start_offset, end_offset, severity, probability, status, post_key,
           CASE WHEN awaits IS NULL THEN outcome END AS outcome
      FROM flag
     WHERE guidance_id = %(guidance_id)s AND (%(before)s::bigint IS NULL OR flag_id < %(before)s)
     ORDER BY flag_id DESC
     LIMIT %(limit)s
)
SELECT s.flag_id, s.day, s.severity, s.probability, s.status, s.outcome, p.platform,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, 300)) AS claim
  FROM shown AS s
  JOIN post AS p USING (post_key)
  JOIN post_text AS x USING (content_hash)
 ORDER BY s.flag_id DESC
