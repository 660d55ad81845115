DROP INDEX raw_record_day;
CREATE INDEX raw_record_day ON raw_record (collected_for, source);
CREATE INDEX dropped_post_source ON dropped_post (collected_for, source, raw_id);
CREATE INDEX quarantine_unread ON quarantine (raw_id) WHERE replayed_at IS NULL;
CREATE INDEX flag_position ON flag (guidance_id, flag_id) INCLUDE (outcome, awaits);
