CREATE VIEW guidance_current AS
SELECT DISTINCT ON (guidance_id) *
  FROM guidance
 ORDER BY guidance_id, version DESC;
COMMENT ON VIEW guidance_current IS 'The version of each position that is in force, retired ones included.';
