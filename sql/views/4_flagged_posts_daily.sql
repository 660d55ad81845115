CREATE VIEW flagged_posts_daily AS
WITH counted AS (
    SELECT f.*, c.daily_budget, c.closings IS NOT NULL AND f.closing IS NULL AS is_after_close
      FROM flag AS f
      LEFT JOIN day_close AS c USING (day)
), ranked AS (
    SELECT f.*, count(*) OVER (PARTITION BY f.day, f.post_key) - 1 AS other_flags, row_number() OVER post AS rank_in_post
      FROM counted AS f
    WINDOW post AS (PARTITION BY f.day, f.post_key
                    ORDER BY f.is_after_close, f.priority DESC, f.probability DESC, f.guidance_id)
)
SELECT t.day,
       row_number() OVER day AS rank,
       p.platform, p.account_name, p.follower_count, p.tier,
       substr(x.document, t.start_offset + 1, t.end_offset - t.start_offset) AS claim,
       t.guidance_id, g.position_zh, g.position_en, t.severity, t.probability, t.priority, t.factors,
       t.other_flags, t.status, t.is_late, t.is_after_close,
       row_number() OVER day > t.daily_budget AS is_below_capacity,
       t.found_by, j.untrained ? t.guidance_id AS is_untrained, p.is_deleted, p.is_truncated, p.is_sponsored,
       p.url, p.posted_at, p.platform_post_id, p.account_id, p.source,
       g.source_title, g.source_url, g.page_date, t.guidance_version, t.judge_version, t.flag_id,
       t.awaits IS NOT DISTINCT FROM 'first' AND EXISTS (
           SELECT FROM claim_cluster_member AS m
             JOIN claim_cluster_member AS n USING (cluster_id)
             JOIN flag AS o ON (o.content_hash, o.start_offset, o.end_offset) = (n.content_hash, n.start_offset, n.end_offset)
            WHERE (m.content_hash, m.start_offset, m.end_offset) = (t.content_hash, t.start_offset, t.end_offset)
              AND o.guidance_id = t.guidance_id AND o.awaits IS NULL AND o.outcome IS NOT NULL) AS is_likely_repeat
  FROM ranked AS t
  JOIN post_day AS p USING (post_key, content_hash)
  JOIN post_text AS x USING (content_hash)
  JOIN judge AS j USING (judge_version)
  JOIN guidance AS g ON (g.guidance_id, g.version) = (t.guidance_id, t.guidance_version)
 WHERE t.rank_in_post = 1
WINDOW day AS (PARTITION BY t.day ORDER BY t.is_after_close, t.priority DESC, p.platform, p.platform_post_id);
COMMENT ON VIEW flagged_posts_daily IS
    'The table of a day, one row a post: its top flag and a count of the others, most urgent first. What arrived after the close stands last.';
COMMENT ON COLUMN flagged_posts_daily.is_likely_repeat IS
    'Nobody has looked at it, but somebody has decided on the same claim against the same position elsewhere.';
