-- name: current
SELECT * FROM guidance_current

-- name: versions
SELECT version, severity, verification, verified_by, valid_from, retired, position_zh
  FROM guidance
 WHERE guidance_id = %(guidance_id)s
 ORDER BY version

-- name: open_flags
SELECT count(*) FROM flag WHERE guidance_id = %(guidance_id)s AND status <> 'decided'

-- name: insert_version
INSERT INTO guidance (guidance_id, version, topic, severity, severity_reason, position_zh, position_en, scope,
                      source_title, source_url, page_date, verification, verified_by, valid_from, retired, do_not_flag,
                      related)
VALUES (%(guidance_id)s, %(version)s, %(topic)s, %(severity)s, %(severity_reason)s, %(position_zh)s, %(position_en)s,
        %(scope)s, %(source_title)s, %(source_url)s, %(page_date)s, %(verification)s, %(verified_by)s, %(valid_from)s,
        %(retired)s, %(do_not_flag)s, %(related)s)

-- name: lock_guidance
SELECT pg_advisory_xact_lock(hashtext('kolwatch.guidance'))
