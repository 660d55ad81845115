-- name: lock_grouping
SELECT pg_advisory_xact_lock(hashtext('kolwatch.grouping'))

-- name: claims_to_place
SELECT c.content_hash, c.start_offset, c.end_offset, left(c.text, 2000) AS text
  FROM (SELECT content_hash, start_offset, end_offset, min(flag_id) AS flag_id
          FROM flag AS f
         WHERE NOT EXISTS (SELECT FROM claim_cluster_member AS m
                            WHERE (m.content_hash, m.start_offset, m.end_offset)
                                  = (f.content_hash, f.start_offset, f.end_offset))
         GROUP BY content_hash, start_offset, end_offset) AS n
  JOIN claim AS c USING (content_hash, start_offset, end_offset)
 ORDER BY n.flag_id, c.start_offset

-- name: placed_claims
SELECT m.cluster_id, left(c.text, 2000) AS text
  FROM (SELECT * FROM claim_cluster_member ORDER BY placed_at DESC LIMIT %(limit)s) AS m
  JOIN claim AS c USING (content_hash, start_offset, end_offset)
 ORDER BY m.placed_at, m.cluster_id, m.content_hash, m.start_offset

-- name: reserve
-- Ids that no other cluster will have; those that are not needed stay unused.
SELECT nextval(pg_get_serial_sequence('claim_cluster', 'cluster_id')) AS cluster_id FROM generate_series(1, %(count)s)

-- name: make_clusters
INSERT INTO claim_cluster (cluster_id, made_at)
OVERRIDING SYSTEM VALUE
SELECT cluster_id, now() FROM unnest(%(cluster_ids)s::bigint[]) AS cluster_id

-- name: place
INSERT INTO claim_cluster_member (content_hash, start_offset, end_offset, cluster_id, placed_by, is_by_person, placed_at)
VALUES (%(content_hash)s, %(start_offset)s, %(end_offset)s, %(cluster_id)s, %(placed_by)s, false, now())
ON CONFLICT DO NOTHING
