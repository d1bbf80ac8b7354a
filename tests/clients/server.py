"""Starts a Dailies server with demo data on a free port, for a test or for a command.

As a module:

    with server.running() as dailies:
        requests.get(dailies.url + "/status")

As a program, with DAILIES_URL, DAILIES_EMAIL and DAILIES_PASSWORD set for the command:

    python server.py [--empty] [--postgresql] -- COMMAND...

The binary is the one that DAILIES names, `target/debug/dailies` without it. Its data lives in a
temporary folder that goes away with the server, and its log is shown when something went wrong.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

import postgresql

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
EMAIL = "studio-admin@example.com"
PASSWORD = "a-long-password-for-tests"
READY_WITHIN = 60
STOPPED_WITHIN = 20
COMMAND_WITHIN = 60
DEMO_WITHIN = 180
LOG_LINES_SHOWN = 80


@dataclass(frozen=True)
class Running:
    """A server that answers, and the administrator's credentials."""

    url: str
    email: str
    password: str
    log: pathlib.Path
    place: tuple
    settings: dict

    def command(self, name, *arguments, settings=None):
        """Output of a command that is run beside the server, with its data and settings, and others."""
        return subprocess.run(
            [binary(), name, *self.place, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, **self.settings, **(settings or {})},
            check=False,
            timeout=COMMAND_WITHIN,
        )

    def environment(self):
        """The environment of a command that talks to this server."""
        return {
            **os.environ,
            "DAILIES": str(binary()),
            "DAILIES_URL": self.url,
            "DAILIES_EMAIL": self.email,
            "DAILIES_PASSWORD": self.password,
        }


def binary():
    """The program under test, as an absolute path."""
    path = pathlib.Path(os.environ.get("DAILIES", REPOSITORY / "target/debug/dailies"))
    path = path if path.is_absolute() else REPOSITORY / path
    if not path.exists():
        sys.exit(f"{path} is missing: build it with `cargo build`, or name another one in DAILIES")
    return path


def free_port():
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(demo=True, database_url=None, port=None, settings=None):
    """Runs a server until the block ends; raises when it does not start, stop or stay up as it should.

    `settings` are variables of its environment, and `port` is the one to listen on, for who has to know it before.
    """
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dailies-clients-"))
    log = folder / "server.log"
    place = ["--data-dir", str(folder / "data")]
    place += ["--database-url", database_url] if database_url else []
    # No mail server listens here, so mails would only be failures in the log.
    settings = {"MAIL_ENABLED": "false", **(settings or {})}
    environment = {**os.environ, "RUST_BACKTRACE": "1", **settings}
    try:
        with log.open("wb") as output:
            if demo:
                subprocess.run(
                    [binary(), "demo", *place, "--size", "small"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=environment,
                    check=True,
                    timeout=DEMO_WITHIN,
                )
            port = port or free_port()
            process = subprocess.Popen(
                [binary(), "serve", "--host", "127.0.0.1", "--port", str(port), *place]
                + ["--admin-email", EMAIL, "--admin-password", PASSWORD],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(process, url)
            yield Running(url, EMAIL, PASSWORD, log, tuple(place), settings)
        finally:
            stop(process)
        if "panicked at" in log.read_text(errors="replace"):
            raise RuntimeError("the server panicked while it served")
    except BaseException:
        show(log)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(process, url):
    """Returns once /status answers 200."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode} while starting")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            with urllib.request.urlopen(f"{url}/status", timeout=10) as answer:
                if answer.status == 200:
                    return
        time.sleep(0.1)
    raise RuntimeError(f"the server was not ready within {READY_WITHIN} s")


def stop(process):
    """Asks the server to end and insists on a clean end."""
    if process.poll() is not None:
        raise RuntimeError(f"the server ended by itself with status {process.returncode}")
    process.send_signal(signal.SIGTERM)
    try:
        status = process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError(f"the server did not end within {STOPPED_WITHIN} s of SIGTERM") from None
    if status != 0:
        raise RuntimeError(f"the server ended with status {status} after SIGTERM")


@contextlib.contextmanager
def program(command, log, **more):
    """Runs a program of others until the block ends, and shows its log when something went wrong in it."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
    try:
        yield process
    except BaseException:
        print(log.read_text(errors="replace"), file=sys.stderr)
        raise
    finally:
        process.terminate()
        process.wait(STOPPED_WITHIN)


def show(log):
    """Prints the end of the server's log."""
    if log.exists():
        lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        print("---- end of the server's log ----", *lines, sep="\n", file=sys.stderr)


def main():
    """Runs the command of the command line against a fresh server and returns its exit status."""
    parser = argparse.ArgumentParser(description="Run a command against a fresh Dailies server.")
    parser.add_argument("--empty", action="store_true", help="start without demo data")
    parser.add_argument("--postgresql", action="store_true", help="store in a temporary PostgreSQL cluster")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    arguments = parser.parse_args()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        parser.error("name the command to run after --")
    with contextlib.ExitStack() as stack:
        database_url = stack.enter_context(postgresql.cluster()) if arguments.postgresql else None
        dailies = stack.enter_context(running(not arguments.empty, database_url))
        status = subprocess.run(command, env=dailies.environment(), check=False).returncode
        if status != 0:
            show(dailies.log)
    return status


if __name__ == "__main__":
    sys.exit(main())
