"""Tell people how a refresh ended: a webhook, an e-mail, or both; docs/notifications.md.

Usage: .venv/bin/python scripts/notify.py [MESSAGE]

Sends MESSAGE (default: a test) by the settings of the environment, as the refresh does after a
failure or with alerts. Exit code 0: sent; 1: not sent, one line for each cause; 2: no or wrong
settings.

Secrets stand in the environment only and are never printed; what is sent is scrubbed of personal
values. A notification that fails is a warning, it never changes what the refresh did.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from scrub import scrub

PROJECT = "customer_segmentation"
FORMATS = ("json", "slack")
OCCASIONS = ("problems", "always")
SHOWN_ALERTS = 20
TIMEOUT_SECONDS = 10
# Both tries of both ways together; a server that sends a byte now and then holds nobody longer.
DEADLINE_SECONDS = 30
RETRY_AFTER_SECONDS = 1
SMTP_PORTS = {"smtp": 587, "smtps": 465}

Outcome = Mapping[str, Any]


class Failed(Exception):
    """A notification that was not sent; the text is one line without secrets."""


class TryAgain(Failed):
    """One that may go through a moment later."""


@dataclass(frozen=True)
class Way:
    """One way to tell, and what does it."""

    name: str
    send: Callable[[], None]


def mistakes(environment: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the settings, one line each; to be asked before a run starts."""
    given = {name: value for name, value in environment.items() if value}
    found = []
    url = given.get("NOTIFY_WEBHOOK_URL")
    if url and not _is_link(url, ("http", "https")):
        found.append("NOTIFY_WEBHOOK_URL: no link; write https://HOST/PATH.")
    if given.get("NOTIFY_WEBHOOK_FORMAT", FORMATS[0]) not in FORMATS:
        found.append(f"NOTIFY_WEBHOOK_FORMAT: unknown; allowed: {', '.join(FORMATS)}.")
    if given.get("NOTIFY_ON", OCCASIONS[0]) not in OCCASIONS:
        found.append(f"NOTIFY_ON: unknown; allowed: {', '.join(OCCASIONS)}.")
    smtp = given.get("NOTIFY_SMTP_URL")
    if smtp and not _is_link(smtp, tuple(SMTP_PORTS)):
        found.append("NOTIFY_SMTP_URL: no link; write smtps://USER:PASSWORD@HOST:PORT.")
    for name, is_one in (("NOTIFY_EMAIL_TO", False), ("NOTIFY_EMAIL_FROM", True)):
        if smtp and not given.get(name):
            found.append(f"{name}: missing, and NOTIFY_SMTP_URL is set.")
        elif smtp and not _addresses(given[name], is_one):
            found.append(f"{name}: not {'an address' if is_one else 'addresses with commas'}.")
        elif given.get(name) and not smtp:
            found.append(f"{name}: set, but NOTIFY_SMTP_URL is not; no e-mail is sent.")
    return found


def tell(outcome: Outcome, environment: Mapping[str, str]) -> list[str]:
    """Send how a run ended, where it failed or has alerts, by every way that is set up.

    Args:
        outcome: run_id, as_of_date, outcome, exit_code, step, message, alerts (mappings with
            severity, segment, alert, message), published_rows, duration_seconds; any may be
            missing.
        environment: holds the NOTIFY_ settings (docs/notifications.md).

    Returns:
        One line for each notification that was not sent; never raises.
    """
    try:
        given = {name: value for name, value in environment.items() if value}
        if not _is_worth_telling(outcome, given.get("NOTIFY_ON", OCCASIONS[0])):
            return []
        wrong = mistakes(environment)
        ways = _ways(outcome, given, {line.partition(":")[0] for line in wrong})
        return [f"notification: {line}" for line in wrong + _send(ways)]
    except Exception as error:  # A run that ended well must not fail over its notification.
        return [f"notification: not sent ({type(error).__name__})"]


def _is_worth_telling(outcome: Outcome, occasions: str) -> bool:
    return occasions == "always" or bool(outcome.get("exit_code") or _alerts(outcome))


def _alerts(outcome: Outcome) -> list[Mapping[str, Any]]:
    """Alerts worth a message: not those for information; critical ones first."""
    alerts = [alert for alert in outcome.get("alerts") or [] if alert.get("severity") != "info"]
    return sorted(alerts, key=lambda alert: alert.get("severity") != "critical")


