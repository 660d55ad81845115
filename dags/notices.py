"""Tells people, by Airflow's own notifiers: always in the log, by webhook and e-mail where kolwatch.toml says so."""

import html
import logging

from airflow.sdk import BaseNotifier, get_current_context

from pipeline import steps

log = logging.getLogger(__name__)


def send_notice(message: str) -> None:
    """Send a message over every channel; a channel that fails fails the task, after the others have been tried."""
    log.warning("%s", message)
    failures: list[Exception] = []
    for notifier in notifiers(message):
        try:
            notifier.notify(get_current_context())
        except Exception as error:
            log.exception("%s could not be sent", type(notifier).__name__)
            failures.append(error)
    if failures:
        raise failures[0]


def notifiers(message: str) -> list[BaseNotifier]:
    """The channels of [notify], each with the message. Their addresses and secrets are Airflow connections."""
    from airflow.providers.http.notifications.http import HttpNotifier
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    chosen = steps.load_settings().notify
    found: list[BaseNotifier] = []
    if chosen.webhook_connection:
        found.append(HttpNotifier(http_conn_id=chosen.webhook_connection, json={"text": message}))
    if chosen.email_to:
        subject, _, _ = message.partition("\n")
        body = f"<pre>{html.escape(message)}</pre>"
        found.append(SmtpNotifier(to=list(chosen.email_to), subject=f"kolwatch: {subject}"[:200], html_content=body))
    return found
