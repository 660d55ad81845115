ALTER TABLE claim_cluster_change ADD COLUMN undoes bigint REFERENCES claim_cluster_change;
COMMENT ON COLUMN claim_cluster_change.undoes IS 'The change whose claims this one took back to where they were.';
CREATE UNIQUE INDEX claim_cluster_change_undoes ON claim_cluster_change (undoes);

CREATE TABLE claim_cluster_move (
    change_id     bigint NOT NULL REFERENCES claim_cluster_change,
    content_hash  bytea NOT NULL,
    start_offset  integer NOT NULL,
    end_offset    integer NOT NULL,
    placed_by     text NOT NULL,
    is_by_person  boolean NOT NULL,
    PRIMARY KEY (change_id, content_hash, start_offset, end_offset),
    FOREIGN KEY (content_hash, start_offset, end_offset) REFERENCES claim ON DELETE CASCADE
);
COMMENT ON TABLE claim_cluster_move IS 'Which claims a change moved, and who had placed them before: what an undo needs.';
CREATE INDEX claim_cluster_move_claim ON claim_cluster_move (content_hash, start_offset, end_offset);
