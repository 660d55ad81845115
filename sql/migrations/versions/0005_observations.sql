ALTER TABLE post_observation RENAME TO post_count;
ALTER TABLE post_count RENAME CONSTRAINT post_observation_pkey TO post_count_pkey;

CREATE TABLE post_observation (
    post_key      bigint NOT NULL REFERENCES post ON DELETE CASCADE,
    observed_at   timestamptz NOT NULL,
    collected_for date NOT NULL,
    views         bigint,
    likes         bigint,
    comments      bigint,
    shares        bigint,
    favourites    bigint,
    lower_bounds  text[] NOT NULL,
    PRIMARY KEY (post_key, observed_at)
);
COMMENT ON TABLE post_observation IS 'What was counted of a post at a moment; unknown is null, never 0.';
COMMENT ON COLUMN post_observation.lower_bounds IS 'The metrics whose true count may be larger, such as 10万+.';

INSERT INTO post_observation
SELECT post_key, observed_at, min(collected_for),
       max(value) FILTER (WHERE metric = 'views'), max(value) FILTER (WHERE metric = 'likes'),
       max(value) FILTER (WHERE metric = 'comments'), max(value) FILTER (WHERE metric = 'shares'),
       max(value) FILTER (WHERE metric = 'favourites'),
       coalesce(array_agg(metric ORDER BY metric) FILTER (WHERE lower_bound), '{}')
  FROM post_count
 GROUP BY post_key, observed_at;

DROP TABLE post_count;
