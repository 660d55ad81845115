ALTER TABLE post_text ADD COLUMN is_indexed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN post_text.is_indexed IS 'Its words are in text_words, if it has a claim; those judged before are caught up by judging.';
CREATE INDEX post_text_unindexed ON post_text (content_hash) WHERE judged_version IS NOT NULL AND NOT is_indexed;

CREATE TABLE text_words (
    content_hash bytea PRIMARY KEY REFERENCES post_text ON DELETE CASCADE,
    words        tsvector NOT NULL
);
COMMENT ON TABLE text_words IS 'What a text with a claim is found by: its words as the judge cuts them, and the shorter words in these.';
CREATE INDEX text_words_words ON text_words USING gin (words);
