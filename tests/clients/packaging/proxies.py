"""The proxies of `packaging/` at work in front of a server: nginx and Caddy under a public name, and Caddy before two servers.

Their configurations are taken as they are, but for what belongs to a machine: ports, certificates and the addresses of servers.
"""

import contextlib
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import requests
import requests.adapters
import socketio

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import server  # noqa: E402

PACKAGING = server.REPOSITORY / "packaging"
NAME = "tracker.example.com"
# Where people come from. The proxies reach the server from 127.0.0.1, as all programs do here.
PERSON = "127.0.0.2"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
LARGE = 48 * 1024 * 1024
WITHIN = 15


class FromElsewhere(requests.adapters.HTTPAdapter):
    """Connections that come from the address of a person."""

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(PERSON, 0), **options)


class Listener:
    """Somebody who listens to events by one kind of transport."""

    def __init__(self, session, url, token, transport):
        self.heard = {}
        self.news = threading.Condition()
        self.client = socketio.Client(http_session=session, reconnection=False)
        self.client.on("comment:new", self.take, namespace="/events")
        self.client.connect(
            url,
            headers={"Authorization": f"Bearer {token}"},
            namespaces=["/events"],
            transports=[transport],
            wait_timeout=WITHIN,
        )

    def take(self, data):
        with self.news:
            self.heard[data["comment_id"]] = data
            self.news.notify_all()

    def wait_for(self, comment):
        with self.news:
            assert self.news.wait_for(lambda: comment in self.heard, WITHIN), "an event was not heard"


def changed(name, changes):
    """A file of `packaging/` with what belongs to a machine replaced. All of it has to be there."""
    text = (PACKAGING / name).read_text()
    for before, after in changes.items():
        assert text.count(before) == 1, f"{name} has {before!r} {text.count(before)} times"
        text = text.replace(before, after)
    return text


def certificate(folder):
    """The paths of a certificate for the name, and of its key."""
    paths = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "1"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@contextlib.contextmanager
def proxy(command, port, log, environment=None):
    """Runs a proxy until the block ends, and shows its log when something went wrong."""
    with server.program(command, log, env=environment) as process:
        deadline = time.monotonic() + WITHIN
        while True:
            assert process.poll() is None, f"{command[0]} ended with status {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield


def nginx(folder, dailies, port, certificate):
    """nginx with the example, inside of a configuration that keeps its files in the folder."""
    plain = server.free_port()
    example = changed(
        "nginx.conf",
        {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            f"/etc/ssl/{NAME}.pem": str(certificate[0]),
            f"/etc/ssl/{NAME}.key": str(certificate[1]),
            "http://127.0.0.1:5000;": f"{dailies.url};",
        },
    )
    (folder / "dailies.conf").write_text(example)
    kept = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off;\npid {folder}/nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{kept}include {folder}/dailies.conf;\n}}\n"
    # Its workers are somebody else, who may not read a folder of root.
    (folder / "nginx.conf").write_text(("user root;\n" if os.geteuid() == 0 else "") + whole)
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
    said = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert said.returncode == 0 and "[warn]" not in said.stderr, said.stderr
    return proxy(command, port, folder / "nginx.log")


def caddy(folder, example, port):
    """Caddy with this text, after a heading that keeps it from ports and files outside of the folder."""
    heading = "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n"
    path = folder / f"Caddyfile.{port}"
    path.write_text(heading + example)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", path]
    return proxy(command, port, folder / f"caddy.{port}.log", environment)


def caddy_under_a_name(folder, dailies, port, certificate):
    """Caddy with the example of one server."""
    example = changed(
        "Caddyfile",
        {
            f"\n{NAME} {{": f"\nhttps://{NAME}:{port} {{\n\ttls {certificate[0]} {certificate[1]}",
            "127.0.0.1:5000": dailies.url.removeprefix("http://"),
        },
    )
    return caddy(folder, example, port)


