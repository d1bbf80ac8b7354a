"""A bad line to the server of DAILIES_URL, for a command that finds it at DAILIES_SHAKY_URL.

    python shaky.py -- COMMAND...

It loses, refuses and delays calls as `TROUBLE` says, and hands all others on. `GET /calls` answers how often each operation was
asked for.
"""

import collections
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse

# Faults of the first calls of an operation: the connection is lost, or an answer other than the server's. Each call of
# `EXPIRES` is refused while its token is the first one that was seen there.
TROUBLE = {
    "POST /auth/login": [429],
    "GET /data/projects": ["lost", 503, 429],
    "POST /data/departments": [503],
}
EXPIRES = "GET /data/user/tasks"
REASONS = {
    401: {"error": True, "message": "Signature has expired"},
    429: {"error": True, "message": "Too many calls."},
    503: {"error": True, "message": "The server is stopping."},
}


class Line(http.server.BaseHTTPRequestHandler):
    """One call."""

    server_address = urllib.parse.urlsplit(os.environ["DAILIES_URL"])
    calls = collections.Counter()
    first_token = None

    def handle_call(self):
        """Hands a call on, or does not."""
        name = f"{self.command} {urllib.parse.urlsplit(self.path).path}"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if name == "GET /calls":
            return self.answer(200, json.dumps(Line.calls).encode())
        Line.calls[name] += 1
        trouble = TROUBLE.get(name, [])[Line.calls[name] - 1 :]
        if name == EXPIRES and self.expired():
            trouble = [401]
        if not trouble:
            return self.hand_on(body)
        if trouble[0] == "lost":
            self.close_connection = True
            return None
        headers = {"Retry-After": "1"} if trouble[0] == 429 else {}
        return self.answer(trouble[0], json.dumps(REASONS[trouble[0]]).encode(), headers)

    do_GET = do_POST = do_PUT = do_DELETE = handle_call

    def expired(self):
        """True if the token is the first one that was seen."""
        Line.first_token = Line.first_token or self.headers["Authorization"]
        return self.headers["Authorization"] == Line.first_token

    def hand_on(self, body):
        """Lets the server answer."""
        upstream = http.client.HTTPConnection(self.server_address.netloc, timeout=60)
        headers = {key: value for key, value in self.headers.items() if key.lower() != "host"}
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        kept = ("Content-Type", "Content-Encoding")
        self.answer(answer.status, answer.read(), {key: answer.headers[key] for key in kept if key in answer.headers})

    def answer(self, status, body, headers=None):
        """Sends an answer."""
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **(headers or {}), "Content-Length": len(body)}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: the command tells what went wrong."""


def main():
    """Runs the command beside the line and returns its exit status."""
    command = sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:]
    line = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Line)
    threading.Thread(target=line.serve_forever, daemon=True).start()
    environment = {**os.environ, "DAILIES_SHAKY_URL": f"http://127.0.0.1:{line.server_port}"}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
