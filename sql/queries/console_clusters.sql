-- name: newest_day
SELECT coalesce((SELECT max(day) FROM flag), (now() AT TIME ZONE %(zone)s)::date)

-- name: stories
-- The clusters that had flagged posts in a period, those with most posts first. All of them are counted; what is shown
-- of a cluster is looked up for the rows of the page only.
WITH of_period AS MATERIALIZED (
    SELECT m.cluster_id, f.flag_id, f.post_key, f.day, f.awaits, f.outcome, f.priority
      FROM flag AS f
      JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
     WHERE f.day BETWEEN %(first)s AND %(last)s
       AND (%(position)s::text IS NULL OR f.guidance_id = %(position)s)
), counted AS (
    SELECT cluster_id, count(DISTINCT post_key) AS posts, count(*) FILTER (WHERE awaits IS NOT NULL) AS waiting,
           count(*) FILTER (WHERE awaits IS NULL) AS decided,
           mode() WITHIN GROUP (ORDER BY outcome) FILTER (WHERE awaits IS NULL) AS outcome
      FROM of_period
     GROUP BY cluster_id
), shown AS MATERIALIZED (
    SELECT *
      FROM counted
     WHERE (%(after_cluster)s::bigint IS NULL OR (-posts, cluster_id) > (-%(after_posts)s::bigint, %(after_cluster)s))
     ORDER BY posts DESC, cluster_id
     LIMIT %(limit)s
), of_shown AS MATERIALIZED (
    SELECT o.* FROM of_period AS o JOIN shown USING (cluster_id)
)
SELECT s.*, g.growth, w.platforms, w.accounts, e.claim, e.guidance_id, e.severity, e.position_zh, e.position_en,
       (SELECT min(f.day)
          FROM claim_cluster_member AS m
          JOIN flag AS f USING (content_hash, start_offset, end_offset)
         WHERE m.cluster_id = s.cluster_id) AS first_day
  FROM shown AS s
 CROSS JOIN LATERAL (SELECT jsonb_object_agg(day, posts) AS growth
                       FROM (SELECT day, count(DISTINCT post_key) AS posts
                               FROM of_shown AS o WHERE o.cluster_id = s.cluster_id GROUP BY day) AS d) AS g
 CROSS JOIN LATERAL (SELECT (SELECT array_agg(DISTINCT platform) FROM unnest(array_agg(b.platform)) AS platform) AS platforms,
                            (array_agg(jsonb_build_object('account_key', b.account_key, 'platform', b.platform,
                                       'account_id', b.account_id, 'name', b.name) ORDER BY b.priority DESC))[1:3] AS accounts
                       FROM (SELECT DISTINCT ON (p.account_key) p.account_key, p.platform, a.account_id, a.name, o.priority
                               FROM of_shown AS o
                               JOIN post AS p USING (post_key)
                               JOIN account AS a USING (account_key)
                              WHERE o.cluster_id = s.cluster_id
                              ORDER BY p.account_key, o.priority DESC) AS b) AS w
 CROSS JOIN LATERAL (SELECT f.guidance_id, f.severity, h.position_zh, h.position_en,
                            substr(x.document, f.start_offset + 1, least(f.end_offset - f.start_offset, 300)) AS claim
                       FROM (SELECT o.flag_id FROM of_shown AS o
                              WHERE o.cluster_id = s.cluster_id ORDER BY o.priority DESC, o.flag_id LIMIT 1) AS top
                       JOIN flag AS f USING (flag_id)
                       JOIN post_text AS x USING (content_hash)
                       JOIN guidance AS h ON (h.guidance_id, h.version) = (f.guidance_id, f.guidance_version)) AS e
 ORDER BY s.posts DESC, s.cluster_id

-- name: positions
-- The positions that clusters of a period contradict, for the filter.
SELECT DISTINCT guidance_id FROM flag WHERE day BETWEEN %(first)s AND %(last)s ORDER BY guidance_id

-- name: cluster
SELECT cluster_id, made_at, merged_into FROM claim_cluster WHERE cluster_id = %(cluster_id)s

-- name: numbers
SELECT count(DISTINCT f.post_key) AS posts, count(DISTINCT p.account_key) AS accounts, min(f.day) AS first_day,
       max(f.day) AS last_day, count(*) FILTER (WHERE f.awaits IS NOT NULL) AS waiting,
       count(*) FILTER (WHERE f.awaits IS NULL AND f.outcome = 'contradicts_guidance') AS contradicting,
       count(*) FILTER (WHERE f.awaits IS NULL AND f.outcome = 'not_misinformation') AS mistaken,
       count(*) FILTER (WHERE f.awaits IS NULL AND f.outcome = 'cannot_tell') AS unclear,
       (SELECT count(*) FROM claim_cluster_member WHERE cluster_id = %(cluster_id)s) AS wordings
  FROM claim_cluster_member AS m
  JOIN flag AS f USING (content_hash, start_offset, end_offset)
  JOIN post AS p USING (post_key)
 WHERE m.cluster_id = %(cluster_id)s

