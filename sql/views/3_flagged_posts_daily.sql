CREATE VIEW flagged_posts_daily AS
WITH ranked AS (
    SELECT f.*, coalesce(f.rejudged_on, v.collected_for) AS day,
           count(*) OVER post - 1 AS other_flags,
           row_number() OVER (post ORDER BY f.priority DESC, f.probability DESC, f.guidance_id) AS rank_in_post
      FROM flag AS f
      JOIN post_version AS v USING (post_key, content_hash)
    WINDOW post AS (PARTITION BY f.post_key, coalesce(f.rejudged_on, v.collected_for))
), top AS (
    SELECT r.*, c.closings IS NOT NULL AND r.closing IS NULL AS is_after_close, c.daily_budget
      FROM ranked AS r
      LEFT JOIN day_close AS c USING (day)
     WHERE r.rank_in_post = 1
)
SELECT t.day,
       row_number() OVER day AS rank,
       p.platform, p.account_name, p.follower_count, p.tier,
       substr(x.document, t.start_offset + 1, t.end_offset - t.start_offset) AS claim,
       t.guidance_id, g.position_zh, g.position_en, t.severity, t.probability, t.priority, t.factors,
       t.other_flags, t.status, t.is_late, t.is_after_close,
       row_number() OVER day > t.daily_budget AS is_below_capacity,
       t.found_by, p.is_deleted, p.is_truncated, p.is_sponsored,
       p.url, p.posted_at, p.platform_post_id, p.account_id, p.source,
       g.source_title, g.source_url, g.page_date, t.guidance_version, t.judge_version, t.flag_id
  FROM top AS t
  JOIN post_day AS p USING (post_key, content_hash)
  JOIN post_text AS x USING (content_hash)
  JOIN guidance AS g ON (g.guidance_id, g.version) = (t.guidance_id, t.guidance_version)
WINDOW day AS (PARTITION BY t.day ORDER BY t.is_after_close, t.priority DESC, p.platform, p.platform_post_id);
COMMENT ON VIEW flagged_posts_daily IS
    'The table of a day, one row a post: its top flag and a count of the others, most urgent first. What arrived after the close stands last.';
