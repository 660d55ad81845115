ALTER TABLE source_state ADD COLUMN cursor jsonb NOT NULL DEFAULT '{}';
ALTER TABLE source_state ADD COLUMN watermark timestamptz;
COMMENT ON COLUMN source_state.cursor IS 'Where the source goes on, in its transport''s own terms.';
COMMENT ON COLUMN source_state.watermark IS 'All that the source had up to this moment has been collected.';

ALTER TABLE source_file RENAME TO source_document;
ALTER TABLE source_document RENAME CONSTRAINT source_file_pkey TO source_document_pkey;
ALTER TABLE source_document ADD COLUMN fingerprint text;
UPDATE source_document SET fingerprint = size_bytes || ' bytes, ' || mtime_ns || ' ns';
ALTER TABLE source_document ALTER COLUMN fingerprint SET NOT NULL;
ALTER TABLE source_document DROP COLUMN size_bytes, DROP COLUMN mtime_ns;
COMMENT ON TABLE source_document IS 'Documents read to their end; one whose fingerprint differs is read again.';
