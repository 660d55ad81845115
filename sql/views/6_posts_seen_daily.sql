CREATE VIEW posts_seen_daily AS
(SELECT DISTINCT ON (day, platform, platform_post_id) *
   FROM (SELECT p.day, p.platform, p.platform_post_id, p.source,
                CASE WHEN EXISTS (SELECT FROM flag AS f
                                   WHERE (f.post_key, f.content_hash) = (p.post_key, p.content_hash)) THEN 'flagged'
                     WHEN x.judge_error IS NOT NULL THEN 'failed'
                     WHEN a.band IS NULL THEN 'due'
                     WHEN EXISTS (SELECT FROM claim_to_flag AS f
                                   WHERE f.content_hash = x.content_hash AND f.is_confirmed) THEN 'due'
                     WHEN a.band <> 'none'
                      AND EXISTS (SELECT FROM claim_stance AS c
                                    JOIN judge AS j USING (judge_version)
                                   WHERE (c.content_hash, c.judge_version) = (a.content_hash, a.judge_version)
                                     AND c.stance = 'refutes' AND (c.rank = 1 OR c.probability >= j.min_flag)
                                     AND NOT EXISTS (SELECT FROM guidance AS g WHERE g.guidance_id = c.guidance_id))
                          THEN 'due' -- against a position that is not loaded yet
                     WHEN a.band = 'maybe'
                       OR EXISTS (SELECT FROM claim_to_flag AS f WHERE f.content_hash = x.content_hash) THEN 'maybe'
                     ELSE 'not_flagged' END AS fate,
                coalesce(x.judge_error, '') AS detail
           FROM post_day AS p
           JOIN post_text AS x USING (content_hash)
           LEFT JOIN assessment AS a ON a.content_hash = x.content_hash AND a.judge_version = x.judged_version
          UNION ALL
         SELECT collected_for, platform, platform_post_id, source, reason, ''
           FROM dropped_post) AS found
  ORDER BY day, platform, platform_post_id,
           array_position('{failed,due,flagged,maybe,not_flagged,deleted}', fate), fate, source)
 UNION ALL
SELECT r.collected_for, '', r.external_id, r.source, 'quarantined', q.reason || ': ' || q.detail
  FROM quarantine AS q
  JOIN raw_record AS r USING (raw_id)
 WHERE q.replayed_at IS NULL;
COMMENT ON VIEW posts_seen_daily IS
    'Every post and every unreadable record of a day, each once, with what became of it. Of a post that came in several wordings, or was kept by one record and dropped by another, what is still to be done counts first, then what weighs most.';
