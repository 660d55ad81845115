CREATE VIEW maybe_posts_daily AS
SELECT greatest(a.rejudged_on, p.day) AS day, p.platform, p.account_name, p.follower_count, p.tier,
       substr(x.document, c.start_offset + 1, c.end_offset - c.start_offset) AS claim,
       c.guidance_id, g.position_zh, g.position_en, g.severity, a.probability, a.expression,
       a.band = 'flag' AS needs_expert,
       p.url, p.posted_at, p.platform_post_id, p.account_id, p.source, a.judge_version
  FROM assessment AS a
  JOIN post_text AS x ON x.content_hash = a.content_hash AND x.judged_version = a.judge_version
  JOIN post_day AS p ON p.content_hash = a.content_hash
  JOIN claim_stance AS c ON (c.content_hash, c.judge_version) = (a.content_hash, a.judge_version) AND c.rank = 1
  JOIN guidance_current AS g USING (guidance_id)
 WHERE a.band IN ('maybe', 'flag')
   AND NOT EXISTS (SELECT FROM flag AS f WHERE (f.post_key, f.content_hash) = (p.post_key, p.content_hash))
   AND NOT EXISTS (SELECT FROM claim_to_flag AS f WHERE f.content_hash = a.content_hash AND f.is_confirmed);
COMMENT ON VIEW maybe_posts_daily IS
    'Posts not sure enough for the table, listed apart: in the abstain band, or against a position that needs an expert first.';
