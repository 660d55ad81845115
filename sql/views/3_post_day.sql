CREATE VIEW post_day AS
SELECT v.collected_for AS day, v.post_key, v.content_hash, p.platform, p.platform_post_id, p.url, p.source, p.posted_at,
       a.account_id, a.name AS account_name, o.follower_count,
       (SELECT t.tier
          FROM kol_tier AS t
         WHERE t.version = (SELECT max(version) FROM kol_tier) AND t.min_followers <= o.follower_count
         ORDER BY t.min_followers DESC
         LIMIT 1) AS tier,
       EXISTS (SELECT FROM dropped_post AS d
                WHERE (d.platform, d.platform_post_id) = (p.platform, p.platform_post_id)
                  AND d.reason = 'deleted' AND d.collected_for >= v.collected_for) AS is_deleted,
       v.is_truncated, v.is_sponsored
  FROM post_version AS v
  JOIN post AS p USING (post_key)
  JOIN account AS a USING (account_key)
  LEFT JOIN LATERAL (
       SELECT follower_count
         FROM account_observation
        WHERE account_key = p.account_key AND collected_for <= v.collected_for
        ORDER BY observed_at DESC
        LIMIT 1) AS o ON true;
COMMENT ON VIEW post_day IS 'Every wording of a post with the day it belongs to, and what was known of its account by then.';