-- name: by_day
SELECT f.day, count(DISTINCT f.post_key) AS posts
  FROM claim_cluster_member AS m
  JOIN flag AS f USING (content_hash, start_offset, end_offset)
 WHERE m.cluster_id = %(cluster_id)s AND f.day > %(after)s
 GROUP BY f.day

-- name: by_platform
SELECT p.platform, count(DISTINCT f.post_key) AS posts
  FROM claim_cluster_member AS m
  JOIN flag AS f USING (content_hash, start_offset, end_offset)
  JOIN post AS p USING (post_key)
 WHERE m.cluster_id = %(cluster_id)s
 GROUP BY p.platform
 ORDER BY posts DESC, p.platform

-- name: accounts
-- Who carried it, those with most posts first.
SELECT a.account_key, a.platform, a.account_id, a.name, c.posts, c.first_day,
       (SELECT o.follower_count FROM account_observation AS o
         WHERE o.account_key = a.account_key ORDER BY o.observed_at DESC LIMIT 1) AS follower_count
  FROM (SELECT p.account_key, count(DISTINCT f.post_key) AS posts, min(f.day) AS first_day, max(f.priority) AS priority
          FROM claim_cluster_member AS m
          JOIN flag AS f USING (content_hash, start_offset, end_offset)
          JOIN post AS p USING (post_key)
         WHERE m.cluster_id = %(cluster_id)s
         GROUP BY p.account_key
         ORDER BY posts DESC, priority DESC, p.account_key
         LIMIT 10) AS c
  JOIN account AS a USING (account_key)
 ORDER BY c.posts DESC, c.priority DESC, a.account_key

-- name: flags
-- The most urgent flags of the cluster.
SELECT s.flag_id, s.day, s.guidance_id, s.severity, s.status, s.outcome, p.platform,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, 300)) AS claim
  FROM (SELECT f.flag_id, f.post_key, f.content_hash, f.start_offset, f.end_offset, f.day, f.guidance_id, f.severity,
               f.status, f.priority, CASE WHEN f.awaits IS NULL THEN f.outcome END AS outcome
          FROM claim_cluster_member AS m
          JOIN flag AS f USING (content_hash, start_offset, end_offset)
         WHERE m.cluster_id = %(cluster_id)s
         ORDER BY f.priority DESC, f.flag_id
         LIMIT 10) AS s
  JOIN post AS p USING (post_key)
  JOIN post_text AS x USING (content_hash)
 ORDER BY s.priority DESC, s.flag_id

-- name: wordings
-- The claims of the cluster, in the order of their keys, with how many posts make each.
WITH shown AS MATERIALIZED (
    SELECT *
      FROM claim_cluster_member
     WHERE cluster_id = %(cluster_id)s
       AND (%(hash)s::bytea IS NULL
            OR (content_hash, start_offset, end_offset) > (%(hash)s, %(start)s::integer, %(end)s::integer))
     ORDER BY content_hash, start_offset, end_offset
     LIMIT %(limit)s
)
SELECT s.content_hash, s.start_offset, s.end_offset, s.placed_by, s.is_by_person, left(c.text, 300) AS claim,
       (SELECT count(DISTINCT f.post_key) FROM flag AS f
         WHERE (f.content_hash, f.start_offset, f.end_offset) = (s.content_hash, s.start_offset, s.end_offset)) AS posts
  FROM shown AS s
  JOIN claim AS c USING (content_hash, start_offset, end_offset)
 ORDER BY s.content_hash, s.start_offset, s.end_offset

-- name: near
-- Other clusters of the last weeks against the same positions, the largest first: what this one might be merged with.
SELECT n.cluster_id, n.posts, left(c.text, 200) AS claim
  FROM (SELECT m.cluster_id, count(DISTINCT f.post_key) AS posts, min(f.flag_id) AS flag_id
          FROM flag AS f
          JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
         WHERE f.guidance_id = ANY (%(positions)s) AND f.day > %(after)s AND m.cluster_id <> %(cluster_id)s
         GROUP BY m.cluster_id
         ORDER BY posts DESC, m.cluster_id
         LIMIT 8) AS n
  JOIN flag AS f USING (flag_id)
  JOIN claim AS c USING (content_hash, start_offset, end_offset)
 ORDER BY n.posts DESC, n.cluster_id

-- name: changes
SELECT c.*, EXISTS (SELECT FROM claim_cluster_change AS u WHERE u.undoes = c.change_id) AS is_undone
  FROM claim_cluster_change AS c
 WHERE c.from_cluster = %(cluster_id)s OR c.into_cluster = %(cluster_id)s
 ORDER BY c.change_id DESC
 LIMIT 50
