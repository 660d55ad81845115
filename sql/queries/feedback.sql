-- name: decided_texts
-- Each wording that people have decided on, once, whoever posted it: against which positions, and against which not. One of
-- whose flags others still wait is told only where one was confirmed, as only then its label is certain.
SELECT x.document AS text, min(f.flag_id) AS flag_id, min(f.day) AS day, max(f.judge_version) AS judge_version,
       max(f.probability) AS probability,
       coalesce(array_agg(DISTINCT f.guidance_id) FILTER (WHERE f.outcome = 'contradicts_guidance'), '{}') AS confirmed,
       coalesce(array_agg(DISTINCT f.guidance_id) FILTER (WHERE f.outcome = 'not_misinformation'), '{}') AS mistaken,
       max(f.severity) FILTER (WHERE f.outcome = 'contradicts_guidance') AS severity,
       coalesce(array_agg(DISTINCT d.reason) FILTER (WHERE d.outcome = f.outcome), '{}') AS reasons
  FROM flag AS f
  JOIN post_text AS x USING (content_hash)
  LEFT JOIN standing_decision AS d USING (flag_id)
 WHERE f.content_hash IN (SELECT content_hash FROM flag
                           WHERE awaits IS NULL AND outcome IN ('contradicts_guidance', 'not_misinformation')
                             AND day >= %(since)s)
 GROUP BY f.content_hash, x.document
HAVING bool_or(f.awaits IS NULL AND f.outcome = 'contradicts_guidance')
    OR bool_and(f.awaits IS NULL AND f.outcome = 'not_misinformation')
 ORDER BY min(f.flag_id)

-- name: precision
SELECT f.judge_version, j.model, count(*) AS flags,
       count(*) FILTER (WHERE f.awaits IS NULL AND f.outcome = 'contradicts_guidance') AS confirmed,
       count(*) FILTER (WHERE f.awaits IS NULL AND f.outcome = 'not_misinformation') AS mistaken
  FROM flag AS f
  JOIN judge AS j USING (judge_version)
 WHERE f.day >= %(since)s
 GROUP BY f.judge_version, j.judge_id, j.model
 ORDER BY j.judge_id DESC

-- name: confirmed_claims
-- The wordings of claims that people confirmed, each once a position.
SELECT f.guidance_id, substr(x.document, f.start_offset + 1, f.end_offset - f.start_offset) AS claim,
       min(a.expression) AS expression, min(f.flag_id) AS flag_id
  FROM flag AS f
  JOIN post_text AS x USING (content_hash)
  LEFT JOIN assessment AS a USING (content_hash, judge_version)
 WHERE f.awaits IS NULL AND f.outcome = 'contradicts_guidance' AND f.day >= %(since)s
   AND f.end_offset - f.start_offset <= %(longest)s
 GROUP BY f.guidance_id, claim
 ORDER BY f.guidance_id, flag_id
