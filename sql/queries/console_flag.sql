-- name: flag
-- A flag with its post, wording, account, position and judge, and what the visitor has done with it.
SELECT f.*, x.document, x.title_end, x.text_end, x.judged_version,
       v.reposted_text, v.is_truncated, v.is_sponsored, v.edited_at, v.collected_for,
       p.platform, p.platform_post_id, p.url, p.posted_at, p.has_media, p.source, p.last_seen_for,
       a.account_key, a.account_id, a.name AS account_name,
       g.topic, g.severity_reason, g.position_zh, g.position_en, g.scope, g.source_title, g.source_url, g.page_date,
       g.valid_from, g.do_not_flag,
       (SELECT max(version) FROM guidance AS n WHERE n.guidance_id = f.guidance_id) AS newest_guidance_version,
       j.model, j.model_sha256, j.guidance_version AS judge_guidance, j.lexicon_version, j.min_flag, j.min_maybe,
       j.untrained ? f.guidance_id AS is_untrained,
       (SELECT max(d.collected_for) FROM dropped_post AS d
         WHERE (d.platform, d.platform_post_id) = (p.platform, p.platform_post_id)
           AND d.reason = 'deleted' AND d.collected_for >= v.collected_for) AS deleted_for,
       (SELECT max(n.collected_for) FROM post_version AS n
         WHERE n.post_key = f.post_key AND n.collected_for > v.collected_for) AS edited_for,
       c.cluster_id,
       EXISTS (SELECT FROM standing_decision AS d WHERE d.flag_id = f.flag_id) AS has_standing,
       (SELECT max(d.decision_id) FROM standing_decision AS d
         WHERE (d.flag_id, d.reviewer) = (f.flag_id, %(reviewer)s)) AS my_decision,
       EXISTS (SELECT FROM golden_item AS i WHERE i.flag_id = f.flag_id AND i.retired_at IS NULL) AS is_golden
  FROM flag AS f
  JOIN post_text AS x USING (content_hash)
  JOIN post_version AS v USING (post_key, content_hash)
  JOIN post AS p USING (post_key)
  JOIN account AS a USING (account_key)
  JOIN guidance AS g ON (g.guidance_id, g.version) = (f.guidance_id, f.guidance_version)
  JOIN judge AS j USING (judge_version)
  LEFT JOIN claim_cluster_member AS c USING (content_hash, start_offset, end_offset)
 WHERE f.flag_id = %(flag_id)s

-- name: leases
SELECT reviewer, purpose, leased_until, leased_until > now() AS is_in_force,
       greatest(0, ceil(extract(epoch FROM leased_until - now())))::integer AS seconds_left
  FROM flag_lease
 WHERE flag_id = %(flag_id)s

-- name: mine_to_undo
-- The reviewer's last word on a flag, while it can be taken back; a golden answer looks like any other.
SELECT d.outcome, d.reason, false AS is_golden
  FROM review_decision AS d
 WHERE d.flag_id = %(flag_id)s AND d.reviewer = %(reviewer)s AND d.action = 'decide'
   AND d.decided_at > now() - make_interval(secs => %(seconds)s)
   AND NOT EXISTS (SELECT FROM review_decision AS n WHERE n.flag_id = d.flag_id AND n.decision_id > d.decision_id)
 UNION ALL
SELECT outcome, reason, true
  FROM golden_answer
 WHERE flag_id = %(flag_id)s AND reviewer = %(reviewer)s AND answered_at > now() - make_interval(secs => %(seconds)s)

-- name: stances
-- What the judge that stands said of the text, best first.
SELECT s.rank, s.guidance_id, s.stance, s.probability, g.position_zh, g.position_en,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, 200)) AS claim
  FROM post_text AS x
  JOIN claim_stance AS s ON (s.content_hash, s.judge_version) = (x.content_hash, x.judged_version)
  LEFT JOIN guidance_current AS g USING (guidance_id)
 WHERE x.content_hash = %(content_hash)s
 ORDER BY s.rank
 LIMIT 6