def _ways(outcome: Outcome, given: Mapping[str, str], wrong: set[str]) -> list[Way]:
    """Ways that are set up; one whose own settings are wrong is left out."""
    ways = []
    if "NOTIFY_WEBHOOK_URL" in given and "NOTIFY_WEBHOOK_URL" not in wrong:
        # In doubt as JSON: a message in the wrong form is better than none.
        form = given.get("NOTIFY_WEBHOOK_FORMAT", FORMATS[0])
        body = {"text": _slack_text(outcome)} if form == "slack" else _fields(outcome)
        ways.append(Way("webhook", lambda: _post(given["NOTIFY_WEBHOOK_URL"], body)))
    names = {"NOTIFY_SMTP_URL", "NOTIFY_EMAIL_TO", "NOTIFY_EMAIL_FROM"}
    if names <= given.keys() and not names & wrong:
        mail = _mail(outcome, given["NOTIFY_EMAIL_FROM"], given["NOTIFY_EMAIL_TO"])
        ways.append(Way("e-mail", lambda: _deliver(given["NOTIFY_SMTP_URL"], mail)))
    return ways


def _send(ways: Sequence[Way]) -> list[str]:
    """Send by all ways at once and return a line for each that failed or took too long."""
    failures: dict[str, str] = {}
    # Daemons: one that hangs ends with the process.
    threads = {
        way.name: threading.Thread(target=_try_twice, args=(way, failures), daemon=True)
        for way in ways
    }
    for thread in threads.values():
        thread.start()
    deadline = time.monotonic() + DEADLINE_SECONDS
    for name, thread in threads.items():
        thread.join(max(0, deadline - time.monotonic()))
        if thread.is_alive():
            failures.setdefault(name, f"no answer within {DEADLINE_SECONDS} s")
    return [f"{name} not sent: {failures[name]}" for name in threads if name in failures]


def _try_twice(way: Way, failures: dict[str, str]) -> None:
    for has_another in (True, False):
        try:
            way.send()
            return
        except Failed as failure:
            if not has_another or not isinstance(failure, TryAgain):
                failures[way.name] = str(failure)
                return
        except Exception as error:
            # Not its text: libraries put the link, and so its secret, into it.
            failures[way.name] = type(error).__name__
            return
        time.sleep(RETRY_AFTER_SECONDS)


# What is said


def headline(outcome: Outcome) -> str:
    """Say in a line how a run ended."""
    code = outcome.get("exit_code")
    # Of a failure the text may be an engine's; of the rest it is ours.
    message = scrub(outcome.get("message") or "", is_foreign=code == 1)
    words = [f"{PROJECT}: {scrub(outcome.get('outcome') or 'done')}"]
    if outcome.get("step") and code:
        words.append(f" at {scrub(outcome['step'])}")
    if outcome.get("as_of_date"):
        words.append(f", as of {scrub(outcome['as_of_date'])}")
    alerts = len(_alerts(outcome))
    if alerts:
        words.append(f", {alerts} alert{'' if alerts == 1 else 's'}")
    return "".join(words) + (f": {message}" if message else "")


def _alert_lines(outcome: Outcome) -> list[str]:
    alerts = _alerts(outcome)
    lines = [
        scrub(
            f"{alert.get('severity')}: {alert.get('segment')} {alert.get('alert')}:"
            f" {alert.get('message')}"
        )
        for alert in alerts[:SHOWN_ALERTS]
    ]
    if len(alerts) > SHOWN_ALERTS:
        lines.append(f"and {len(alerts) - SHOWN_ALERTS} more: table segment_alerts")
    return lines


def _fields(outcome: Outcome) -> dict[str, Any]:
    """Return the body of the generic webhook."""
    return {
        "project": PROJECT,
        "text": headline(outcome),
        "run_id": scrub(outcome.get("run_id") or "") or None,
        "as_of_date": scrub(outcome.get("as_of_date") or "") or None,
        "outcome": scrub(outcome.get("outcome") or "done"),
        "exit_code": outcome.get("exit_code"),
        "step": scrub(outcome.get("step") or "") or None,
        "message": scrub(outcome.get("message") or "", is_foreign=outcome.get("exit_code") == 1),
        "alerts": [
            {key: scrub(alert.get(key)) for key in ("severity", "segment", "alert", "message")}
            for alert in _alerts(outcome)[:SHOWN_ALERTS]
        ],
        "alert_count": len(_alerts(outcome)),
        "published_rows": outcome.get("published_rows"),
        "duration_seconds": outcome.get("duration_seconds"),
    }


