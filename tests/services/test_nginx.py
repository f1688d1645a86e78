"""config/nginx/exams.conf, run by Debian's nginx in front of the web processes of production."""

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings

from tests.faults.candidates import let_in
from tests.services.processes import Process, free_port, start, wait_until
from tests.services.test_production import PRODUCTION, _static_files  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)

CONFIGURATION = settings.BASE_DIR / "config" / "nginx" / "exams.conf"
HOST = "exams.example.org"
THREADS = 8  # two processes of four


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}", "-days", "2"]
    command += ["-keyout", str(directory / "privkey.pem"), "-out", str(directory / "fullchain.pem")]
    subprocess.run([*command, "-addext", f"subjectAltName=DNS:{HOST}"], check=True, capture_output=True)
    return directory


class Proxy:
    """A running nginx. Its own TLS port is `port`; `plain` is the one that redirects."""

    def __init__(self, process, port, plain, certificate):
        self.process, self.port, self.plain = process, port, plain
        self.context = ssl.create_default_context(cafile=certificate / "fullchain.pem")

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context.wrap_socket(plain, server_hostname=HOST)

    def ask(self, path, method="GET", body=None, **headers):
        connection = HTTPSConnection(HOST, context=self.context, timeout=10)
        connection.sock = self.connect()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text


