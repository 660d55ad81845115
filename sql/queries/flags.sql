-- name: lock_flagging
-- One raiser at a time; the others wait, then find nothing left to do.
SELECT pg_advisory_xact_lock(hashtext('kolwatch.flag'))

-- name: flags_to_raise
-- Posts whose text its last judge would flag, and that have no such flag yet; nothing is added where a person has decided.
-- What a rejudging finds belongs to its day, unless the post said it later.
SELECT v.post_key, c.content_hash, c.guidance_id, c.guidance_version, c.judge_version,
       CASE WHEN c.rejudged_on >= v.collected_for THEN 'rejudge' ELSE 'collect' END AS found_by,
       greatest(c.rejudged_on, v.collected_for) AS day,
       c.start_offset, c.end_offset, c.severity, c.probability,
       EXISTS (SELECT FROM day_close AS d WHERE d.day = greatest(c.rejudged_on, v.collected_for)) AS is_late
  FROM claim_to_flag AS c
  JOIN post_version AS v USING (content_hash)
 WHERE (c.is_confirmed OR %(unconfirmed_too)s)
   AND NOT EXISTS (SELECT FROM flag AS f
                    WHERE (f.post_key, f.content_hash) = (v.post_key, c.content_hash)
                      AND (f.guidance_id = c.guidance_id OR f.status = 'decided'))
 LIMIT %(at_most)s

-- name: move_flags
-- Flags whose post turns out to have said it on an earlier day; a closed day that they come to takes them as late.
UPDATE flag AS f
   SET day = v.collected_for, closing = NULL,
       is_late = EXISTS (SELECT FROM day_close AS d WHERE d.day = v.collected_for)
  FROM post_version AS v
 WHERE (v.post_key, v.content_hash) = (f.post_key, f.content_hash)
   AND f.found_by = 'collect' AND f.day <> v.collected_for

-- name: untold_urgent
SELECT flag_id, day FROM flag WHERE severity = 'S4' AND told_at IS NULL ORDER BY day, flag_id

-- name: mark_told
UPDATE flag SET told_at = now() WHERE flag_id = ANY (%(flag_ids)s)

-- name: flags_of_day
SELECT flag_id, post_key, content_hash, severity, probability, day FROM flag WHERE day = %(day)s ORDER BY flag_id

-- name: priority_inputs
-- What was known by the end of its day about each (post, wording, day): followers, tier, counts, decisions of people.
SELECT w.number, o.follower_count, v.is_sponsored,
       (SELECT t.tier FROM kol_tier AS t
         WHERE t.version = (SELECT max(version) FROM kol_tier) AND t.min_followers <= o.follower_count
         ORDER BY t.min_followers DESC LIMIT 1) AS tier,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(s.metric, extract(epoch FROM s.observed_at), s.value)
                                  ORDER BY s.metric, s.observed_at), '[]')
          FROM (SELECT m.metric, c.observed_at, m.value,
                       row_number() OVER (PARTITION BY m.metric ORDER BY c.observed_at DESC) AS age
                  FROM post_observation AS c
                 CROSS JOIN LATERAL (VALUES ('views', c.views), ('likes', c.likes), ('comments', c.comments),
                                            ('shares', c.shares), ('favourites', c.favourites)) AS m (metric, value)
                 WHERE c.post_key = w.post_key AND c.collected_for <= w.day AND m.value IS NOT NULL) AS s
         WHERE s.age <= 2) AS observations,
       coalesce(k.confirmed_flags, 0) AS confirmed_flags
  FROM unnest(%(post_keys)s::bigint[], %(content_hashes)s::bytea[], %(days)s::date[])
       WITH ORDINALITY AS w (post_key, content_hash, day, number)
  JOIN post AS p USING (post_key)
  JOIN post_version AS v USING (post_key, content_hash)
  LEFT JOIN LATERAL (SELECT follower_count FROM account_observation
                      WHERE account_key = p.account_key AND collected_for <= w.day
                      ORDER BY observed_at DESC LIMIT 1) AS o ON true
  LEFT JOIN (SELECT q.account_key, d.day, count(*) AS confirmed_flags
               FROM (SELECT DISTINCT unnest(%(days)s::date[]) AS day) AS d
               JOIN LATERAL (SELECT DISTINCT ON (flag_id) flag_id, outcome
                               FROM review_decision AS said
                              WHERE decided_at < (d.day + 1)::timestamp AT TIME ZONE %(zone)s AND action <> 'undo'
                                AND NOT EXISTS (SELECT FROM review_decision AS u
                                                 WHERE u.undoes = said.decision_id
                                                   AND u.decided_at < (d.day + 1)::timestamp AT TIME ZONE %(zone)s)
                              ORDER BY flag_id, decision_id DESC) AS last ON last.outcome = 'contradicts_guidance'
               JOIN flag AS f ON f.flag_id = last.flag_id AND f.day < d.day
               JOIN post AS q ON q.post_key = f.post_key
              GROUP BY q.account_key, d.day) AS k ON (k.account_key, k.day) = (p.account_key, w.day)
 ORDER BY w.number

-- name: insert_flag
INSERT INTO flag (post_key, content_hash, guidance_id, guidance_version, judge_version, found_by, day, start_offset,
                  end_offset, severity, probability, priority, factors, is_late)
VALUES (%(post_key)s, %(content_hash)s, %(guidance_id)s, %(guidance_version)s, %(judge_version)s, %(found_by)s,
        %(day)s, %(start_offset)s, %(end_offset)s, %(severity)s, %(probability)s, %(priority)s, %(factors)s,
        %(is_late)s)
ON CONFLICT (post_key, content_hash, guidance_id) DO NOTHING

-- name: reprice_flag
UPDATE flag SET priority = %(priority)s, factors = %(factors)s, closing = coalesce(closing, %(closing)s)
 WHERE flag_id = %(flag_id)s
   AND (priority, factors, closing) IS DISTINCT FROM (%(priority)s::double precision, %(factors)s::jsonb,
                                                      coalesce(closing, %(closing)s))

-- name: close_day
INSERT INTO day_close AS old (day, closed_at, closings, daily_budget)
VALUES (%(day)s, now(), 1, %(daily_budget)s)
ON CONFLICT (day) DO UPDATE
   SET closed_at = now(), closings = old.closings + 1, daily_budget = excluded.daily_budget
RETURNING closings

-- name: forget_dropped_bodies
-- Of what was dropped only key, reason and day are kept.
DELETE FROM raw_record AS r
 USING dropped_post AS d
 WHERE d.collected_for = %(day)s
   AND (d.raw_id = r.raw_id
        OR (r.source, r.external_id, r.collected_for) = (d.source, d.platform_post_id, d.collected_for))
   AND NOT EXISTS (SELECT FROM post_version AS v WHERE v.raw_id = r.raw_id)
   AND NOT EXISTS (SELECT FROM quarantine AS q WHERE q.raw_id = r.raw_id)
   AND NOT EXISTS (SELECT FROM dropped_post AS o WHERE o.raw_id = r.raw_id AND o.collected_for > d.collected_for)
