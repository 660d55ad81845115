-- name: newest_day
SELECT coalesce((SELECT max(day) FROM flag), (now() AT TIME ZONE %(zone)s)::date) AS day

-- name: counts
-- Of the flags of the days: how many, and how people decided, in all and by each of what they can be told apart by.
-- A flag that awaits another review is not decided yet. `tenth` is that of the probability, `week` begins on Monday.
WITH told AS (
    SELECT f.day, f.day - (extract(isodow FROM f.day)::integer - 1) AS week, f.platform, g.topic, coalesce(f.tier, '') AS tier,
           f.guidance_id, f.judge_version, f.severity, least(9, floor(f.probability * 10))::integer AS tenth, f.probability,
           CASE WHEN f.awaits IS NULL THEN f.outcome END AS outcome
      FROM flag AS f
      JOIN guidance AS g ON (g.guidance_id, g.version) = (f.guidance_id, f.guidance_version)
     WHERE f.day BETWEEN %(first)s AND %(last)s
       AND (%(platform)s::text IS NULL OR f.platform = %(platform)s)
       AND (%(topic)s::text IS NULL OR g.topic = %(topic)s)
       AND (%(tier)s::text IS NULL OR f.tier = %(tier)s)
       AND (%(severity)s::text IS NULL OR f.severity = %(severity)s)
       AND (%(judge)s::text IS NULL OR f.judge_version = %(judge)s)
)
SELECT CASE 0 WHEN grouping(day) THEN 'day' WHEN grouping(week) THEN 'week' WHEN grouping(platform) THEN 'platform'
              WHEN grouping(topic) THEN 'topic' WHEN grouping(tier) THEN 'tier' WHEN grouping(guidance_id) THEN 'position'
              WHEN grouping(judge_version) THEN 'judge' WHEN grouping(tenth) THEN 'tenth' ELSE 'all' END AS part,
       coalesce(day::text, week::text, platform, topic, tier, guidance_id, judge_version, tenth::text, '') AS name,
       count(*) AS flags, count(outcome) AS decided,
       count(*) FILTER (WHERE outcome = 'contradicts_guidance') AS contradicting,
       count(*) FILTER (WHERE outcome = 'not_misinformation') AS mistaken,
       avg(probability) FILTER (WHERE outcome IN ('contradicts_guidance', 'not_misinformation')) AS predicted
  FROM told
 GROUP BY GROUPING SETS ((), (day), (week), (platform), (topic), (tier), (guidance_id), (judge_version), (tenth))
 ORDER BY part, flags DESC, name

-- name: waits
-- Seconds from the post to the flag and from the flag to the first decision, over all severities and by each. What a
-- rejudging found late says nothing of how fast posts are flagged.
SELECT coalesce(severity, '') AS severity,
       count(*) FILTER (WHERE found_by = 'collect' AND raised_at >= posted_at) AS flagged,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM raised_at - posted_at)::double precision)
           FILTER (WHERE found_by = 'collect' AND raised_at >= posted_at) AS to_flag,
       count(*) FILTER (WHERE decided_at >= raised_at) AS decided,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - raised_at)::double precision)
           FILTER (WHERE decided_at >= raised_at) AS to_decision
  FROM flag AS f
 WHERE f.day BETWEEN %(first)s AND %(last)s
   AND (%(platform)s::text IS NULL OR f.platform = %(platform)s)
   AND (%(topic)s::text IS NULL OR EXISTS (SELECT FROM guidance AS g
                                            WHERE (g.guidance_id, g.version) = (f.guidance_id, f.guidance_version)
                                              AND g.topic = %(topic)s))
   AND (%(tier)s::text IS NULL OR f.tier = %(tier)s)
   AND (%(severity)s::text IS NULL OR f.severity = %(severity)s)
   AND (%(judge)s::text IS NULL OR f.judge_version = %(judge)s)
 GROUP BY GROUPING SETS ((), (severity))
 ORDER BY severity

-- name: agreement
-- How often two who did not see each other's decision said what, of the flags of the days.
SELECT first_outcome, second_outcome, count(*) AS flags
  FROM flag AS f
 WHERE f.day BETWEEN %(first)s AND %(last)s AND first_outcome IS NOT NULL AND second_outcome IS NOT NULL
   AND (%(platform)s::text IS NULL OR f.platform = %(platform)s)
   AND (%(topic)s::text IS NULL OR EXISTS (SELECT FROM guidance AS g
                                            WHERE (g.guidance_id, g.version) = (f.guidance_id, f.guidance_version)
                                              AND g.topic = %(topic)s))
   AND (%(tier)s::text IS NULL OR f.tier = %(tier)s)
   AND (%(severity)s::text IS NULL OR f.severity = %(severity)s)
   AND (%(judge)s::text IS NULL OR f.judge_version = %(judge)s)
 GROUP BY first_outcome, second_outcome
 ORDER BY first_outcome, second_outcome

-- name: pace
-- Decisions of the days a reviewer and in all (''), and the seconds from one to the next of the same reviewer; longer
-- ones than a lease are pauses. What was applied through a cluster took no time of its own.
WITH made AS (
    SELECT reviewer, applied_from,
           extract(epoch FROM decided_at - lag(decided_at) OVER (PARTITION BY reviewer ORDER BY decided_at, decision_id)) AS seconds
      FROM review_decision
     WHERE decided_at >= %(since)s AND decided_at < %(until)s AND action = 'decide'
)
SELECT coalesce(reviewer, '') AS reviewer, count(*) AS decisions, count(applied_from) AS applied,
       count(*) FILTER (WHERE applied_from IS NULL AND seconds < %(pause)s) AS timed,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds::double precision)
           FILTER (WHERE applied_from IS NULL AND seconds < %(pause)s) AS seconds
  FROM made
 GROUP BY GROUPING SETS ((), (reviewer))
 ORDER BY decisions DESC, reviewer

-- name: golden
-- Of the golden items that each reviewer was shown in the days, how many they answered rightly; '' is all together.
SELECT coalesce(a.reviewer, '') AS reviewer, count(*) AS answers, count(*) FILTER (WHERE a.outcome = g.outcome) AS right_ones
  FROM golden_answer AS a
  JOIN golden_item AS g USING (flag_id)
 WHERE a.answered_at >= %(since)s AND a.answered_at < %(until)s
 GROUP BY GROUPING SETS ((), (a.reviewer))

-- name: choices
SELECT (SELECT coalesce(array_agg(DISTINCT topic ORDER BY topic), '{}') FROM guidance) AS topics,
       (SELECT coalesce(array_agg(judge_version ORDER BY judge_id DESC), '{}') FROM judge) AS judges
