-- The whole way of the data: what arrived, what it says, what the judge said, what was flagged, what people decided.

-- ---- what arrived ---------------------------------------------------------------------------------

CREATE TABLE source_state (
    source          text PRIMARY KEY,
    cursor          jsonb NOT NULL DEFAULT '{}',
    watermark       date,
    last_success_at timestamptz,
    last_error      text
);

CREATE TABLE source_file (
    source       text NOT NULL,
    origin       text NOT NULL,
    size_bytes   bigint NOT NULL,
    mtime_ns     bigint NOT NULL,
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
COMMENT ON COLUMN raw_record.body IS 'The bytes as received, zlib-compressed.';
CREATE INDEX raw_record_day ON raw_record (collected_for);

CREATE TABLE quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    raw_id        bigint NOT NULL UNIQUE REFERENCES raw_record ON DELETE CASCADE,
    reason        text NOT NULL,
    detail        text NOT NULL,
    replayed_at   timestamptz
);

CREATE TABLE dropped_post (
    platform         text NOT NULL,
    platform_post_id text NOT NULL,
    collected_for    date NOT NULL,
    source           text NOT NULL,
    reason           text NOT NULL,
    PRIMARY KEY (platform, platform_post_id, collected_for)
);
CREATE INDEX dropped_post_day ON dropped_post (collected_for, reason);

-- ---- accounts ---------------------------------------------------------------------------------------

CREATE TABLE kol_tier (
    version        integer NOT NULL,
    tier           text NOT NULL CHECK (tier IN ('nano', 'micro', 'mid', 'macro', 'mega')),
    min_followers  bigint NOT NULL,
    PRIMARY KEY (version, tier)
);
INSERT INTO kol_tier VALUES (1, 'nano', 0), (1, 'micro', 10000), (1, 'mid', 100000), (1, 'macro', 500000), (1, 'mega', 5000000);

CREATE TABLE account (
    account_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform    text NOT NULL,
    account_id  text NOT NULL,
    name        text NOT NULL DEFAULT '',
    UNIQUE (platform, account_id)
);