def caddy_before_two(folder, first, second, port):
    """Caddy with the example of two servers."""
    example = changed(
        "Caddyfile.cluster",
        {":80 {": f"http://127.0.0.1:{port} {{", "first:5000": first, "second:5000": second},
    )
    return caddy(folder, example, port)


def a_day(dailies, url, certificate):
    """The work of people through a proxy: sign in, listen both ways, send a large file, fetch it again."""
    session = requests.Session()
    # Other certificates of this machine, and its proxy, mean nothing here.
    session.trust_env = False
    session.mount("https://", FromElsewhere())
    session.verify = str(certificate[0])
    # As a browser, which gets cookies and says whose page it is on.
    session.headers.update({"User-Agent": BROWSER, "Origin": url})
    answer = session.post(f"{url}/api/auth/login", json={"email": dailies.email, "password": dailies.password})
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]

    logs = session.get(f"{url}/api/data/events/login-logs/last", params={"limit": 1}).json()
    assert logs[0]["ip_address"] == PERSON, f"who signed in came from {logs[0]['ip_address']}"
    assert session.get(f"{url}/metrics").status_code == 404, "figures of the machine are open to everybody"
    direct = requests.get(f"{dailies.url}/metrics", timeout=WITHIN)
    assert direct.status_code == 200, "figures of the machine are closed to the machine"

    task = session.get(f"{url}/api/data/tasks", params={"page": 1, "limit": 1}).json()["data"][0]
    listeners = [Listener(session, url, token, transport) for transport in ("polling", "websocket")]
    try:
        sent = secrets.token_bytes(LARGE)
        answer = session.post(
            f"{url}/api/actions/tasks/{task['id']}/comment",
            data={"task_status_id": task["task_status_id"], "comment": "Here is the scene."},
            files={"file-1": ("scene.blend", sent)},
        )
        assert answer.status_code == 201, f"{answer.status_code}: {answer.text}"
        comment = answer.json()
        for listener in listeners:
            listener.wait_for(comment["id"])
    finally:
        for listener in listeners:
            listener.client.disconnect()
    file = comment["attachment_files"][0]
    answer = session.get(f"{url}/api/data/attachment-files/{file['id']}/file/{file['name']}")
    assert answer.content == sent, f"{len(answer.content)} bytes came back"


def two_servers(dailies, folder):
    """People stay at a server, and find another one when theirs is gone."""
    port = server.free_port()
    gone = f"127.0.0.1:{server.free_port()}"
    url = f"http://127.0.0.1:{port}"
    with caddy_before_two(folder, gone, dailies.url.removeprefix("http://"), port):
        deadline = time.monotonic() + WITHIN
        while requests.get(f"{url}/status", timeout=WITHIN).status_code != 200:
            assert time.monotonic() < deadline, "nobody finds the server that is up"
            time.sleep(0.1)
        session = requests.Session()
        places = set()
        for _ in range(10):
            assert requests.get(f"{url}/api/status", timeout=WITHIN).status_code == 200
            assert session.get(f"{url}/api/status", timeout=WITHIN).status_code == 200
            places.add(session.cookies.get("lb"))
        assert len(places) == 1 and None not in places, f"one browser was sent to {places}"


def main():
    """Tries each proxy in turn."""
    resolved = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **more: resolved("127.0.0.1" if host == NAME else host, *rest, **more)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dailies-proxies-"))
    port = server.free_port()
    settings = {
        "DOMAIN_NAME": f"{NAME}:{port}",
        "DOMAIN_PROTOCOL": "https",
        "DAILIES_TRUSTED_PROXIES": "127.0.0.1",
    }
    try:
        pair = certificate(folder)
        with server.running(settings=settings) as dailies:
            for kind in (nginx, caddy_under_a_name):
                with kind(folder, dailies, port, pair):
                    a_day(dailies, f"https://{NAME}:{port}", pair)
            two_servers(dailies, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("proxies: nginx and Caddy passed on a sign-in, events both ways and a large file, and Caddy found the server that was up")


if __name__ == "__main__":
    main()
