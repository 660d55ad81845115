ALTER TABLE flag ADD COLUMN raised_at timestamptz;
ALTER TABLE flag ALTER COLUMN raised_at SET DEFAULT now();
COMMENT ON COLUMN flag.raised_at IS 'When it was raised; null for those of before it was kept.';
