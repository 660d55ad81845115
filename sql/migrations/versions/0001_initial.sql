-- The whole way of the data: what arrived, what it says, what the judge said, what was flagged, what people decided.

-- ---- what arrived ---------------------------------------------------------------------------------

CREATE TABLE source_state (
    source          text PRIMARY KEY,
    last_day        date,
    last_success_at timestamptz,
    last_error      text
);
COMMENT ON COLUMN source_state.last_error IS 'Why the last run failed; null after a run that did not.';

CREATE TABLE source_file (
    source        text NOT NULL,
    origin        text NOT NULL,
    size_bytes    bigint NOT NULL,
    mtime_ns      bigint NOT NULL,
    collected_for date NOT NULL,
    PRIMARY KEY (source, origin)
);
COMMENT ON TABLE source_file IS 'Files read to their end; one whose size or mtime differs is read again.';

CREATE TABLE raw_record (
    raw_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source        text NOT NULL,
    external_id   text NOT NULL,
    sha256        bytea NOT NULL,
    body          bytea NOT NULL,
    context       bytea,
    origin        text NOT NULL,
    line          integer,
    collected_for date NOT NULL,
    UNIQUE (source, external_id, sha256)
);
COMMENT ON COLUMN raw_record.external_id IS 'The id the platform gave it; empty where the record could not be read.';
COMMENT ON COLUMN raw_record.sha256 IS 'Over body and context as received.';
COMMENT ON COLUMN raw_record.body IS 'The bytes as received, zlib-compressed.';
COMMENT ON COLUMN raw_record.collected_for IS 'The earliest day it was collected for.';
CREATE INDEX raw_record_day ON raw_record (collected_for);

CREATE TABLE quarantine (
    raw_id      bigint PRIMARY KEY REFERENCES raw_record ON DELETE CASCADE,
    reason      text NOT NULL,
    detail      text NOT NULL,
    replayed_at timestamptz
);
COMMENT ON COLUMN quarantine.replayed_at IS 'When a replay could read it, or it came again readable; null while it is unread.';

CREATE TABLE dropped_post (
    platform         text NOT NULL,
    platform_post_id text NOT NULL,
    collected_for    date NOT NULL,
    source           text NOT NULL,
    reason           text NOT NULL CHECK (reason IN
                     ('not_a_kol', 'not_health', 'text_too_short_to_judge', 'private', 'deleted', 'no_text')),
    raw_id           bigint REFERENCES raw_record ON DELETE SET NULL,
    PRIMARY KEY (platform, platform_post_id, collected_for, source)
);
CREATE INDEX dropped_post_day ON dropped_post (collected_for, reason);
CREATE INDEX dropped_post_raw ON dropped_post (raw_id);

-- ---- accounts ---------------------------------------------------------------------------------------

CREATE TABLE kol_tier (
    version       integer NOT NULL,
    tier          text NOT NULL CHECK (tier IN ('nano', 'micro', 'mid', 'macro', 'mega')),
    min_followers bigint NOT NULL,
    PRIMARY KEY (version, tier)
);
INSERT INTO kol_tier VALUES
    (1, 'nano', 0), (1, 'micro', 10000), (1, 'mid', 100000), (1, 'macro', 500000), (1, 'mega', 5000000);

CREATE TABLE account (
    account_key   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform      text NOT NULL,
    account_id    text NOT NULL,
    name          text NOT NULL DEFAULT '',
    last_seen_for date NOT NULL,
    UNIQUE (platform, account_id)
);

CREATE TABLE account_observation (
    account_key    bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    observed_at    timestamptz NOT NULL,
    follower_count bigint NOT NULL,
    lower_bound    boolean NOT NULL,
    collected_for  date NOT NULL,
    PRIMARY KEY (account_key, observed_at)
);

-- ---- posts and what they say ------------------------------------------------------------------------

CREATE TABLE post_text (
    content_hash   bytea PRIMARY KEY,
    document       text NOT NULL,
    title_end      integer NOT NULL,
    text_end       integer NOT NULL,
    first_day      date NOT NULL,
    judged_version text,
    rejudge_on     date,
    judge_error    text
);
COMMENT ON COLUMN post_text.first_day IS 'The earliest day any post said it.';
COMMENT ON COLUMN post_text.judged_version IS 'The last judge that assessed it; null: due, unless judge_error is set.';
COMMENT ON COLUMN post_text.rejudge_on IS 'The day `kolwatch rejudge` made it due: what is newly found belongs to that day; null: due by itself.';
COMMENT ON COLUMN post_text.judge_error IS 'Why the judge could not assess it; `kolwatch rejudge` tries again.';
CREATE INDEX post_text_due ON post_text (first_day, content_hash) WHERE judged_version IS NULL AND judge_error IS NULL;
CREATE INDEX post_text_day ON post_text (first_day);

