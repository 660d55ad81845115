CREATE VIEW claim_to_flag AS
SELECT a.content_hash, a.judge_version, a.rejudged_on, c.rank, c.start_offset, c.end_offset, c.guidance_id, c.probability,
       g.version AS guidance_version, g.severity, g.is_confirmed
  FROM assessment AS a
  JOIN post_text AS t ON t.content_hash = a.content_hash AND t.judged_version = a.judge_version
  JOIN claim_stance AS c ON (c.content_hash, c.judge_version) = (a.content_hash, a.judge_version)
  JOIN judge AS j ON j.judge_version = a.judge_version
  JOIN guidance_current AS g ON g.guidance_id = c.guidance_id
 WHERE g.retired IS NULL AND a.band = 'flag' AND c.stance = 'refutes' AND (c.rank = 1 OR c.probability >= j.min_flag);
COMMENT ON VIEW claim_to_flag IS 'Each claim that the last judge of its text would flag, with the position it contradicts.';