-- name: followers
-- The latest observations, the newest first, each with the tier that it means.
SELECT o.observed_at, o.follower_count, o.lower_bound,
       (SELECT t.tier FROM kol_tier AS t
         WHERE t.version = (SELECT max(version) FROM kol_tier) AND t.min_followers <= o.follower_count
         ORDER BY t.min_followers DESC LIMIT 1) AS tier
  FROM account_observation AS o
 WHERE o.account_key = %(account_key)s
 ORDER BY o.observed_at DESC
 LIMIT 90

-- name: flags_of_account
-- How the other flags of the account's latest posts ended; of the latest, what they say. A flag that awaits its second
-- review says nothing. LATERAL with a limit keeps the planner from reading all flags.
WITH recent AS MATERIALIZED (
    SELECT post_key
      FROM post
     WHERE account_key = %(account_key)s AND post_key <> %(post_key)s
     ORDER BY post_key DESC
     LIMIT %(limit)s
), other AS MATERIALIZED (
    SELECT f.flag_id, f.day, f.guidance_id, f.content_hash, f.start_offset, f.end_offset,
           CASE WHEN f.awaits IS NULL THEN f.outcome END AS outcome
      FROM recent AS r
     CROSS JOIN LATERAL (SELECT * FROM flag WHERE post_key = r.post_key LIMIT 20) AS f
), latest AS (
    SELECT * FROM other ORDER BY day DESC, flag_id DESC LIMIT 5
)
SELECT l.flag_id, l.day, l.guidance_id, l.outcome, m.cluster_id,
       substr(x.document, l.start_offset + 1, least(l.end_offset - l.start_offset, 200)) AS claim,
       n.flags, n.contradicting, n.not_misinformation, n.waiting,
       (SELECT count(*) FROM recent) = %(limit)s AS is_cut
  FROM latest AS l
  JOIN post_text AS x USING (content_hash)
  LEFT JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
 CROSS JOIN (SELECT count(*) AS flags,
                    count(*) FILTER (WHERE outcome = 'contradicts_guidance') AS contradicting,
                    count(*) FILTER (WHERE outcome = 'not_misinformation') AS not_misinformation,
                    count(*) FILTER (WHERE outcome IS NULL) AS waiting
               FROM other) AS n
 ORDER BY l.day DESC, l.flag_id DESC

-- name: flags_of_post
-- The other flags of the same post.
SELECT flag_id, guidance_id, severity, probability
  FROM flag
 WHERE post_key = %(post_key)s AND flag_id <> %(flag_id)s
 ORDER BY priority DESC, flag_id
 LIMIT 10

-- name: flags_of_cluster
-- Flags on other posts with the same claim, the most urgent first, and how many posts there are; of a very large
-- cluster the claims that came last.
WITH recent AS MATERIALIZED (
    SELECT content_hash, start_offset, end_offset
      FROM claim_cluster_member
     WHERE cluster_id = %(cluster_id)s
     ORDER BY placed_at DESC
     LIMIT %(limit)s
), other AS MATERIALIZED (
    SELECT f.flag_id, f.post_key, f.day, f.priority, f.content_hash, f.start_offset, f.end_offset,
           CASE WHEN f.awaits IS NULL THEN f.outcome END AS outcome
      FROM recent AS r
     CROSS JOIN LATERAL (SELECT *
                           FROM flag
                          WHERE content_hash = r.content_hash AND post_key <> %(post_key)s
                            AND (start_offset, end_offset) = (r.start_offset, r.end_offset)
                          LIMIT 1000) AS f
), top AS (
    SELECT * FROM other ORDER BY priority DESC, flag_id LIMIT 5
)
SELECT t.flag_id, t.day, t.outcome, p.platform, a.account_id, a.name AS account_name,
       substr(x.document, t.start_offset + 1, least(t.end_offset - t.start_offset, 200)) AS claim,
       (SELECT count(DISTINCT post_key) FROM other) AS posts,
       (SELECT count(*) FROM recent) = %(limit)s AS is_cut
  FROM top AS t
  JOIN post AS p USING (post_key)
  JOIN account AS a USING (account_key)
  JOIN post_text AS x USING (content_hash)
 ORDER BY t.priority DESC, t.flag_id