CREATE TABLE post (
    post_key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform         text NOT NULL,
    platform_post_id text NOT NULL,
    account_key      bigint NOT NULL REFERENCES account,
    source           text NOT NULL,
    url              text NOT NULL,
    posted_at        timestamptz,
    has_media        boolean NOT NULL,
    last_seen_for    date NOT NULL,
    UNIQUE (platform, platform_post_id)
);
CREATE INDEX post_account ON post (account_key);
CREATE INDEX post_last_seen ON post (last_seen_for);

CREATE TABLE post_version (
    post_key      bigint NOT NULL REFERENCES post ON DELETE CASCADE,
    content_hash  bytea NOT NULL REFERENCES post_text,
    collected_for date NOT NULL,
    last_seen_for date NOT NULL,
    edited_at     timestamptz,
    raw_id        bigint REFERENCES raw_record ON DELETE SET NULL,
    reposted_text text NOT NULL,
    is_truncated  boolean NOT NULL,
    is_sponsored  boolean,
    PRIMARY KEY (post_key, content_hash)
);
COMMENT ON COLUMN post_version.collected_for IS 'The earliest day this wording was collected: the day of its flag.';
CREATE INDEX post_version_day ON post_version (collected_for);
CREATE INDEX post_version_last_seen ON post_version (last_seen_for);
CREATE INDEX post_version_text ON post_version (content_hash);
CREATE INDEX post_version_raw ON post_version (raw_id);

CREATE TABLE post_observation (
    post_key      bigint NOT NULL REFERENCES post ON DELETE CASCADE,
    metric        text NOT NULL CHECK (metric IN ('views', 'likes', 'comments', 'shares', 'favourites')),
    observed_at   timestamptz NOT NULL,
    value         bigint NOT NULL,
    lower_bound   boolean NOT NULL,
    collected_for date NOT NULL,
    PRIMARY KEY (post_key, metric, observed_at)
);

-- ---- guidance ---------------------------------------------------------------------------------------

CREATE TABLE guidance (
    guidance_id     text NOT NULL,
    version         integer NOT NULL,
    topic           text NOT NULL,
    severity        text NOT NULL CHECK (severity IN ('S1', 'S2', 'S3', 'S4')),
    severity_reason text NOT NULL,
    position_zh     text NOT NULL,
    position_en     text NOT NULL,
    scope           text NOT NULL,
    source_title    text NOT NULL,
    source_url      text NOT NULL,
    page_date       text,
    verification    text NOT NULL,
    verified_by     text,
    valid_from      date NOT NULL,
    retired         date,
    do_not_flag     jsonb NOT NULL,
    related         jsonb NOT NULL,
    PRIMARY KEY (guidance_id, version)
);
COMMENT ON TABLE guidance IS 'Positions of WHO as guidance/ had them; a change adds a version, the highest one is in force.';

-- ---- what the judge said ----------------------------------------------------------------------------

CREATE TABLE judge (
    judge_id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    judge_version    text NOT NULL UNIQUE,
    model            text NOT NULL,
    model_sha256     text NOT NULL,
    guidance_version text NOT NULL,
    lexicon_version  text NOT NULL,
    min_flag         double precision NOT NULL,
    min_maybe        double precision NOT NULL,
    positions        jsonb NOT NULL,
    untrained        jsonb NOT NULL,
    in_force_since   timestamptz NOT NULL
);
COMMENT ON COLUMN judge.positions IS 'The ids of the positions in force when this judge first ran.';
COMMENT ON COLUMN judge.untrained IS 'Those of them that the model was not trained on; it knows them by likeness alone.';
COMMENT ON COLUMN judge.in_force_since IS 'When it was last put in place of another; the latest is in force.';

