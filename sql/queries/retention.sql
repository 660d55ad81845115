-- name: forget_raw
DELETE FROM raw_record WHERE raw_id IN (
    SELECT raw_id FROM raw_record WHERE collected_for < %(before)s LIMIT %(batch_size)s)

-- name: forget_drops
DELETE FROM dropped_post WHERE ctid IN (
    SELECT ctid FROM dropped_post WHERE collected_for < %(before)s LIMIT %(batch_size)s)

-- name: forget_versions
-- Wordings that were never flagged.
DELETE FROM post_version WHERE (post_key, content_hash) IN (
    SELECT v.post_key, v.content_hash FROM post_version AS v
     WHERE v.last_seen_for < %(before)s
       AND NOT EXISTS (SELECT FROM flag AS f WHERE (f.post_key, f.content_hash) = (v.post_key, v.content_hash))
     LIMIT %(batch_size)s)

-- name: forget_posts
DELETE FROM post WHERE post_key IN (
    SELECT p.post_key FROM post AS p
     WHERE p.last_seen_for < %(before)s
       AND NOT EXISTS (SELECT FROM post_version AS v WHERE v.post_key = p.post_key)
     LIMIT %(batch_size)s
       FOR UPDATE SKIP LOCKED)
   AND NOT EXISTS (SELECT FROM post_version AS v WHERE v.post_key = post.post_key)

-- name: forget_observations
-- Follower counts of accounts without a flag, but for the latest of each.
DELETE FROM account_observation WHERE (account_key, observed_at) IN (
    SELECT o.account_key, o.observed_at FROM account_observation AS o
     WHERE o.collected_for < %(before)s
       AND EXISTS (SELECT FROM account_observation AS n
                    WHERE n.account_key = o.account_key AND n.observed_at > o.observed_at)
       AND NOT EXISTS (SELECT FROM post AS p JOIN flag AS f USING (post_key) WHERE p.account_key = o.account_key)
     LIMIT %(batch_size)s)

-- name: forget_accounts
DELETE FROM account WHERE account_key IN (
    SELECT a.account_key FROM account AS a
     WHERE a.last_seen_for < %(before)s
       AND NOT EXISTS (SELECT FROM post AS p WHERE p.account_key = a.account_key)
     LIMIT %(batch_size)s
       FOR UPDATE SKIP LOCKED)
   AND NOT EXISTS (SELECT FROM post AS p WHERE p.account_key = account.account_key)

-- name: forget_documents
DELETE FROM source_document WHERE ctid IN (
    SELECT ctid FROM source_document WHERE collected_for < %(before)s LIMIT %(batch_size)s)

-- name: forget_texts
DELETE FROM post_text WHERE content_hash IN (
    SELECT t.content_hash FROM post_text AS t
     WHERE t.first_day < %(before)s
       AND NOT EXISTS (SELECT FROM post_version AS v WHERE v.content_hash = t.content_hash)
     LIMIT %(batch_size)s)
