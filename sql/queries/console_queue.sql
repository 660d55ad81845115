-- name: left
-- What the queue holds when it has nothing for this reviewer.
SELECT (SELECT count(*) FROM flag_lease WHERE leased_until > now() AND reviewer <> %(reviewer)s AND purpose <> 'golden')
           AS with_others,
       (SELECT count(DISTINCT s.flag_id)
          FROM flag_skip AS s
          JOIN flag AS f USING (flag_id)
         WHERE s.reviewer = %(reviewer)s AND s.skipped_at > now() - interval '1 day' AND f.awaits IS NOT NULL) AS skipped

-- name: disagreements
-- Flags for a lead: two people disagreed, or one asked for an expert.
WITH shown AS MATERIALIZED (
    SELECT f.*
      FROM flag AS f
     WHERE f.awaits = 'lead'
       AND (%(flag_id)s::bigint IS NULL
            OR (f.severity <> 'S4', -f.priority, f.flag_id)
               > (NOT %(deadly)s::boolean, -%(priority)s::double precision, %(flag_id)s::bigint))
     ORDER BY (f.severity = 'S4') DESC, f.priority DESC, f.flag_id
     LIMIT %(limit)s
)
SELECT s.flag_id, s.severity, s.priority, s.guidance_id, s.day, p.platform,
       substr(x.document, s.start_offset + 1, least(s.end_offset - s.start_offset, 200)) AS claim,
       (SELECT jsonb_agg(jsonb_build_object('reviewer', d.reviewer, 'outcome', d.outcome) ORDER BY d.decision_id)
          FROM standing_decision AS d WHERE d.flag_id = s.flag_id) AS said,
       (SELECT l.reviewer FROM flag_lease AS l
         WHERE l.flag_id = s.flag_id AND l.leased_until > now() AND l.purpose <> 'golden') AS leased_to
  FROM shown AS s
  JOIN post AS p USING (post_key)
  JOIN post_text AS x USING (content_hash)
 ORDER BY (s.severity = 'S4') DESC, s.priority DESC, s.flag_id