CREATE TABLE assessment (
    content_hash  bytea NOT NULL REFERENCES post_text ON DELETE CASCADE,
    judge_version text NOT NULL REFERENCES judge (judge_version),
    probability   real NOT NULL,
    band          text NOT NULL CHECK (band IN ('flag', 'maybe', 'none')),
    expression    text NOT NULL CHECK (expression IN
                  ('asserts', 'debunks', 'asks', 'reports', 'personal', 'quotes', 'satire', 'other')),
    severity      text CHECK (severity IN ('S1', 'S2', 'S3', 'S4')),
    found_by      text NOT NULL CHECK (found_by IN ('collect', 'rejudge')),
    rejudged_on   date,
    PRIMARY KEY (content_hash, judge_version)
);
CREATE INDEX assessment_band ON assessment (content_hash, judge_version) WHERE band <> 'none';

CREATE TABLE claim (
    content_hash bytea NOT NULL REFERENCES post_text ON DELETE CASCADE,
    start_offset integer NOT NULL,
    end_offset   integer NOT NULL CHECK (end_offset > start_offset),
    text         text NOT NULL,
    PRIMARY KEY (content_hash, start_offset, end_offset)
);

CREATE TABLE claim_stance (
    content_hash  bytea NOT NULL,
    judge_version text NOT NULL,
    rank          smallint NOT NULL,
    start_offset  integer NOT NULL,
    end_offset    integer NOT NULL,
    guidance_id   text NOT NULL,
    stance        text NOT NULL CHECK (stance IN ('refutes', 'supports', 'not_enough_info')),
    probability   real NOT NULL,
    PRIMARY KEY (content_hash, judge_version, rank),
    FOREIGN KEY (content_hash, judge_version) REFERENCES assessment ON DELETE CASCADE,
    FOREIGN KEY (content_hash, start_offset, end_offset) REFERENCES claim ON DELETE CASCADE
);
COMMENT ON TABLE claim_stance IS 'Per claim and position what the judge said, best first: the flag and its runners-up.';

-- ---- flags and decisions ----------------------------------------------------------------------------

CREATE TABLE flag (
    flag_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_key         bigint NOT NULL,
    content_hash     bytea NOT NULL,
    guidance_id      text NOT NULL,
    guidance_version integer NOT NULL,
    judge_version    text NOT NULL REFERENCES judge (judge_version),
    found_by         text NOT NULL CHECK (found_by IN ('collect', 'rejudge')),
    day              date NOT NULL,
    start_offset     integer NOT NULL,
    end_offset       integer NOT NULL,
    severity         text NOT NULL CHECK (severity IN ('S1', 'S2', 'S3', 'S4')),
    probability      real NOT NULL,
    priority         double precision NOT NULL,
    factors          jsonb NOT NULL,
    is_late          boolean NOT NULL,
    closing          integer,
    told_at          timestamptz,
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'assigned', 'decided')),
    UNIQUE (post_key, content_hash, guidance_id),
    FOREIGN KEY (post_key, content_hash) REFERENCES post_version,
    FOREIGN KEY (guidance_id, guidance_version) REFERENCES guidance
);
COMMENT ON COLUMN flag.factors IS 'Each factor of the priority by name; their product is the priority.';
COMMENT ON COLUMN flag.is_late IS 'Raised for a day that was already closed.';
COMMENT ON COLUMN flag.closing IS 'The closing of its day that first counted it; null until then.';
COMMENT ON COLUMN flag.day IS 'The table it belongs to: the day its post said it, or of the rejudging that found it.';
COMMENT ON COLUMN flag.told_at IS 'When people were told of it at once, because of its severity.';
CREATE INDEX flag_text ON flag (content_hash);
CREATE INDEX flag_day ON flag (day);
CREATE INDEX flag_untold ON flag (flag_id) WHERE severity = 'S4' AND told_at IS NULL;

CREATE TABLE review_decision (
    decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flag_id     bigint NOT NULL REFERENCES flag,
    reviewer    text NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN
                ('contradicts_guidance', 'not_misinformation', 'needs_expert', 'cannot_tell')),
    reason      text NOT NULL,
    decided_at  timestamptz NOT NULL
);
COMMENT ON TABLE review_decision IS 'What people decided, append-only; the highest decision_id of a flag is in force.';
CREATE INDEX review_decision_flag ON review_decision (flag_id, decision_id);

CREATE TABLE day_close (
    day          date PRIMARY KEY,
    closed_at    timestamptz NOT NULL,
    closings     integer NOT NULL,
    daily_budget integer NOT NULL
);
COMMENT ON TABLE day_close IS 'A closed day keeps the priorities it was closed with until it is closed again.';
