CREATE VIEW maybe_posts_daily AS
WITH hit AS (
    SELECT a.content_hash, a.judge_version, a.rejudged_on, c.guidance_id, c.start_offset, c.end_offset, c.probability,
           false AS needs_expert
      FROM assessment AS a
      JOIN post_text AS x ON x.content_hash = a.content_hash AND x.judged_version = a.judge_version
      JOIN claim_stance AS c ON (c.content_hash, c.judge_version) = (a.content_hash, a.judge_version) AND c.rank = 1
     WHERE a.band = 'maybe' AND EXISTS (SELECT FROM guidance AS g WHERE g.guidance_id = c.guidance_id)
     UNION ALL
    SELECT content_hash, judge_version, rejudged_on, guidance_id, start_offset, end_offset, probability, true
      FROM claim_to_flag
     WHERE NOT is_confirmed
), ranked AS (
    SELECT h.*, greatest(h.rejudged_on, v.collected_for) AS day, v.post_key,
           count(*) OVER (PARTITION BY greatest(h.rejudged_on, v.collected_for), v.post_key) - 1 AS other_claims,
           row_number() OVER (PARTITION BY greatest(h.rejudged_on, v.collected_for), v.post_key
                              ORDER BY h.probability DESC, h.guidance_id, h.content_hash) AS rank_in_post
      FROM hit AS h
      JOIN post_version AS v USING (content_hash)
     WHERE NOT EXISTS (SELECT FROM flag AS f
                        WHERE (f.post_key, f.content_hash) = (v.post_key, h.content_hash)
                          AND (f.guidance_id = h.guidance_id OR NOT h.needs_expert))
)
SELECT r.day, p.platform, p.account_name, p.follower_count, p.tier,
       substr(x.document, r.start_offset + 1, r.end_offset - r.start_offset) AS claim,
       r.guidance_id, g.position_zh, g.position_en, g.severity, r.probability, a.expression,
       r.needs_expert, r.other_claims,
       p.url, p.posted_at, p.platform_post_id, p.account_id, p.source, r.judge_version
  FROM ranked AS r
  JOIN assessment AS a USING (content_hash, judge_version)
  JOIN post_text AS x USING (content_hash)
  JOIN post_day AS p USING (post_key, content_hash)
  JOIN guidance_current AS g USING (guidance_id)
 WHERE r.rank_in_post = 1;
COMMENT ON VIEW maybe_posts_daily IS
    'Listed apart from the table, one row a post: in the abstain band, or against a position that needs an expert first.';
COMMENT ON COLUMN maybe_posts_daily.needs_expert IS
    'Nobody has confirmed the position yet; the post may stand in the table for another one.';
COMMENT ON COLUMN maybe_posts_daily.other_claims IS 'How many more claims of the post of that day belong here.';
