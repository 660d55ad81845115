-- name: current_hashes
SELECT guidance_id, version, sha256 FROM guidance_current

-- name: insert_version
INSERT INTO guidance (guidance_id, version, sha256, topic, severity, severity_reason, position_zh, position_en, scope,
                      source_title, source_url, page_date, verification, verified_by, valid_from, retired, do_not_flag,
                      related)
VALUES (%(guidance_id)s, %(version)s, %(sha256)s, %(topic)s, %(severity)s, %(severity_reason)s, %(position_zh)s,
        %(position_en)s, %(scope)s, %(source_title)s, %(source_url)s, %(page_date)s, %(verification)s, %(verified_by)s,
        %(valid_from)s, %(retired)s, %(do_not_flag)s, %(related)s)

-- name: lock_guidance
SELECT pg_advisory_xact_lock(hashtext('kolwatch.guidance'))
