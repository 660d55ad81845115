-- ---- claim clusters -----------------------------------------------------------------------------------

CREATE TABLE claim_cluster (
    cluster_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at     timestamptz NOT NULL,
    merged_into bigint REFERENCES claim_cluster
);
COMMENT ON TABLE claim_cluster IS 'Repeats and paraphrases of one claim, across posts and platforms; its id never changes.';
COMMENT ON COLUMN claim_cluster.merged_into IS 'Where its claims went when a person merged it; its address leads there.';

CREATE TABLE claim_cluster_member (
    content_hash bytea NOT NULL,
    start_offset integer NOT NULL,
    end_offset   integer NOT NULL,
    cluster_id   bigint NOT NULL REFERENCES claim_cluster,
    placed_by    text NOT NULL,
    is_by_person boolean NOT NULL,
    placed_at    timestamptz NOT NULL,
    PRIMARY KEY (content_hash, start_offset, end_offset),
    FOREIGN KEY (content_hash, start_offset, end_offset) REFERENCES claim ON DELETE CASCADE
);
COMMENT ON TABLE claim_cluster_member IS 'A claim belongs to at most one cluster.';
COMMENT ON COLUMN claim_cluster_member.placed_by IS 'The version of the clustering, or the user, that put it there.';
COMMENT ON COLUMN claim_cluster_member.is_by_person IS 'A person put it there, and the machine leaves it there.';
CREATE INDEX claim_cluster_member_cluster ON claim_cluster_member (cluster_id);

CREATE TABLE claim_cluster_change (
    change_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('merge', 'split')),
    from_cluster bigint NOT NULL REFERENCES claim_cluster,
    into_cluster bigint NOT NULL REFERENCES claim_cluster,
    claims       integer NOT NULL,
    changed_by   text NOT NULL,
    changed_at   timestamptz NOT NULL,
    note         text NOT NULL
);
COMMENT ON TABLE claim_cluster_change IS 'What people merged and split; append-only.';
CREATE INDEX claim_cluster_change_from ON claim_cluster_change (from_cluster);
CREATE INDEX claim_cluster_change_into ON claim_cluster_change (into_cluster);

-- ---- decisions ----------------------------------------------------------------------------------------

ALTER TABLE review_decision ALTER COLUMN outcome DROP NOT NULL;
ALTER TABLE review_decision ADD COLUMN action text NOT NULL DEFAULT 'decide' CHECK (action IN ('decide', 'undo', 'reopen'));
ALTER TABLE review_decision ADD COLUMN review text NOT NULL DEFAULT 'first' CHECK (review IN ('first', 'second', 'lead'));
ALTER TABLE review_decision ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE review_decision ADD COLUMN undoes bigint REFERENCES review_decision;
ALTER TABLE review_decision ADD COLUMN applied_from bigint REFERENCES review_decision;
ALTER TABLE review_decision ADD COLUMN needs_second boolean NOT NULL DEFAULT false;
UPDATE review_decision SET note = reason, reason = 'unspecified';
ALTER TABLE review_decision ALTER COLUMN reason SET DEFAULT 'unspecified';
ALTER TABLE review_decision ADD CHECK (reason IN
    ('states_as_fact', 'advises_others', 'sells_product', 'says_the_same', 'refutes_it', 'joke_or_quiz', 'own_experience',
     'other_claim', 'medical_detail', 'position_unclear', 'context_missing', 'media_needed', 'unspecified', 'undone',
     'appeal', 'mistake', 'guidance_changed'));
ALTER TABLE review_decision ADD CONSTRAINT review_decision_decides CHECK ((action = 'decide') = (outcome IS NOT NULL));
ALTER TABLE review_decision ADD CONSTRAINT review_decision_takes_back CHECK ((action = 'undo') = (undoes IS NOT NULL));
COMMENT ON TABLE review_decision IS 'What people decided, took back and reopened; append-only. standing_decision has what stands.';
COMMENT ON COLUMN review_decision.action IS 'Decide; undo one entry, within a minute; reopen: no earlier entry stands any more.';
COMMENT ON COLUMN review_decision.applied_from IS 'The decision that was applied to this flag through their cluster.';
COMMENT ON COLUMN review_decision.needs_second IS 'A second, blind review was due when this first one was made.';
CREATE UNIQUE INDEX review_decision_undoes ON review_decision (undoes);
CREATE INDEX review_decision_applied ON review_decision (applied_from) WHERE applied_from IS NOT NULL;
CREATE INDEX review_decision_moment ON review_decision (decided_at);
CREATE INDEX review_decision_reviewer ON review_decision (reviewer, decision_id);

