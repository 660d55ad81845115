-- name: lock_clusters
SELECT cluster_id, merged_into FROM claim_cluster WHERE cluster_id = ANY (%(cluster_ids)s) ORDER BY cluster_id FOR UPDATE

-- name: new_cluster
INSERT INTO claim_cluster (made_at) VALUES (now()) RETURNING cluster_id

-- name: count_claims
SELECT count(*) FROM claim_cluster_member WHERE cluster_id = %(cluster_id)s

-- name: insert_change
INSERT INTO claim_cluster_change (kind, from_cluster, into_cluster, claims, changed_by, changed_at, note, undoes)
VALUES (%(kind)s, %(from_cluster)s, %(into_cluster)s, %(claims)s, %(changed_by)s, now(), %(note)s, %(undoes)s)
RETURNING change_id

-- name: note_all
-- What is about to move: all claims of a cluster.
INSERT INTO claim_cluster_move (change_id, content_hash, start_offset, end_offset, placed_by, is_by_person)
SELECT %(change_id)s, content_hash, start_offset, end_offset, placed_by, is_by_person
  FROM claim_cluster_member
 WHERE cluster_id = %(cluster_id)s

-- name: note_some
-- Claims that a person chose, as far as they are of the cluster.
INSERT INTO claim_cluster_move (change_id, content_hash, start_offset, end_offset, placed_by, is_by_person)
SELECT %(change_id)s, m.content_hash, m.start_offset, m.end_offset, m.placed_by, m.is_by_person
  FROM unnest(%(content_hashes)s::bytea[], %(starts)s::integer[], %(ends)s::integer[])
       AS c (content_hash, start_offset, end_offset)
  JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
 WHERE m.cluster_id = %(cluster_id)s

-- name: note_undone
-- The claims that a change moved, as they are placed now.
INSERT INTO claim_cluster_move (change_id, content_hash, start_offset, end_offset, placed_by, is_by_person)
SELECT %(change_id)s, m.content_hash, m.start_offset, m.end_offset, m.placed_by, m.is_by_person
  FROM claim_cluster_move AS v
  JOIN claim_cluster_member AS m USING (content_hash, start_offset, end_offset)
 WHERE v.change_id = %(undoes)s

-- name: move
UPDATE claim_cluster_member AS m
   SET cluster_id = %(cluster_id)s, placed_by = %(changed_by)s, is_by_person = true, placed_at = now()
  FROM claim_cluster_move AS v
 WHERE v.change_id = %(change_id)s
   AND (m.content_hash, m.start_offset, m.end_offset) = (v.content_hash, v.start_offset, v.end_offset)

-- name: set_merged
UPDATE claim_cluster SET merged_into = %(into)s WHERE cluster_id = %(cluster_id)s

-- name: change
SELECT c.*, EXISTS (SELECT FROM claim_cluster_change AS u WHERE u.undoes = c.change_id) AS is_undone
  FROM claim_cluster_change AS c
 WHERE c.change_id = %(change_id)s

-- name: later_change
-- A change since, that stands, of a claim that this one moved, or of the cluster it came from.
SELECT n.change_id
  FROM claim_cluster_change AS n
 WHERE n.change_id > %(change_id)s AND n.undoes IS NULL
   AND NOT EXISTS (SELECT FROM claim_cluster_change AS u WHERE u.undoes = n.change_id)
   AND (n.into_cluster = %(from_cluster)s OR n.from_cluster = %(from_cluster)s
        OR EXISTS (SELECT FROM claim_cluster_move AS v
                     JOIN claim_cluster_move AS w USING (content_hash, start_offset, end_offset)
                    WHERE v.change_id = n.change_id AND w.change_id = %(change_id)s))
 ORDER BY n.change_id
 LIMIT 1
