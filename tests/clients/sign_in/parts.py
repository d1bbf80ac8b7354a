"""Parts that the suites of signing in share: counting of checks, a studio's server, certificates, and a mail server."""

import contextlib
import email
import email.policy
import functools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import requests
from aiosmtpd.controller import Controller

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import server  # noqa: E402

WITHIN = 60


class Suite:
    """A suite: sections of checks, each of which passes or fails."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = 0

    def check(self, what, found, expected=True):
        """Counts whether something is as it should be; goes on either way."""
        if found == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.name}: {what}: expected {expected!r}, found {found!r}"[:2000], flush=True)

    def section(self, function, *arguments):
        """Runs a section; one that breaks off is a failure."""
        begun = time.monotonic()
        try:
            function(self, *arguments)
        except Exception:  # noqa: BLE001 - whatever it is, it is shown and counted
            traceback.print_exc()
            self.check(f"{function.__name__} ends", "broken off", "done")
        print(f"  {function.__name__:<32} {time.monotonic() - begun:5.1f} s", flush=True)

    def end(self):
        """Prints the count, and ends the program."""
        print(f"{self.name}: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)


class Studio:
    """A running server, as the studio's people and its administrator see it."""

    def __init__(self, running, address):
        self.running = running
        self.address = address

    @functools.cached_property
    def admin(self):
        """The headers of the administrator."""
        return {"Authorization": f"Bearer {self.token(self.running.email, self.running.password)}"}

    def token(self, name, password):
        """An access token."""
        status, answer = self.sign_in(name, password)
        if status != 200:
            raise RuntimeError(f"{name} can't sign in: {status} {answer}")
        return answer["access_token"]

    def sign_in(self, name, password, **more):
        """The status and body of an attempt to sign in."""
        body = {"email": name, "password": password, **more}
        answer = requests.post(f"{self.address}/auth/login", json=body, timeout=WITHIN)
        return answer.status_code, answer.json()

    def call(self, method, path, headers=None, expected=None, **more):
        """The body of an answer, by the administrator unless other headers are given."""
        headers = self.admin if headers is None else headers
        answer = requests.request(method, f"{self.address}{path}", headers=headers, timeout=WITHIN, **more)
        if answer.status_code != (expected or answer.status_code):
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def persons(self):
        """The persons of the studio by their e-mail addresses, without the first administrator."""
        persons = self.call("GET", "/data/persons", expected=200)
        return {person["email"]: person for person in persons if person["email"] != self.running.email}

    def add_person(self, address, **more):
        """A new person."""
        first, last = address.split("@")[0].title(), "Wool"
        body = {"email": address, "first_name": first, "last_name": last, **more}
        return self.call("POST", "/data/persons", json=body, expected=201)


@contextlib.contextmanager
def studio(settings, port=None, scheme="http"):
    """A server without demo data, with these variables in its environment."""
    port = port or server.free_port()
    settings = {
        "DOMAIN_NAME": f"localhost:{port}",
        "DOMAIN_PROTOCOL": scheme,
        "DAILIES_SIGN_IN_RATE": "0",
        **settings,
    }
    with server.running(demo=False, port=port, settings=settings) as running:
        yield Studio(running, f"http://localhost:{port}")


class Visit:
    """Somebody who goes to a provider with a browser. A suite says how they go, and how they `arrive` at the studio again."""

    def __init__(self, at, browser):
        self.at = at
        self.browser = browser

    def whoami(self):
        """The person that the browser is signed in as, or nobody."""
        answer = self.browser.ask("GET", f"{self.at.address}/auth/authenticated")
        return answer.json()["user"] if answer.status_code == 200 else None

    def sign_in(self, suite, what):
        """Arrives, and gives the person that the browser is signed in as then."""
        answer = self.arrive()
        led = answer.status_code, answer.headers.get("Location")
        suite.check(f"{what}: led to the studio", led, (302, self.at.address))
        return self.whoami() or {}


@contextlib.contextmanager
def folder(name):
    """A temporary folder."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"dailies-{name}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def openssl(*arguments):
    """Runs openssl."""
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=WITHIN)


def authority(place, name):
    """A certificate authority: its certificate and key."""
    certificate, key = place / f"{name}.pem", place / f"{name}.key"
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
        "-keyout",
        key,
        "-out",
        certificate,
    )
    return certificate, key


def certificate(place, host, issuer):
    """A certificate of a host, and its key, from an authority."""
    made, key, request, names = (place / f"{host}.{end}" for end in ("pem", "key", "csr", "cnf"))
    names.write_text(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", key, "-out", request)
    openssl(
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        issuer[0],
        "-CAkey",
        issuer[1],
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        names,
        "-out",
        made,
    )
    return made, key


@contextlib.contextmanager
def program(command, log, ready, **more):
    """Runs a program until the block ends, once `ready` says that it answers."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
    try:
        wait_for(lambda: process.poll() is not None or ready(), f"{command[0]} does not answer")
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {log.read_text(errors='replace')[-3000:]}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition, problem, within=WITHIN):
    """Value of a condition, once it has one."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise RuntimeError(f"{problem} within {within} s")


class PostOffice:
    """A mail server (aiosmtpd) that keeps what it gets."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd calls it so
        """Takes a letter."""
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 OK"

    def code(self, address, number=1):
        """The six digits in the letter with a code that somebody got at that place of them, from 1."""

        def found():
            letters = [letter for to, letter in list(self.letters) if address in to and "code" in letter["Subject"]]
            return letters[number - 1] if len(letters) >= number else None

        letter = wait_for(found, f"{address} got no letter {number}")
        text = letter.get_body(("plain", "html")).get_content()
        return re.search(r"(?<![\d#])\d{6}(?!\d)", text).group()

    def wait(self, address, number):
        """Returns once somebody got so many letters."""
        wait_for(lambda: self.count(address) >= number, f"{address} got no letter {number}")

    def count(self, address):
        """Number of letters that somebody got."""
        return sum(address in to for to, _ in list(self.letters))


@contextlib.contextmanager
def post_office():
    """A mail server, and the settings to use it."""
    office, port = PostOffice(), server.free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office, {"MAIL_ENABLED": "true", "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port)}
    finally:
        controller.stop()