CREATE VIEW standing_decision AS
SELECT d.*
  FROM review_decision AS d
 WHERE d.action = 'decide'
   AND NOT EXISTS (SELECT FROM review_decision AS u WHERE u.undoes = d.decision_id)
   AND NOT EXISTS (SELECT FROM review_decision AS r
                    WHERE r.flag_id = d.flag_id AND r.action = 'reopen' AND r.decision_id > d.decision_id);
COMMENT ON VIEW standing_decision IS 'Decisions that were neither undone nor overtaken by a reopening.';

-- ---- leases, skips, golden items ------------------------------------------------------------------------

CREATE TABLE flag_lease (
    flag_id      bigint NOT NULL REFERENCES flag,
    reviewer     text NOT NULL,
    purpose      text NOT NULL CHECK (purpose IN ('first', 'second', 'lead', 'golden')),
    leased_until timestamptz NOT NULL,
    PRIMARY KEY (flag_id, reviewer)
);
COMMENT ON TABLE flag_lease IS 'Who is looking at which flag, until when; one that has lapsed counts for nothing.';
CREATE UNIQUE INDEX flag_lease_one ON flag_lease (flag_id) WHERE purpose <> 'golden';
CREATE INDEX flag_lease_reviewer ON flag_lease (reviewer);
CREATE INDEX flag_lease_until ON flag_lease (leased_until);

CREATE TABLE flag_skip (
    flag_id    bigint NOT NULL REFERENCES flag,
    reviewer   text NOT NULL,
    reason     text NOT NULL CHECK (reason IN ('distressing', 'outside_my_field', 'conflict_of_interest', 'later')),
    skipped_at timestamptz NOT NULL,
    PRIMARY KEY (flag_id, reviewer, skipped_at)
);
COMMENT ON TABLE flag_skip IS 'Who would not decide on what; for a day the queue does not offer it to them again.';

CREATE TABLE golden_item (
    flag_id    bigint PRIMARY KEY REFERENCES flag,
    outcome    text NOT NULL CHECK (outcome IN ('contradicts_guidance', 'not_misinformation', 'needs_expert', 'cannot_tell')),
    note       text NOT NULL,
    added_by   text NOT NULL,
    added_at   timestamptz NOT NULL,
    retired_at timestamptz
);
COMMENT ON TABLE golden_item IS 'Flags whose right outcome is known, shown to reviewers among the others to see how well they decide.';

CREATE TABLE golden_answer (
    flag_id     bigint NOT NULL REFERENCES golden_item,
    reviewer    text NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('contradicts_guidance', 'not_misinformation', 'needs_expert', 'cannot_tell')),
    reason      text NOT NULL,
    note        text NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (flag_id, reviewer)
);
COMMENT ON TABLE golden_answer IS 'What reviewers said of golden items; it decides nothing.';

-- ---- what a flag is waiting for: settle_flags alone says it ---------------------------------------------

ALTER TABLE flag ADD COLUMN awaits text DEFAULT 'first' CHECK (awaits IN ('first', 'second', 'lead'));
ALTER TABLE flag ADD COLUMN outcome text
    CHECK (outcome IN ('contradicts_guidance', 'not_misinformation', 'needs_expert', 'cannot_tell'));
COMMENT ON COLUMN flag.awaits IS 'Which review is to come; null: none.';
COMMENT ON COLUMN flag.outcome IS 'What people concluded; null while nobody has, or while two disagree.';
DROP INDEX flag_day;
CREATE INDEX flag_day ON flag (day, priority DESC, flag_id);
CREATE INDEX flag_queue ON flag ((severity = 'S4') DESC, priority DESC, flag_id) WHERE awaits IS NOT NULL;

