-- name: judge_is_in_force
SELECT EXISTS (
    SELECT FROM judge
     WHERE in_force_since = (SELECT max(in_force_since) FROM judge)
       AND model_sha256 = %(model_sha256)s AND guidance_version = %(guidance_version)s
       AND lexicon_version = %(lexicon_version)s
) AS is_in_force

-- name: judge_before
-- What the judge in force is made of, beside the wording of the guidance.
SELECT model_sha256, lexicon_version, min_flag, min_maybe, positions
  FROM judge
 ORDER BY in_force_since DESC
 LIMIT 1

-- name: register_judge
INSERT INTO judge (judge_version, model, model_sha256, guidance_version, lexicon_version, min_flag, min_maybe, positions,
                   untrained, in_force_since)
VALUES (%(judge_version)s, %(model)s, %(model_sha256)s, %(guidance_version)s, %(lexicon_version)s, %(min_flag)s,
        %(min_maybe)s, %(positions)s, %(untrained)s, clock_timestamp())
ON CONFLICT (judge_version) DO UPDATE SET in_force_since = clock_timestamp()

-- name: lock_judge
SELECT pg_advisory_xact_lock(hashtext('kolwatch.judge'))

-- name: make_window_due
-- Texts of the last days that an earlier judge assessed; what this judge said of them before holds again.
WITH due AS (
    SELECT content_hash
      FROM post_text AS t
     WHERE judged_version <> %(judge_version)s
       AND EXISTS (SELECT FROM post_version AS v WHERE v.content_hash = t.content_hash AND v.last_seen_for >= %(since)s)
     ORDER BY content_hash
       FOR NO KEY UPDATE
)
UPDATE post_text AS t
   SET judge_error = NULL,
       judged_version = (SELECT a.judge_version FROM assessment AS a
                          WHERE (a.content_hash, a.judge_version) = (t.content_hash, %(judge_version)s))
  FROM due
 WHERE t.content_hash = due.content_hash

-- name: share_judge
-- Taken by each batch: while it is held, no other judge is put in force.
SELECT pg_advisory_xact_lock_shared(hashtext('kolwatch.judge'))

-- name: texts_since
-- Judged texts that somebody has said since a day.
SELECT t.content_hash, t.document
  FROM post_text AS t
 WHERE t.judged_version IS NOT NULL
   AND EXISTS (SELECT FROM post_version AS v WHERE v.content_hash = t.content_hash AND v.last_seen_for >= %(since)s)

-- name: first_day_of_window
SELECT max(last_seen_for) - %(window_days)s::integer + 1 FROM post_version

-- name: candidates_since
-- Texts said since a day that were compared with this position.
SELECT DISTINCT t.content_hash
  FROM post_text AS t
  JOIN claim_stance AS c ON (c.content_hash, c.judge_version) = (t.content_hash, t.judged_version)
 WHERE c.guidance_id = %(guidance_id)s
   AND EXISTS (SELECT FROM post_version AS v WHERE v.content_hash = t.content_hash AND v.last_seen_for >= %(since)s)

-- name: make_texts_due
WITH due AS (
    SELECT content_hash FROM post_text WHERE content_hash = ANY (%(content_hashes)s)
     ORDER BY content_hash
       FOR NO KEY UPDATE
)
UPDATE post_text AS t SET judged_version = NULL, judge_error = NULL FROM due WHERE t.content_hash = due.content_hash

-- name: make_history_due
-- Rows are locked in the order in which collecting locks them. A text that was never judged keeps its own day.
WITH due AS (
    SELECT content_hash
      FROM post_text
     WHERE first_day >= %(since)s AND (%(content_hashes)s::bytea[] IS NULL OR content_hash = ANY (%(content_hashes)s))
     ORDER BY content_hash
       FOR NO KEY UPDATE
)
UPDATE post_text AS t
   SET judged_version = NULL, judge_error = NULL,
       rejudge_on = CASE WHEN EXISTS (SELECT FROM assessment AS a WHERE a.content_hash = t.content_hash)
                         THEN %(day)s ELSE rejudge_on END
  FROM due
 WHERE t.content_hash = due.content_hash

-- name: count_due
SELECT count(*) FROM (
    SELECT FROM post_text WHERE judged_version IS NULL AND judge_error IS NULL LIMIT %(at_most)s
) AS due

-- name: take_due
SELECT content_hash, document, rejudge_on
  FROM post_text
 WHERE judged_version IS NULL AND judge_error IS NULL
 ORDER BY first_day, content_hash
 LIMIT %(batch_size)s
   FOR NO KEY UPDATE SKIP LOCKED

-- name: create_staging
CREATE TEMPORARY TABLE incoming_assessment (
    content_hash bytea, judge_version text, probability real, band text, expression text, severity text, found_by text,
    rejudged_on date
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_claim (
    content_hash bytea, judge_version text, rank smallint, start_offset integer, end_offset integer, text text,
    guidance_id text, stance text, probability real
) ON COMMIT DROP

-- name: merge_assessments
INSERT INTO assessment (content_hash, judge_version, probability, band, expression, severity, found_by, rejudged_on)
SELECT * FROM incoming_assessment
ON CONFLICT (content_hash, judge_version) DO NOTHING

-- name: merge_claims
INSERT INTO claim (content_hash, start_offset, end_offset, text)
SELECT DISTINCT ON (content_hash, start_offset, end_offset) content_hash, start_offset, end_offset, text
  FROM incoming_claim
ON CONFLICT (content_hash, start_offset, end_offset) DO NOTHING

-- name: merge_stances
INSERT INTO claim_stance (content_hash, judge_version, rank, start_offset, end_offset, guidance_id, stance, probability)
SELECT content_hash, judge_version, rank, start_offset, end_offset, guidance_id, stance, probability
  FROM incoming_claim
ON CONFLICT (content_hash, judge_version, rank) DO NOTHING

-- name: mark_judged
UPDATE post_text AS t SET judged_version = i.judge_version, rejudge_on = NULL, is_indexed = true
  FROM incoming_assessment AS i
 WHERE t.content_hash = i.content_hash

-- name: create_words_staging
CREATE TEMPORARY TABLE incoming_words (content_hash bytea, words text[]) ON COMMIT DROP

-- name: merge_words
INSERT INTO text_words AS old (content_hash, words)
SELECT content_hash, array_to_tsvector(words) FROM incoming_words WHERE words <> '{}'
ON CONFLICT (content_hash) DO UPDATE SET words = excluded.words WHERE old.words <> excluded.words

-- name: mark_indexed
UPDATE post_text AS t SET is_indexed = true
  FROM incoming_words AS i
 WHERE t.content_hash = i.content_hash AND NOT t.is_indexed

-- name: take_unindexed
SELECT content_hash, document, EXISTS (SELECT FROM claim AS c WHERE c.content_hash = t.content_hash) AS has_claims
  FROM post_text AS t
 WHERE judged_version IS NOT NULL AND NOT is_indexed
 ORDER BY content_hash
 LIMIT %(batch_size)s
   FOR NO KEY UPDATE SKIP LOCKED

-- name: mark_failed
UPDATE post_text SET judge_error = %(error)s WHERE content_hash = %(content_hash)s
