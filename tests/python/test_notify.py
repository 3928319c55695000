"""Notifications reach a real server on this machine, hold no personal value and never a secret."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import notify  # noqa: E402

pytest.importorskip(
    "aiosmtpd", reason="aiosmtpd is in requirements-test.txt: run `make setup-test`"
)
trustme = pytest.importorskip("trustme", reason="trustme is in requirements-test.txt")

from mail_server import PASSWORD, USER, mailbox  # noqa: E402
from webhook_server import HOST, webhook  # noqa: E402

ALERT = {
    "severity": "critical",
    "segment": "big_spenders",
    "alert": "empty",
    "message": "0 customers, 120 on 2026-11-20",
}
DONE = {
    "run_id": "20261121T040000123456Z",
    "as_of_date": "2026-11-21",
    "outcome": "done",
    "exit_code": 0,
    "step": "report",
    "message": "",
    "alerts": [],
    "published_rows": 1234567,
    "duration_seconds": 61.5,
}
FAILED = DONE | {
    "outcome": "failed",
    "exit_code": 1,
    "step": "build",
    "message": "base_orders__typed: Conversion Error: Could not convert string 'Jan Kowalski' to"
    " INT32; anna.nowak+shop@example.com, +48 600 100 200, (22) 555-12-34, 0048600100200",
}
PERSONAL = ("Kowalski", "anna.nowak", "example.com", "600 100", "555-12", "0048600100200")
ALERTED = DONE | {"alerts": [ALERT]}
WITH_MAIL = {
    "NOTIFY_EMAIL_TO": "crm@shop.test, Ops <ops@shop.test>",
    "NOTIFY_EMAIL_FROM": "robot@shop.test",
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Short waits; no proxy between the test and its server."""
    monkeypatch.setattr(notify, "TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(notify, "RETRY_AFTER_SECONDS", 0.05)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server_tls(authority, monkeypatch, tmp_path):
    """TLS of a server whose certificate this process trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return tls_of(authority)


def tls_of(authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "localhost").configure_cert(context)
    return context


def test_failure_reaches_a_webhook_as_json_without_personal_values():
    with webhook() as server:
        assert notify.tell(FAILED, {"NOTIFY_WEBHOOK_URL": server.url}) == []
    (body,) = server.bodies
    assert server.paths == ["/hooks/T0P-SECRET"]
    assert {"run_id", "as_of_date", "outcome", "exit_code", "step", "alerts", "text"} <= body.keys()
    assert (body["outcome"], body["exit_code"], body["step"]) == ("failed", 1, "build")
    assert (body["run_id"], body["published_rows"]) == (DONE["run_id"], 1234567)
    assert "base_orders__typed: Conversion Error" in body["message"]
    assert [value for value in PERSONAL if value in json.dumps(body)] == []


def test_slack_gets_one_text_in_which_nobody_is_called():
    alerts = [ALERT | {"segment": f"<!channel>_{number}"} for number in range(30)]
    with webhook() as server:
        url = {"NOTIFY_WEBHOOK_URL": server.url, "NOTIFY_WEBHOOK_FORMAT": "slack"}
        assert notify.tell(DONE | {"alerts": alerts}, url) == []
    (body,) = server.bodies
    assert list(body) == ["text"]
    assert "<" not in body["text"]
    assert "30 alerts" in body["text"].splitlines()[0]
    assert body["text"].splitlines()[-1] == "• and 10 more: table segment_alerts"


@pytest.mark.parametrize(
    ("outcome", "settings", "is_told"),
    [
        (DONE, {}, False),
        (DONE | {"alerts": [ALERT | {"severity": "info"}]}, {}, False),
        (DONE, {"NOTIFY_ON": "always"}, True),
        (ALERTED, {}, True),
        (DONE | {"outcome": "inputs refused", "exit_code": 3}, {}, True),
        (DONE | {"exit_code": 2, "message": "AS_OF: 'x' is not a date"}, {}, True),
    ],
)
def test_only_problems_are_told_unless_asked(outcome, settings, is_told):
    with webhook() as server:
        assert notify.tell(outcome, {"NOTIFY_WEBHOOK_URL": server.url} | settings) == []
    assert len(server.bodies) == is_told


def test_mail_reaches_both_receivers_over_starttls_after_a_log_in(server_tls):
    with mailbox(starttls=server_tls, has_login=True) as box:
        url = f"smtp://{USER}:p%40ss%2Fword-93@{HOST}:{box.port}"
        assert notify.tell(FAILED, {"NOTIFY_SMTP_URL": url} | WITH_MAIL) == []
    (mail,) = box.mails
    assert box.logins == [USER]
    assert mail["To"] == "crm@shop.test, Ops <ops@shop.test>"
    assert mail["Subject"].startswith("customer_segmentation: failed at build, as of 2026-11-21")
    text = mail["Subject"] + mail.get_content()
    assert [value for value in PERSONAL if value in text] == []


def test_mail_over_tls_from_the_start(server_tls):
    with mailbox(tls=server_tls) as box:
        url = {"NOTIFY_SMTP_URL": f"smtps://{HOST}:{box.port}"}
        assert notify.tell(ALERTED, url | WITH_MAIL) == []
    assert "critical: big_spenders empty: 0 customers" in box.mails[0].get_content()


def test_mail_to_a_relay_without_log_in():
    with mailbox() as box:
        url = {"NOTIFY_SMTP_URL": f"smtp://{HOST}:{box.port}"}
        assert notify.tell(ALERTED, url | WITH_MAIL) == []
    assert len(box.mails) == 1


def test_server_that_nobody_vouches_for_gets_no_password(server_tls):
    with mailbox(starttls=tls_of(trustme.CA()), has_login=True) as box:
        url = {
            "NOTIFY_SMTP_URL": f"smtp://{USER}:{PASSWORD}@{HOST}:{box.port}".replace("p@ss/", "x")
        }
        warnings = notify.tell(FAILED, url | WITH_MAIL)
    assert warnings == ["notification: e-mail not sent: the server's certificate is not trusted"]
    assert (box.mails, box.logins) == ([], [])


def test_password_is_not_sent_in_clear(monkeypatch):
    monkeypatch.setattr(notify, "_is_this_machine", lambda host: False)
    with mailbox(has_login=True) as box:
        url = {"NOTIFY_SMTP_URL": f"smtp://{USER}:secret@{HOST}:{box.port}"}
        (warning,) = notify.tell(FAILED, url | WITH_MAIL)
    assert "no encryption" in warning
    assert (box.mails, box.logins) == ([], [])


def test_wrong_password_and_refused_receivers_are_said_without_them():
    with mailbox(has_login=True) as box:
        url = {"NOTIFY_SMTP_URL": f"smtp://{USER}:hunter2@{HOST}:{box.port}"}
        (wrong,) = notify.tell(FAILED, url | WITH_MAIL)
    assert "user or password refused" in wrong
    with mailbox() as box:
        url = {"NOTIFY_SMTP_URL": f"smtp://{HOST}:{box.port}"}
        box.refused = {"ops@shop.test"}
        (one,) = notify.tell(FAILED, url | WITH_MAIL)
        box.refused = {"ops@shop.test", "crm@shop.test"}
        (all_of_them,) = notify.tell(FAILED, url | WITH_MAIL)
    assert "1 of 2 receivers refused" in one
    assert "every receiver refused (550)" in all_of_them
    assert len(box.mails) == 1
    assert not {"hunter2", "shop.test", USER} & set((wrong + one + all_of_them).split())


def test_one_more_try_and_no_third():
    with webhook(503, 200) as server:
        assert notify.tell(FAILED, {"NOTIFY_WEBHOOK_URL": server.url}) == []
    assert len(server.bodies) == 2
    with webhook(500) as server:
        warnings = notify.tell(FAILED, {"NOTIFY_WEBHOOK_URL": server.url})
    assert warnings == ["notification: webhook not sent: the server answered 500"]
    assert len(server.bodies) == 2
    with mailbox() as box:
        box.answers = ["451 try later", "250 OK"]
        url = {"NOTIFY_SMTP_URL": f"smtp://{HOST}:{box.port}"}
        assert notify.tell(FAILED, url | WITH_MAIL) == []
    assert len(box.mails) == 1


@pytest.mark.parametrize("status", [302, 307, 400, 404, 410])
def test_refusal_or_redirect_is_final(status):
    with webhook(status) as server:
        warnings = notify.tell(FAILED, {"NOTIFY_WEBHOOK_URL": server.url})
    assert warnings == [f"notification: webhook not sent: the server answered {status}"]
    assert server.paths == ["/hooks/T0P-SECRET"]


def test_one_way_that_fails_does_not_stop_the_other():
    with mailbox() as box:
        settings = {"NOTIFY_SMTP_URL": f"smtp://{HOST}:{box.port}"} | WITH_MAIL
        settings |= {"NOTIFY_WEBHOOK_URL": f"http://{HOST}:{free_port()}/T0P-SECRET"}
        warnings = notify.tell(FAILED, settings)
    assert warnings == ["notification: webhook not sent: no connection"]
    assert len(box.mails) == 1


def test_slow_servers_do_not_hold_the_run(monkeypatch):
    monkeypatch.setattr(notify, "TIMEOUT_SECONDS", 0.2)
    with webhook(seconds=1) as server:
        (warning,) = notify.tell(FAILED, {"NOTIFY_WEBHOOK_URL": server.url})
    assert "no answer within 0.2 s" in warning
    monkeypatch.setattr(notify, "DEADLINE_SECONDS", 0.5)
    started = time.monotonic()
    with dripping() as port:
        (warning,) = notify.tell(FAILED, {"NOTIFY_WEBHOOK_URL": f"http://{HOST}:{port}/"})
    assert "no answer within" in warning
    assert time.monotonic() - started < 5


@contextmanager
def dripping() -> Iterator[int]:
    """Run a server that sends a byte of an answer now and then and never comes to its end."""
    server = socket.create_server((HOST, 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
            for _ in range(100):
                time.sleep(0.1)
                connection.sendall(b"a")

    threading.Thread(target=serve, daemon=True).start()
    with server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]


WRONG = {
    "no link": {"NOTIFY_WEBHOOK_URL": "hooks.test/T0P-SECRET"},
    "scheme": {"NOTIFY_WEBHOOK_URL": "file:///etc/T0P-SECRET"},
    "port": {"NOTIFY_WEBHOOK_URL": "https://hooks.test:T0P-SECRET/x"},
    "format": {"NOTIFY_WEBHOOK_FORMAT": "teams"},
    "occasion": {"NOTIFY_ON": "sometimes"},
    "smtp scheme": {"NOTIFY_SMTP_URL": "http://u:T0P-SECRET@mail.test"} | WITH_MAIL,
    "no receiver": {"NOTIFY_SMTP_URL": "smtp://mail.test", "NOTIFY_EMAIL_FROM": "a@b.test"},
    "no address": {"NOTIFY_SMTP_URL": "smtp://mail.test"}
    | WITH_MAIL
    | {"NOTIFY_EMAIL_TO": "crm@shop.test, T0P-SECRET"},
    "line break": {"NOTIFY_SMTP_URL": "smtp://mail.test"}
    | WITH_MAIL
    | {"NOTIFY_EMAIL_TO": "crm@shop.test\nBcc: T0P-SECRET@shop.test"},
    "no server": {"NOTIFY_EMAIL_TO": "crm@shop.test"},
}


@pytest.mark.parametrize("case", WRONG)
def test_mistake_in_the_settings_is_named_and_its_value_is_not(case):
    lines = notify.mistakes(WRONG[case])
    assert len(lines) == 1
    assert lines[0].partition(":")[0] in {*WRONG[case], "NOTIFY_EMAIL_TO"}
    assert "T0P-SECRET" not in lines[0]
    assert notify.tell(FAILED, WRONG[case])[0] == f"notification: {lines[0]}"


def test_no_settings_no_notification_and_odd_outcomes_do_not_raise():
    assert notify.tell(FAILED, {}) == []
    assert notify.mistakes({"NOTIFY_WEBHOOK_URL": "", "NOTIFY_EMAIL_TO": ""}) == []
    assert (
        len(notify.tell({"exit_code": 1, "alerts": 7}, {"NOTIFY_WEBHOOK_URL": "https://a.test"}))
        == 1
    )
    with webhook() as server:
        odd = {"exit_code": 1, "message": "one\r\nBcc: all@shop.test\x00\ttwo", "step": None}
        settings = {"NOTIFY_WEBHOOK_URL": server.url}
        assert notify.tell(odd, settings) == []
    assert server.bodies[0]["message"] == "one Bcc: [e-mail] two"


def test_script_sends_a_test_and_says_what_is_missing():
    inherited = {name: value for name, value in os.environ.items() if "NOTIFY" not in name}

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROJECT_DIR / "scripts" / "notify.py"), *arguments]
        return subprocess.run(
            command, env=inherited | settings, capture_output=True, text=True, check=False
        )

    with webhook(200, 404) as server:
        sent = run(NOTIFY_WEBHOOK_URL=server.url)
        refused = run("the refresh was ended by:", "oom-kill", NOTIFY_WEBHOOK_URL=server.url)
    nothing = run()
    assert (sent.returncode, sent.stdout, sent.stderr) == (0, "sent\n", "")
    assert server.bodies[0]["outcome"] == "test"
    assert server.bodies[1]["message"] == "the refresh was ended by: oom-kill"
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert nothing.returncode == 2
    assert "NOTIFY_WEBHOOK_URL" in nothing.stderr
    assert "T0P-SECRET" not in sent.stdout + refused.stderr