CREATE FUNCTION settle_flags(changed bigint[]) RETURNS void
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
                                                   THEN s.first_outcome END)
      FROM (SELECT c.flag_id, bool_or(d.needs_second) AS needs_second,
                   (array_agg(d.outcome ORDER BY d.decision_id DESC) FILTER (WHERE d.review = 'first'))[1] AS first_outcome,
                   (array_agg(d.outcome ORDER BY d.decision_id DESC) FILTER (WHERE d.review = 'second'))[1] AS second_outcome,
                   (array_agg(d.outcome ORDER BY d.decision_id DESC) FILTER (WHERE d.review = 'lead'))[1] AS lead_outcome
              FROM unnest(changed) AS c (flag_id)
              LEFT JOIN standing_decision AS d USING (flag_id)
             GROUP BY c.flag_id) AS s
     WHERE f.flag_id = s.flag_id;
END $$;
COMMENT ON FUNCTION settle_flags IS 'The one place that says what a flag''s status, outcome and next review are.';
REVOKE EXECUTE ON FUNCTION settle_flags FROM PUBLIC;

CREATE FUNCTION settle_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM settle_flags(ARRAY(SELECT DISTINCT flag_id FROM changed));
    RETURN NULL;
END $$;
CREATE TRIGGER settles AFTER INSERT ON review_decision REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION settle_changed();
CREATE TRIGGER settles_taken AFTER INSERT ON flag_lease REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION settle_changed();
CREATE TRIGGER settles_given_back AFTER DELETE ON flag_lease REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION settle_changed();
SELECT settle_flags(ARRAY(SELECT DISTINCT flag_id FROM review_decision));

-- ---- users and what they looked at ----------------------------------------------------------------------

CREATE TABLE console_user (
    name          text PRIMARY KEY,
    role          text NOT NULL CHECK (role IN ('viewer', 'reviewer', 'lead', 'operator', 'admin')),
    password_hash text,
    subject       text UNIQUE,
    is_disabled   boolean NOT NULL DEFAULT false,
    made_at       timestamptz NOT NULL
);
COMMENT ON COLUMN console_user.password_hash IS 'Argon2; null for one who signs in through OpenID Connect.';
COMMENT ON COLUMN console_user.subject IS 'Issuer and subject of OpenID Connect; null for one with a password.';

CREATE TABLE console_session (
    token_hash bytea PRIMARY KEY,
    name       text NOT NULL REFERENCES console_user ON DELETE CASCADE,
    seen_at    timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL
);
COMMENT ON COLUMN console_session.token_hash IS 'SHA-256 of the cookie, which is stored nowhere.';
CREATE INDEX console_session_name ON console_session (name);
CREATE INDEX console_session_ends ON console_session (ends_at);

CREATE TABLE sign_in_attempt (
    attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    address    text NOT NULL,
    tried_at   timestamptz NOT NULL,
    succeeded  boolean NOT NULL
);
CREATE INDEX sign_in_attempt_name ON sign_in_attempt (name, tried_at);
CREATE INDEX sign_in_attempt_address ON sign_in_attempt (address, tried_at);

CREATE TABLE audit_entry (
    entry_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL,
    name        text NOT NULL,
    action      text NOT NULL CHECK (action IN ('view', 'export', 'sign_in', 'manage')),
    subject     text NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit_entry IS 'Who saw or took out personal data, signed in, or changed a user, and when; append-only.';
CREATE INDEX audit_entry_moment ON audit_entry (happened_at);

CREATE TABLE webhook_delivery (
    decision_id     bigint PRIMARY KEY REFERENCES review_decision,
    state           text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts        integer NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    last_error      text NOT NULL DEFAULT ''
);
COMMENT ON TABLE webhook_delivery IS 'The outbox: decisions that others are told of, what is still to be told, and what was given up.';
CREATE INDEX webhook_delivery_pending ON webhook_delivery (next_attempt_at) WHERE state = 'pending';

-- ---- logs only grow -------------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: add an entry, as none is changed or deleted', TG_TABLE_NAME;
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON review_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_cluster_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
