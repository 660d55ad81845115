DROP INDEX post_account;
CREATE INDEX post_account ON post (account_key, post_key);