@pytest.fixture
def nginx(start_process, tmp_path, certificate):
    """nginx(url, door, **changes) runs the configuration, with these texts replaced, in front of that server."""

    def run(url, door="", http="", **changes):
        port, plain = free_port(), free_port()
        text = CONFIGURATION.read_text()
        replaced = {
            "127.0.0.1:8000": urlsplit(url).netloc,
            "127.0.0.1:8001": urlsplit(door or url).netloc,
            "listen 443": f"listen 127.0.0.1:{port}",
            "listen 80": f"listen 127.0.0.1:{plain}",
            f"/etc/letsencrypt/live/{HOST}": str(certificate),
            "/var/log/nginx/exams.log": str(tmp_path / "access.log"),
            "/var/log/nginx/exams-error.log": str(tmp_path / "error.log"),
            "/srv/exams/var": str(tmp_path),
            **changes,
        }
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)  # not every machine has IPv6
        (tmp_path / "exams.conf").write_text(text)
        temporary = "".join(
            f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = (
            f"daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log stderr;"
            f"events {{ worker_connections 1024; }} http {{ {temporary} {http} include {tmp_path}/exams.conf; }}"
        )
        (tmp_path / "nginx.conf").write_text(whole)
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        process = start_process(start_nginx, program, tmp_path / "nginx.conf", port)
        return Proxy(process, port, plain, certificate)

    return run


def start_nginx(log, program, configuration, port) -> Process:
    return start([program, "-c", str(configuration), "-e", "stderr"], log, lambda process: accepts(port))


class Echo(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{self.path}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def echo():
    """A server that says what it was sent."""
    return serving(Echo)


HELD = {
    "bodies": b"POST /accounts/login/ HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"X-Forwarded-Proto: https\r\nContent-Length: 1000\r\n\r\nlogin=a",
    "headers": b"POST /accounts/login/ HTTP/1.1\r\nHost: %s\r\nX-Slow: ",
}


@contextmanager
def held(connect, number, beginning):
    """Hold so many requests that have begun and do not end."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect()) for _ in range(number)]
        for connection in connections:
            connection.sendall(beginning % HOST.encode())
        yield connections


@pytest.fixture
def site(web_server):
    return web_server(workers=2, threads=4, asking="/health/", **{**PRODUCTION, "ALLOWED_HOSTS": f"{HOST},127.0.0.1"})


@pytest.mark.parametrize("beginning", HELD.values(), ids=HELD)
def test_slow_requests_hold_nobody_up(site, nginx, beginning):
    proxy = nginx(site.url)

    with held(proxy.connect, 5 * THREADS, beginning) as slow:
        answers = [proxy.ask("/health/")[1] for _ in range(20)]
        for connection in slow:
            connection.sendall(b"b")  # still there

    assert answers == ["ok\n"] * 20


def test_slow_requests_would_hold_up_a_web_process_that_stands_alone(site):
    """What the proxy is for: as many as there are threads, and nobody else is answered."""
    host, port = urlsplit(site.url).hostname, urlsplit(site.url).port

    def answers(timeout):
        with closing(HTTPConnection(host, port, timeout=timeout)) as connection:
            try:
                connection.request("GET", "/health/")
                return connection.getresponse().status == 200
            except (OSError, HTTPException):
                return False

    with held(lambda: socket.create_connection((host, port)), 5 * THREADS, HELD["bodies"]):
        wait_until(lambda: not answers(1), what="a request that gets no answer")
    wait_until(lambda: answers(5), what="an answer after the slow ones are gone")


def test_visitor_chooses_nothing_of_what_the_site_is_told(nginx):
    with echo() as url:
        proxy = nginx(url)
        claims = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2", "X-Forwarded-Proto": "http", "X-Real-IP": "1.1.1.1"}
        claims |= {"Forwarded": "for=1.1.1.1", "X-Forwarded-Host": "evil.example", "X-Request-ID": "chosen-by-me"}

        _, told = proxy.ask("/join/abc/?x=1", **claims)

    lines = told.splitlines()
    assert lines[0] == "/join/abc/?x=1"
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    assert (headers["Host"], headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == (HOST, "127.0.0.1", "https")
    for name in ("X-Real-IP", "Forwarded", "X-Forwarded-Host"):
        assert name not in headers
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])


def test_what_is_for_the_inside_and_what_is_too_large_is_not_passed_on(nginx):
    with echo() as url:
        proxy = nginx(url)

        inside = [proxy.ask(path)[0].status for path in ("/ready/", "/metrics/", "/ready", "/metrics/x", "//ready/")]
        large = proxy.ask("/", "POST", b"", **{"Content-Length": str(11 * 1024 * 1024)})[0].status

    assert (inside, large) == ([404] * 5, 413)


def test_one_address_has_so_many_requests_under_way_and_no_more(nginx):
    with echo() as url:
        proxy = nginx(url, **{"limit_conn exams 400": "limit_conn exams 4"})
        with held(proxy.connect, 4, HELD["bodies"]):
            wait_until(lambda: proxy.ask("/")[0].status == 429, what="a refusal")
        wait_until(lambda: proxy.ask("/")[0].status == 200, what="an answer")


def test_plain_http_is_sent_to_https_and_the_log_holds_no_secret(nginx, tmp_path):
    with echo() as url:
        proxy = nginx(url)
        with socket.create_connection(("127.0.0.1", proxy.plain), timeout=10) as plain:
            plain.sendall(f"GET /a?b=c HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
            moved = plain.makefile("rb").read().decode()
        for path in ("/join/SeCrEt/", "/accounts/password/reset/key/1-SeCrEt/", "/a/?q=SeCrEt"):
            proxy.ask(path)
        wait_until(lambda: (tmp_path / "access.log").read_text().count("\n") == 3, what="three lines")

    assert f"Location: https://{HOST}/a?b=c" in moved
    assert "SeCrEt" not in (tmp_path / "access.log").read_text()


@pytest.mark.parametrize(
    ("ciphers", "is_taken"), [("ECDHE+AESGCM", True), ("ECDHE-RSA-AES128-SHA", False), ("AES128-GCM-SHA256", False)]
)
def test_tls_1_2_takes_strong_ciphers_with_forward_secrecy_only(nginx, ciphers, is_taken):
    with echo() as url:
        proxy = nginx(url)
        proxy.context.maximum_version = ssl.TLSVersion.TLSv1_2
        proxy.context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        with ExitStack() as stack:
            if not is_taken:
                stack.enter_context(pytest.raises((ssl.SSLError, ConnectionResetError)))
            proxy.connect().close()


def test_files_with_a_hash_come_from_the_disk_and_others_from_the_site(nginx, tmp_path):
    name = "static/site/site.0123456789ab.css"
    (tmp_path / "static" / "site").mkdir(parents=True)
    (tmp_path / name).write_text("body {}")
    with echo() as url:
        proxy = nginx(url)
        own, text = proxy.ask(f"/{name}")
        others = [proxy.ask(path)[1].splitlines()[0] for path in ("/static/site/x.0123456789ab.css", "/static/a.css")]

    assert (own.status, text, own.headers["X-Content-Type-Options"]) == (200, "body {}", "nosniff")
    assert "immutable" in own.headers["Cache-Control"]
    assert others == ["/static/site/x.0123456789ab.css", "/static/a.css"]


SECRETS = ["/join/SeCrEt/", "/JOIN/SeCrEt/", "//join/SeCrEt", "/accounts/password/reset/key/1-SeCrEt/", "/a/?q=SeCrEt"]


def test_no_log_holds_a_secret_when_the_site_does_not_answer(nginx, tmp_path):
    proxy = nginx(f"http://127.0.0.1:{free_port()}")

    statuses = [proxy.ask(path, Referer=f"https://{HOST}/join/SeCrEt/")[0].status for path in SECRETS]
    wait_until(lambda: (tmp_path / "access.log").read_text().count("\n") == len(SECRETS), what="the lines")

    assert statuses == [502] * len(SECRETS)
    for log in (tmp_path / "access.log", tmp_path / "error.log"):
        assert "SeCrEt" not in log.read_text()
    assert "SeCrEt" not in proxy.process.output


class Silent(BaseHTTPRequestHandler):
    """A server that takes a request and says nothing for as long as nginx waits."""

    def do_GET(self):
        self.rfile.read(1)

    def log_message(self, *args):
        pass


UNREADABLE = {"host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "line": b"GET /\x01 x HTTP/1.1\r\nHost: a\r\n\r\n"}


def asked_of(proxy, case):
    if case in UNREADABLE:
        with proxy.connect() as connection:
            connection.sendall(UNREADABLE[case])
            answer = HTTPResponse(connection)
            answer.begin()
            return answer, answer.read().decode()
    requests = {
        404: ("/ready/", {}),
        405: ("/", {"method": "TRACE"}),
        413: ("/", {"method": "POST", "body": b"", "Content-Length": str(11 * 1024 * 1024)}),
        414: (f"/{'a' * 9000}", {}),
        431: ("/", {"X-Long": "a" * 9000}),
        502: ("/", {}),
        504: ("/", {}),
    }
    path, options = requests[case]
    return proxy.ask(path, **options)


REFUSED = {"host": 400, "line": 400, 404: 404, 405: 405, 413: 413, 414: 414, 431: 400, 502: 502, 504: 504}


@pytest.mark.parametrize(("case", "status"), REFUSED.items(), ids=map(str, REFUSED))
def test_what_nginx_says_itself_has_the_headers_of_every_page(nginx, case, status):
    with serving(Silent) as silent:
        url = silent if case == 504 else f"http://127.0.0.1:{free_port()}"
        proxy = nginx(url, **{"proxy_read_timeout 60s": "proxy_read_timeout 1s"})

        answer, text = asked_of(proxy, case)

    assert answer.status == status
    assert_all_headers(answer)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ('<html lang="en">' in text, "nginx" in text) == (True, False)


def assert_all_headers(answer):
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains; preload"]
    (policy,) = answer.headers.get_all("Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_all("X-Frame-Options") == ["DENY"]
    assert answer.headers.get_all("Referrer-Policy") == ["same-origin"]
    assert answer.headers.get_all("Cross-Origin-Resource-Policy") == ["same-origin"]


@pytest.mark.parametrize(
    ("name", "kind"), [("css", "text/css"), ("js", "application/javascript"), ("svg", "image/svg+xml")]
)
def test_files_of_nginx_have_all_headers_and_a_charset(nginx, tmp_path, name, kind):
    path = f"static/site/site.0123456789ab.{name}"
    (tmp_path / "static" / "site").mkdir(parents=True)
    (tmp_path / path).write_text("body {}")
    (tmp_path / f"{path}.gz").write_bytes(gzip.compress(b"body {}"))
    with echo() as url:
        proxy = nginx(url, http="include /etc/nginx/mime.types;")
        answers = [proxy.ask(f"/{path}")[0], proxy.ask(f"/{path}", "HEAD", Accept_Encoding="gzip")[0]]

    for answer in answers:
        assert_all_headers(answer)
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answers[1].headers["Content-Encoding"] == "gzip"


BEHIND = "set_real_ip_from 127.0.0.1; real_ip_header X-Visitor;"  # so that a test has many addresses


@pytest.mark.parametrize(
    ("addresses", "statuses"),
    [
        (["2001:db8:0:1::1", "2001:db8:0:1:ffff:a:b:c", "2001:db8:0:1::a0a"], [200, 429, 429]),
        (["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db9::1"], [200, 200, 200]),
        (["2001:db8:0:a0a::1", "2001:db8:0:a0a::2"], [200, 429]),  # a byte that is a line end
        (["192.0.2.1", "192.0.2.2", "192.0.2.1"], [200, 200, 429]),
    ],
    ids=["one network", "others", "line end", "IPv4"],
)
def test_network_of_one_ipv6_customer_counts_as_one(nginx, addresses, statuses):
    with echo() as url:
        proxy = nginx(url, http=BEHIND, **{"rate=100r/s": "rate=1r/m", " burst=1000": ""})

        assert [proxy.ask("/", X_Visitor=address)[0].status for address in addresses] == statuses


def test_requests_under_way_are_counted_for_such_a_network_too(nginx):
    held_open = HELD["bodies"].replace(b"X-Forwarded-Proto", b"X-Visitor: 2001:db8::7\r\nX-Forwarded-Proto")
    with echo() as url:
        proxy = nginx(url, http=BEHIND, **{"limit_conn exams 400": "limit_conn exams 4"})
        with held(proxy.connect, 4, held_open):
            wait_until(lambda: proxy.ask("/", X_Visitor="2001:db8::8")[0].status == 429, what="a refusal")
            assert proxy.ask("/", X_Visitor="2001:db8:0:1::8")[0].status == 200


# --- The door ---------------------------------------------------------------------------------------------------------


@contextmanager
def named(name, hands_on=False):
    """A server that answers with its name and what it was asked; or hands everything on to the door."""

    class Named(BaseHTTPRequestHandler):
        def do_GET(self):
            sent = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            body = f"{name} {self.headers['X-Exams-Pool']} {self.command} {self.path} {sent}".encode()
            self.send_response(200)
            if hands_on:
                self.send_header("X-Accel-Redirect", "@door")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    with serving(Named) as url:
        yield url


SESSION = {"Cookie": "a=b; __Host-sessionid=any"}


@pytest.mark.parametrize("body", [b"a" * 1_000_000, iter([b"a", b"b"])], ids=["large", "of unknown length"])
def test_large_body_goes_to_the_door(nginx, body):
    with named("members") as members, named("door") as door:
        _, text = nginx(members, door).ask("/admin/", "POST", body, **SESSION)

    assert text.startswith("door exams_door POST /admin/ a")


@pytest.mark.parametrize(
    ("path", "headers", "answer"),
    [
        ("/", {}, "door exams_door GET / "),
        ("/", {"Cookie": "a=b"}, "door exams_door GET / "),
        ("/", {"X-Exams-Pool": "exams_members"}, "door exams_door GET / "),
        ("/", SESSION, "members exams_members GET / "),
        ("/attempts/", SESSION, "members exams_members GET /attempts/ "),
        ("/accounts/login/", SESSION, "door exams_door GET /accounts/login/ "),
        ("/join/x/", SESSION, "door exams_door GET /join/x/ "),
    ],
)
def test_who_is_not_signed_in_goes_to_the_door(nginx, path, headers, answer):
    with named("members") as members, named("door") as door:
        assert nginx(members, door).ask(path, **headers)[1] == answer


def test_what_is_handed_on_reaches_the_door_whole(nginx):
    with named("members", hands_on=True) as members, named("door") as door:
        _, text = nginx(members, door).ask("/attempts/?x=1", "POST", b"answer=2", **SESSION)

    assert text == "door exams_door POST /attempts/?x=1 answer=2"


def test_without_a_door_the_others_answer(nginx):
    with named("members") as members:
        proxy = nginx(members, f"http://127.0.0.1:{free_port()}")

        assert proxy.ask("/accounts/login/")[1] == "members exams_door GET /accounts/login/ "


def test_door_that_does_not_answer_sends_nobody_to_the_others(nginx):
    with named("members") as members, serving(Silent) as door:
        proxy = nginx(members, door, **{"proxy_read_timeout 60s": "proxy_read_timeout 1s"})

        answers = [proxy.ask("/accounts/login/")[0].status, proxy.ask("/attempts/", **SESSION)[1]]

    assert answers == [504, "members exams_members GET /attempts/ "]


@pytest.mark.parametrize(("headers", "name"), [({}, "door exams_door"), (SESSION, "members exams_members")])
def test_missing_file_is_asked_for_where_its_visitor_belongs(nginx, headers, name):
    path = "/static/site/x.0123456789ab.css"
    with named("members") as members, named("door") as door:
        assert nginx(members, door).ask(path, **headers)[1] == f"{name} GET {path} "


def test_files_that_the_site_gives_are_counted(nginx):
    with echo() as url:
        proxy = nginx(url, **{"rate=300r/s": "rate=1r/m", " burst=4000": ""})

        statuses = [proxy.ask("/static/site/x.0123456789ab.css")[0].status for _ in range(2)]

    assert statuses == [200, 429]


@pytest.mark.usefixtures("_static_files")
def test_site_hands_on_who_is_not_signed_in(site, nginx):
    with named("door") as door:
        proxy = nginx(site.url, door)

        with override_settings(SECRET_KEY=PRODUCTION["SECRET_KEY"]):
            (seat,) = let_in(1)
        made_up = proxy.ask("/attempts/", **SESSION)[1]
        own = proxy.ask("/attempts/", Cookie=f"__Host-sessionid={seat.session}")[0].status

    assert (made_up, own) == ("door exams_door GET /attempts/ ", 200)


@pytest.mark.usefixtures("_static_files")
@pytest.mark.parametrize("length", [100, 60_000])
def test_site_hands_on_a_whole_form_though_it_has_not_read_it(site, nginx, length):
    """A hand-in whose session has ended: the door keeps its answers, so none may be cut off on the way."""
    with named("door") as door:
        proxy = nginx(site.url, door)
        form = b"a" * length

        answers = {proxy.ask("/attempts/", "POST", form, **SESSION)[1] for _ in range(10)}

    assert answers == {f"door exams_door POST /attempts/ {form.decode()}"}


@pytest.mark.usefixtures("_static_files")
def test_pages_of_production_come_through_with_their_cookies_and_headers(site, nginx):
    answer, text = nginx(site.url).ask("/accounts/login/")

    assert answer.status == 200
    assert "__Host-csrftoken" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Content-Security-Policy" in answer.headers
    assert "csrfmiddlewaretoken" in text