CREATE TABLE account_observation (
    account_key    bigint NOT NULL REFERENCES account,
    observed_at    timestamptz NOT NULL,
    follower_count bigint NOT NULL,
    lower_bound    boolean NOT NULL DEFAULT false,
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
    rejudge        boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN post_text.first_day IS 'The earliest day any post said it.';
COMMENT ON COLUMN post_text.judged_version IS 'The last judge that assessed it; null: due.';
CREATE INDEX post_text_due ON post_text (first_day, content_hash) WHERE judged_version IS NULL;
CREATE INDEX post_text_day ON post_text (first_day);

CREATE TABLE post (
    post_key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform         text NOT NULL,
    platform_post_id text NOT NULL,
    account_key      bigint NOT NULL REFERENCES account,
    source           text NOT NULL,
    url              text NOT NULL DEFAULT '',
    posted_at        timestamptz,
    has_media        boolean NOT NULL DEFAULT false,
    deleted_on       date,
    UNIQUE (platform, platform_post_id)
);
CREATE INDEX post_account ON post (account_key);

CREATE TABLE post_version (
    post_key       bigint NOT NULL REFERENCES post,
    content_hash   bytea NOT NULL REFERENCES post_text,
    collected_for  date NOT NULL,
    last_seen_for  date NOT NULL,
    edited_at      timestamptz,
    raw_id         bigint REFERENCES raw_record ON DELETE SET NULL,
    reposted_text  text NOT NULL DEFAULT '',
    is_truncated   boolean NOT NULL DEFAULT false,
    is_sponsored   boolean,
    PRIMARY KEY (post_key, content_hash)
);
COMMENT ON COLUMN post_version.collected_for IS 'The earliest day this wording was collected: the day of its flag.';
CREATE INDEX post_version_day ON post_version (collected_for);
CREATE INDEX post_version_text ON post_version (content_hash);

CREATE TABLE post_observation (
    post_key    bigint NOT NULL REFERENCES post,
    metric      text NOT NULL CHECK (metric IN ('views', 'likes', 'comments', 'shares', 'favourites')),
    observed_at timestamptz NOT NULL,
    value       bigint NOT NULL,
    lower_bound boolean NOT NULL DEFAULT false,
    PRIMARY KEY (post_key, metric, observed_at)
);

-- ---- guidance ---------------------------------------------------------------------------------------

CREATE TABLE guidance (
    guidance_id     text NOT NULL,
    version         integer NOT NULL,
    sha256          bytea NOT NULL,
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
    PRIMARY KEY (guidance_id, version),
    UNIQUE (guidance_id, sha256)
);
CREATE VIEW guidance_current AS
    SELECT DISTINCT ON (guidance_id) * FROM guidance ORDER BY guidance_id, version DESC;

-- ---- what the judge said ----------------------------------------------------------------------------

CREATE TABLE judge (
    judge_version    text PRIMARY KEY,
    model            text NOT NULL,
    model_sha256     text NOT NULL,
    guidance_version text NOT NULL,
    lexicon_version  text NOT NULL,
    min_flag         real NOT NULL,
    min_maybe        real NOT NULL
);

CREATE TABLE assessment (
    content_hash  bytea NOT NULL REFERENCES post_text,
    judge_version text NOT NULL REFERENCES judge,
    probability   real NOT NULL,
    band          text NOT NULL CHECK (band IN ('flag', 'maybe', 'none')),
    expression    text NOT NULL CHECK (expression IN
                  ('asserts', 'debunks', 'asks', 'reports', 'personal', 'quotes', 'satire', 'other')),
    severity      text CHECK (severity IN ('S1', 'S2', 'S3', 'S4')),
    found_by      text NOT NULL CHECK (found_by IN ('collect', 'rejudge')),
    rejudged_on   date,
    PRIMARY KEY (content_hash, judge_version)
);
CREATE INDEX assessment_band ON assessment (judge_version, content_hash) WHERE band <> 'none';

CREATE TABLE claim (
    content_hash  bytea NOT NULL REFERENCES post_text,
    start_offset  integer NOT NULL,
    end_offset    integer NOT NULL CHECK (end_offset > start_offset),
    text          text NOT NULL,
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
    FOREIGN KEY (content_hash, judge_version) REFERENCES assessment,
    FOREIGN KEY (content_hash, start_offset, end_offset) REFERENCES claim
);
COMMENT ON TABLE claim_stance IS 'Per claim and position what the judge said, best first: the flag and its runners-up.';

-- ---- flags and decisions ----------------------------------------------------------------------------

CREATE TABLE flag (
    flag_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_key         bigint NOT NULL,
    content_hash     bytea NOT NULL,
    guidance_id      text NOT NULL,
    guidance_version integer NOT NULL,
    judge_version    text NOT NULL REFERENCES judge,
    found_by         text NOT NULL CHECK (found_by IN ('collect', 'rejudge')),
    rejudged_on      date,
    start_offset     integer NOT NULL,
    end_offset       integer NOT NULL,
    severity         text NOT NULL CHECK (severity IN ('S1', 'S2', 'S3', 'S4')),
    probability      real NOT NULL,
    priority         real NOT NULL,
    factors          jsonb NOT NULL,
    is_late          boolean NOT NULL DEFAULT false,
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'assigned', 'decided')),
    UNIQUE (post_key, content_hash, guidance_id),
    FOREIGN KEY (post_key, content_hash) REFERENCES post_version,
    FOREIGN KEY (guidance_id, guidance_version) REFERENCES guidance
);
COMMENT ON COLUMN flag.factors IS 'Each factor of the priority by name; their product is the priority.';
CREATE INDEX flag_text ON flag (content_hash);

CREATE TABLE review_decision (
    decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flag_id     bigint NOT NULL REFERENCES flag,
    reviewer    text NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN
                ('contradicts_guidance', 'not_misinformation', 'needs_expert', 'cannot_tell')),
    reason      text NOT NULL DEFAULT '',
    note        text NOT NULL DEFAULT '',
    decided_at  timestamptz NOT NULL
);
CREATE INDEX review_decision_flag ON review_decision (flag_id, decision_id);

CREATE TABLE day_close (
    day          date PRIMARY KEY,
    closed_at    timestamptz NOT NULL,
    closings     integer NOT NULL DEFAULT 1,
    flag_count   integer NOT NULL,
    daily_budget integer NOT NULL
);
COMMENT ON TABLE day_close IS 'A closed day keeps the priorities it was closed with until it is closed again.';
