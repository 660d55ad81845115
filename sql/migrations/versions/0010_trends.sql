ALTER TABLE flag ADD COLUMN platform text;
ALTER TABLE flag ADD COLUMN tier text CHECK (tier IN ('nano', 'micro', 'mid', 'macro', 'mega'));
ALTER TABLE flag ADD COLUMN posted_at timestamptz;
ALTER TABLE flag ADD COLUMN decided_at timestamptz;
ALTER TABLE flag ADD COLUMN first_outcome text;
ALTER TABLE flag ADD COLUMN second_outcome text;
COMMENT ON COLUMN flag.platform IS 'Of its post: what is counted over many days is not looked up post by post.';
COMMENT ON COLUMN flag.tier IS 'Of its account by the end of its day, as known when it was raised; null: unknown.';
COMMENT ON COLUMN flag.posted_at IS 'When its post was published, as known when it was raised.';
COMMENT ON COLUMN flag.decided_at IS 'When the first of the decisions that stand was made.';
COMMENT ON COLUMN flag.first_outcome IS 'What the first reviewer said, where that stands.';
COMMENT ON COLUMN flag.second_outcome IS 'What the second reviewer said, without having seen the first, where that stands.';

CREATE FUNCTION tier_of(account bigint, by_day date) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT t.tier FROM kol_tier AS t
     WHERE t.version = (SELECT max(version) FROM kol_tier)
       AND t.min_followers <= (SELECT follower_count FROM account_observation
                                WHERE account_key = account AND collected_for <= by_day
                                ORDER BY observed_at DESC LIMIT 1)
     ORDER BY t.min_followers DESC LIMIT 1
$$;

CREATE FUNCTION note_post_of_flag() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT p.platform, p.posted_at, tier_of(p.account_key, NEW.day) INTO NEW.platform, NEW.posted_at, NEW.tier
      FROM post AS p WHERE p.post_key = NEW.post_key;
    RETURN NEW;
END $$;
CREATE TRIGGER notes_post BEFORE INSERT ON flag FOR EACH ROW EXECUTE FUNCTION note_post_of_flag();
UPDATE flag AS f SET platform = p.platform, posted_at = p.posted_at, tier = tier_of(p.account_key, f.day)
  FROM post AS p WHERE p.post_key = f.post_key;
ALTER TABLE flag ALTER COLUMN platform SET NOT NULL;

CREATE OR REPLACE FUNCTION settle_flags(changed bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    -- Each statement sees what was committed before it began, so the one after the lock sees all of the flag.
    PERFORM FROM flag WHERE flag_id = ANY (changed) ORDER BY flag_id FOR NO KEY UPDATE;
    UPDATE flag AS f
       SET status = CASE WHEN s.first_outcome IS NOT NULL OR s.lead_outcome IS NOT NULL THEN 'decided'
                         WHEN EXISTS (SELECT FROM flag_lease AS l WHERE l.flag_id = f.flag_id AND l.purpose <> 'golden')
                         THEN 'assigned' ELSE 'open' END,
           awaits = CASE WHEN s.lead_outcome IS NOT NULL THEN NULL
                         WHEN s.first_outcome IS NULL THEN 'first'
                         WHEN s.first_outcome = 'needs_expert' OR s.second_outcome <> s.first_outcome THEN 'lead'
                         WHEN s.second_outcome IS NULL AND s.needs_second THEN 'second' END,
           outcome = coalesce(s.lead_outcome, CASE WHEN s.second_outcome IS NULL OR s.second_outcome = s.first_outcome
                                                   THEN s.first_outcome END),
           decided_at = s.decided_at, first_outcome = s.first_outcome, second_outcome = s.second_outcome
      FROM (SELECT c.flag_id, bool_or(d.needs_second) AS needs_second, min(d.decided_at) AS decided_at,
                   (array_agg(d.outcome ORDER BY d.decision_id DESC) FILTER (WHERE d.review = 'first'))[1] AS first_outcome,
                   (array_agg(d.outcome ORDER BY d.decision_id DESC) FILTER (WHERE d.review = 'second'))[1] AS second_outcome,
                   (array_agg(d.outcome ORDER BY d.decision_id DESC) FILTER (WHERE d.review = 'lead'))[1] AS lead_outcome
              FROM unnest(changed) AS c (flag_id)
              LEFT JOIN standing_decision AS d USING (flag_id)
             GROUP BY c.flag_id) AS s
     WHERE f.flag_id = s.flag_id;
END $$;
SELECT settle_flags(ARRAY(SELECT DISTINCT flag_id FROM review_decision));
