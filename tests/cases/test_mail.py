"""E-mail over each kind of connection, with an authority that only we know."""
import ssl
import subprocess

import pytest

import sentora


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A CA, and a certificate of it for localhost."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for command in (
            ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA"],
            ["req", *key, "-keyout", "mail.key", "-out", "mail.csr", "-subj", "/CN=localhost"],
            ["x509", "-req", "-in", "mail.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
             "-CAcreateserial", "-extfile", "names", "-out", "mail.pem"]):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def context(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority / "mail.pem", authority / "mail.key")
    return context


@pytest.fixture
def start_mail(started):
    def start(**options):
        mail = sentora.Mail(**options)
        started.append(mail)
        return mail
    return start


def try_channel(server, mail, password=None, **config):
    channel = server.call("POST", "/api/v1/channels", {
        "kind": "email", "name": f"mail {len(server.get('/api/v1/channels')['channels'])}",
        "config": {"server": "localhost", "port": mail.port, "from": "sentora@example.org",
                   "to": ["ops@example.org", "night@example.org"], **config},
        "secrets": {"password": password} if password else {}})
    return server.call("POST", f"/api/v1/channels/{channel['id']}/test")


def only_me(server, session, envelope, mechanism, data):
    from aiosmtpd.smtp import AuthResult
    return AuthResult(success=data.login == b"me" and data.password == b"secret", handled=False)


def test_starttls_with_password(server, start_mail, authority, context):
    mail = start_mail(tls_context=context, require_starttls=True, authenticator=only_me,
                      auth_required=True)
    safe = {"security": "starttls", "username": "me", "ca_file": str(authority / "ca.pem")}
    result = try_channel(server, mail, "secret", **safe)
    assert result["delivered"], result
    assert mail.messages[0].rcpt_tos == ["ops@example.org", "night@example.org"]
    assert {"Date", "Message-ID", "Subject"} <= set(mail.parsed()[0].keys())

    wrong = try_channel(server, mail, "guess", **safe)
    assert not wrong["delivered"] and "535" in wrong["answer"]
    stranger = try_channel(server, mail, "secret", security="starttls", username="me")
    assert not stranger["delivered"] and "certificate" in stranger["answer"]
    assert len(mail.messages) == 1


def test_tls_from_the_start(server, start_mail, authority, context):
    mail = start_mail(ssl_context=context)
    result = try_channel(server, mail, security="tls", ca_file=str(authority / "ca.pem"))
    assert result["delivered"], result
    stranger = try_channel(server, mail, security="tls")
    assert not stranger["delivered"] and "certificate" in stranger["answer"]
    missing = try_channel(server, mail, security="tls", ca_file="/nonexistent/ca.pem")
    assert not missing["delivered"] and "/nonexistent/ca.pem" in missing["answer"]
    assert len(mail.messages) == 1


def test_without_tls_only_when_told(server, start_mail):
    mail = start_mail()
    assert try_channel(server, mail, security="none")["delivered"]
    downgraded = try_channel(server, mail, "secret", security="starttls", username="me")
    assert not downgraded["delivered"] and "STARTTLS" in downgraded["answer"]
    assert len(mail.messages) == 1