def _slack_text(outcome: Outcome) -> str:
    lines = [headline(outcome), *(f"• {line}" for line in _alert_lines(outcome))]
    text = "\n".join(lines)
    # The three that mean something there: unescaped, <!channel> in a name would call everybody.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mail(outcome: Outcome, sender: str, receivers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = headline(outcome)[:150]
    mail["From"] = _addresses(sender, is_one=True)
    mail["To"] = _addresses(receivers)
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=mail["From"].addresses[0].domain)
    # No answers from those who are out of office.
    mail["Auto-Submitted"] = "auto-generated"
    lines = [headline(outcome), *_alert_lines(outcome)]
    for name in ("run_id", "exit_code", "published_rows", "duration_seconds"):
        if outcome.get(name) is not None:
            lines.append(f"{name}: {scrub(outcome[name])}")
    mail.set_content("\n".join(lines) + "\n")
    return mail


# How it is sent


def _post(url: str, body: Mapping[str, Any]) -> None:
    """Post JSON.

    Raises:
        Failed: the server did not take it.
    """
    import requests

    try:
        # A redirect would hand the message to a host that nobody named.
        with requests.post(
            url, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            status = answer.status_code
    except requests.exceptions.SSLError as error:
        raise Failed("the server's certificate is not trusted") from error
    except requests.Timeout as error:
        raise TryAgain(f"no answer within {TIMEOUT_SECONDS} s") from error
    except requests.ConnectionError as error:
        raise TryAgain("no connection") from error
    if status == 429 or status >= 500:
        raise TryAgain(f"the server answered {status}")
    if not 200 <= status < 300:
        raise Failed(f"the server answered {status}")


def _deliver(url: str, mail: EmailMessage) -> None:
    """Hand a mail to an SMTP server; a password goes over an encrypted connection only.

    Raises:
        Failed: the server did not take it, or not for all receivers.
    """
    server = urlsplit(url)
    try:
        with _connect(server) as connection:
            if server.username:
                _log_in(connection, unquote(server.username), unquote(server.password or ""))
            refused = connection.send_message(mail)
    except ssl.SSLError as error:
        raise Failed("the server's certificate is not trusted") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        kind = TryAgain if all(400 <= code < 500 for code in codes) else Failed
        raise kind(f"every receiver refused ({', '.join(map(str, codes))})") from error
    except smtplib.SMTPResponseException as error:
        kind = TryAgain if 400 <= error.smtp_code < 500 else Failed
        raise kind(f"the server answered {error.smtp_code}") from error
    except smtplib.SMTPServerDisconnected as error:
        raise TryAgain("the server closed the connection") from error
    except smtplib.SMTPNotSupportedError as error:
        raise Failed("the server offers no log-in") from error
    except TimeoutError as error:
        raise TryAgain(f"no answer within {TIMEOUT_SECONDS} s") from error
    except OSError as error:
        raise TryAgain("no connection") from error
    if refused:
        raise Failed(f"{len(refused)} of {len(mail['To'].addresses)} receivers refused")


def _connect(server: SplitResult) -> smtplib.SMTP:
    context = ssl.create_default_context()
    port = server.port or SMTP_PORTS[server.scheme]
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.hostname, port, timeout=TIMEOUT_SECONDS, context=context)
    connection = smtplib.SMTP(server.hostname, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif server.username and not _is_this_machine(server.hostname):
            raise Failed("the server offers no encryption, the password was not sent")
    except BaseException:
        connection.close()
        raise
    return connection


def _log_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    """Log in, once: a second try with a wrong password can lock the account.

    Raises:
        Failed: the server did not let us in; some say so by hanging up.
    """
    try:
        connection.login(user, password)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected) as error:
        raise Failed("user or password refused") from error


def _is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_link(url: str, schemes: Sequence[str]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _addresses(text: str, is_one: bool = False) -> list[Address]:
    """Return the addresses of a setting; none where one of them is no address."""
    found = []
    # A line break would start a header of its own.
    for name, address in getaddresses([text] if text.isprintable() else []):
        try:
            one = Address(name, addr_spec=address)
        except (ValueError, IndexError):
            return []
        if not one.username or not one.domain:
            return []
        found.append(one)
    return found if len(found) == 1 or not is_one else []


def main(arguments: list[str]) -> int:
    """Send a message, or a test, and return the exit code."""
    environment = dict(os.environ) | {"NOTIFY_ON": "always"}
    wrong = mistakes(environment)
    if not any(environment.get(name) for name in ("NOTIFY_WEBHOOK_URL", "NOTIFY_SMTP_URL")):
        wrong.append("NOTIFY_WEBHOOK_URL or NOTIFY_SMTP_URL: set one (docs/notifications.md).")
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 2
    message = " ".join(arguments)
    outcome = {
        "outcome": "failed" if message else "test",
        "exit_code": None,
        "message": message or "notifications of this project arrive here",
    }
    failures = tell(outcome, environment)
    print("\n".join(failures) or "sent", file=sys.stderr if failures else sys.stdout)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
