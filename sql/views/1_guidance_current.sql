CREATE VIEW guidance_current AS
SELECT DISTINCT ON (guidance_id) *, verification NOT IN ('C', 'K') OR verified_by IS NOT NULL AS is_confirmed
  FROM guidance
 ORDER BY guidance_id, version DESC;
COMMENT ON VIEW guidance_current IS 'The version of each position that is in force, retired ones included.';
COMMENT ON COLUMN guidance_current.is_confirmed IS
    'Its page was seen, or somebody vouches for it; a position from knowledge alone (C, K) raises no row of the table.';
