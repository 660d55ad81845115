-- name: newest_day
SELECT coalesce((SELECT max(collected_for) FROM post_version), (now() AT TIME ZONE %(zone)s)::date)

-- name: of_day
-- Posts of a day that say what WHO says, or refute what WHO refutes, by reach. Not those that the judge doubts, that
-- people have not cleared of a flag, that only ask or joke, or that are gone.
WITH told AS MATERIALIZED (
    SELECT DISTINCT v.post_key, v.content_hash, s.judge_version
      FROM post_version AS v
      JOIN claim_stance AS s ON s.content_hash = v.content_hash AND s.stance <> 'not_enough_info'
     WHERE v.collected_for = %(day)s
), said AS MATERIALIZED (
    SELECT DISTINCT ON (t.post_key) t.*, s.guidance_id, s.start_offset, s.end_offset,
           CASE WHEN a.expression = 'debunks' THEN 'debunks' ELSE 'supports' END AS says
      FROM told AS t
      JOIN assessment AS a ON (a.content_hash, a.judge_version) = (t.content_hash, t.judge_version)
                          AND a.band = 'none' AND a.expression NOT IN ('asks', 'satire')
      JOIN post_text AS x ON (x.content_hash, x.judged_version) = (t.content_hash, t.judge_version)
      JOIN claim_stance AS s ON (s.content_hash, s.judge_version) = (t.content_hash, t.judge_version)
                            AND (s.stance = 'supports' OR s.stance = 'refutes' AND a.expression = 'debunks')
     WHERE NOT EXISTS (SELECT FROM flag AS f
                        WHERE f.post_key = t.post_key
                          AND (f.awaits IS NOT NULL OR f.outcome IS DISTINCT FROM 'not_misinformation'))
     ORDER BY t.post_key, s.stance <> 'supports', s.rank
)
SELECT s.post_key, s.content_hash, s.start_offset, s.end_offset, s.says, s.guidance_id, g.topic, p.platform,
       o.follower_count, (SELECT t.tier FROM kol_tier AS t
         WHERE t.version = (SELECT max(version) FROM kol_tier) AND t.min_followers <= o.follower_count
         ORDER BY t.min_followers DESC LIMIT 1) AS tier
  FROM said AS s
  JOIN post AS p USING (post_key)
  JOIN guidance_current AS g USING (guidance_id)
  LEFT JOIN LATERAL (SELECT follower_count FROM account_observation
                      WHERE account_key = p.account_key AND collected_for <= %(day)s
                      ORDER BY observed_at DESC LIMIT 1) AS o ON true
 WHERE NOT EXISTS (SELECT FROM dropped_post AS d
                    WHERE (d.platform, d.platform_post_id) = (p.platform, p.platform_post_id)
                      AND d.reason IN ('deleted', 'private') AND d.collected_for >= %(day)s)
 ORDER BY o.follower_count DESC NULLS LAST, s.post_key

-- name: shown
-- What is shown of posts that were found, in their order.
SELECT w.post_key, a.account_key, a.account_id, a.name AS account_name, p.posted_at, p.url, v.is_sponsored,
       g.position_zh, g.position_en, n.views, n.likes, n.shares,
       substr(x.document, w.start_offset + 1, least(w.end_offset - w.start_offset, %(characters)s::integer)) AS claim
  FROM unnest(%(post_keys)s::bigint[], %(content_hashes)s::bytea[], %(starts)s::integer[], %(ends)s::integer[],
              %(guidance_ids)s::text[])
       WITH ORDINALITY AS w (post_key, content_hash, start_offset, end_offset, guidance_id, number)
  JOIN post AS p USING (post_key)
  JOIN post_version AS v USING (post_key, content_hash)
  JOIN account AS a USING (account_key)
  JOIN post_text AS x USING (content_hash)
  JOIN guidance_current AS g USING (guidance_id)
  LEFT JOIN LATERAL (SELECT views, likes, shares FROM post_observation
                      WHERE post_key = w.post_key ORDER BY observed_at DESC LIMIT 1) AS n ON true
 ORDER BY w.number
