-- name: count
SELECT count(*) FROM console_user

-- name: all_users
SELECT name, role, is_disabled, password_hash IS NULL AS is_external, made_at FROM console_user ORDER BY name

-- name: user
SELECT * FROM console_user WHERE name = %(name)s

-- name: add_user
INSERT INTO console_user (name, role, password_hash, subject, made_at)
VALUES (%(name)s, %(role)s, %(password_hash)s, %(subject)s, now())
ON CONFLICT DO NOTHING

-- name: lock_users
SELECT pg_advisory_xact_lock(hashtext('kolwatch.users'))

-- name: user_of_subject
SELECT * FROM console_user WHERE subject = %(subject)s

-- name: set_role
UPDATE console_user SET role = %(role)s WHERE name = %(name)s

-- name: set_password
UPDATE console_user SET password_hash = %(password_hash)s WHERE name = %(name)s

-- name: set_disabled
UPDATE console_user SET is_disabled = %(is_disabled)s WHERE name = %(name)s

-- name: end_sessions
DELETE FROM console_session WHERE name = %(name)s OR ends_at <= now()

-- name: start_session
INSERT INTO console_session (token_hash, name, seen_at, ends_at)
VALUES (%(token_hash)s, %(name)s, now(), now() + make_interval(hours => %(hours)s))

-- name: user_of_session
SELECT u.name, u.role, u.is_disabled
  FROM console_session AS s
  JOIN console_user AS u USING (name)
 WHERE s.token_hash = %(token_hash)s AND s.ends_at > now() AND NOT u.is_disabled

-- name: end_session
DELETE FROM console_session WHERE token_hash = %(token_hash)s

-- name: failures
-- Of the last quarter of an hour, since the last success under that name.
SELECT (SELECT count(*) FROM sign_in_attempt AS a
         WHERE a.name = %(name)s AND NOT a.succeeded AND a.tried_at > now() - interval '15 minutes'
           AND NOT EXISTS (SELECT FROM sign_in_attempt AS s
                            WHERE s.name = a.name AND s.succeeded AND s.tried_at > a.tried_at)) AS of_name,
       (SELECT count(*) FROM sign_in_attempt
         WHERE address = %(address)s AND NOT succeeded AND tried_at > now() - interval '15 minutes') AS of_address

-- name: note_attempt
INSERT INTO sign_in_attempt (name, address, tried_at, succeeded)
VALUES (%(name)s, %(address)s, now(), %(succeeded)s)

-- name: forget_attempts
DELETE FROM sign_in_attempt WHERE tried_at < now() - interval '30 days'

-- name: note
INSERT INTO audit_entry (happened_at, name, action, subject, detail)
VALUES (now(), %(name)s, %(action)s, %(subject)s, %(detail)s)

-- name: entries
SELECT happened_at, name, action, subject, detail FROM audit_entry ORDER BY entry_id DESC LIMIT %(limit)s
