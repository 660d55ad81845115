-- name: drop_lapsed_leases
-- Flags are locked before leases, as everywhere; one that somebody is at now is left to the next call. A golden item
-- keeps nobody from anything, and what is decided on it late must not count as a decision on the flag: it stays leased.
DELETE FROM flag_lease
 WHERE leased_until <= now() AND purpose <> 'golden'
   AND (flag_id, reviewer) IN (SELECT l.flag_id, l.reviewer
                                 FROM flag_lease AS l
                                 JOIN flag AS f USING (flag_id)
                                WHERE l.leased_until <= now()
                                ORDER BY l.flag_id
                                  FOR NO KEY UPDATE OF f SKIP LOCKED)

-- name: current_lease
SELECT *
  FROM flag_lease
 WHERE reviewer = %(reviewer)s AND (leased_until > now() OR purpose = 'golden')
 ORDER BY leased_until DESC
 LIMIT 1

-- name: leases_of_flag
SELECT *, leased_until > now() AS is_in_force FROM flag_lease WHERE flag_id = %(flag_id)s

-- name: take_next
-- The most urgent flag that nobody has, that this reviewer has neither decided on nor left to others within a day.
SELECT f.flag_id, f.awaits
  FROM flag AS f
 WHERE f.awaits = ANY (%(reviews)s)
   AND NOT EXISTS (SELECT FROM flag_lease AS l WHERE l.flag_id = f.flag_id AND l.purpose <> 'golden')
   AND NOT EXISTS (SELECT FROM standing_decision AS d WHERE d.flag_id = f.flag_id AND d.reviewer = %(reviewer)s)
   AND NOT EXISTS (SELECT FROM flag_skip AS s
                    WHERE (s.flag_id, s.reviewer) = (f.flag_id, %(reviewer)s) AND s.skipped_at > now() - interval '1 day')
 ORDER BY (f.severity = 'S4') DESC, f.priority DESC, f.flag_id
 LIMIT 1
   FOR NO KEY UPDATE OF f SKIP LOCKED

-- name: golden_turn
-- A number that changes with everything a reviewer does.
SELECT coalesce((SELECT max(decision_id) FROM review_decision WHERE reviewer = %(reviewer)s), 0)
       + (SELECT count(*) FROM golden_answer WHERE reviewer = %(reviewer)s)
       + (SELECT count(*) FROM flag_skip WHERE reviewer = %(reviewer)s)

-- name: take_golden
-- A golden item new to this reviewer, in an order of their own.
SELECT g.flag_id, 'golden' AS awaits
  FROM golden_item AS g
 WHERE g.retired_at IS NULL AND g.added_by <> %(reviewer)s
   AND NOT EXISTS (SELECT FROM golden_answer AS a WHERE (a.flag_id, a.reviewer) = (g.flag_id, %(reviewer)s))
   AND NOT EXISTS (SELECT FROM review_decision AS d WHERE (d.flag_id, d.reviewer) = (g.flag_id, %(reviewer)s))
   AND NOT EXISTS (SELECT FROM flag_skip AS s WHERE (s.flag_id, s.reviewer) = (g.flag_id, %(reviewer)s))
 ORDER BY hashtext(%(reviewer)s || g.flag_id)
 LIMIT 1

-- name: insert_lease
INSERT INTO flag_lease (flag_id, reviewer, purpose, leased_until)
VALUES (%(flag_id)s, %(reviewer)s, %(purpose)s, now() + make_interval(mins => %(minutes)s))
ON CONFLICT DO NOTHING
RETURNING *

-- name: renew_lease
UPDATE flag_lease SET leased_until = now() + make_interval(mins => %(minutes)s)
 WHERE (flag_id, reviewer) = (%(flag_id)s, %(reviewer)s)
RETURNING *

-- name: end_leases
-- The reviewer's own, and those of others that have lapsed.
DELETE FROM flag_lease
 WHERE flag_id = ANY (%(flag_ids)s)
   AND (reviewer = %(reviewer)s OR (leased_until <= now() AND purpose <> 'golden'))

-- name: insert_skip
INSERT INTO flag_skip (flag_id, reviewer, reason, skipped_at) VALUES (%(flag_id)s, %(reviewer)s, %(reason)s, now())
ON CONFLICT DO NOTHING

-- name: lock_flags
SELECT flag_id, awaits, severity FROM flag WHERE flag_id = ANY (%(flag_ids)s) ORDER BY flag_id FOR NO KEY UPDATE

-- name: history
SELECT * FROM review_decision WHERE flag_id = %(flag_id)s ORDER BY decision_id

-- name: decision
SELECT * FROM review_decision WHERE decision_id = %(decision_id)s

-- name: standing
SELECT * FROM standing_decision WHERE flag_id = %(flag_id)s ORDER BY decision_id

-- name: insert_decision
INSERT INTO review_decision (flag_id, reviewer, outcome, reason, note, decided_at, action, review, undoes, applied_from,
                             needs_second)
VALUES (%(flag_id)s, %(reviewer)s, %(outcome)s, %(reason)s, %(note)s, now(), %(action)s, %(review)s, %(undoes)s,
        %(applied_from)s, %(needs_second)s)
RETURNING *

-- name: open_in_cluster
-- Flags on the same claim against the same position that nobody has decided on or is looking at.
SELECT o.flag_id, o.severity
  FROM flag AS f
  JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
  JOIN claim_cluster_member AS n ON n.cluster_id = m.cluster_id
  JOIN flag AS o ON (o.content_hash, o.start_offset, o.end_offset) = (n.content_hash, n.start_offset, n.end_offset)
 WHERE f.flag_id = %(flag_id)s AND o.flag_id <> f.flag_id AND o.guidance_id = f.guidance_id AND o.awaits = 'first'
   AND NOT EXISTS (SELECT FROM flag_lease AS l
                    WHERE l.flag_id = o.flag_id AND l.purpose <> 'golden' AND l.leased_until > now()
                      AND l.reviewer <> %(reviewer)s)
 ORDER BY o.flag_id

-- name: applied_and_last
-- What was applied from a decision, where nobody has added anything since.
SELECT d.*
  FROM review_decision AS d
 WHERE d.applied_from = %(decision_id)s
   AND NOT EXISTS (SELECT FROM review_decision AS n WHERE n.flag_id = d.flag_id AND n.decision_id > d.decision_id)
 ORDER BY d.flag_id

-- name: is_recent
SELECT %(moment)s::timestamptz > now() - make_interval(secs => %(seconds)s)

-- name: insert_golden_answer
INSERT INTO golden_answer (flag_id, reviewer, outcome, reason, note, answered_at)
VALUES (%(flag_id)s, %(reviewer)s, %(outcome)s, %(reason)s, %(note)s, now())

-- name: take_back_golden_answer
DELETE FROM golden_answer
 WHERE (flag_id, reviewer) = (%(flag_id)s, %(reviewer)s) AND answered_at > now() - make_interval(secs => %(seconds)s)

-- name: insert_golden
INSERT INTO golden_item (flag_id, outcome, note, added_by, added_at)
VALUES (%(flag_id)s, %(outcome)s, %(note)s, %(added_by)s, now())
ON CONFLICT (flag_id) DO UPDATE
   SET outcome = excluded.outcome, note = excluded.note, added_by = excluded.added_by, retired_at = NULL

-- name: retire_golden
UPDATE golden_item SET retired_at = now() WHERE flag_id = %(flag_id)s AND retired_at IS NULL
