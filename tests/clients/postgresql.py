"""A PostgreSQL cluster of our own in a temporary folder, gone after the block."""

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

USER = "dailies"
DATABASE = "dailies"


@contextlib.contextmanager
def cluster():
    """Yields the URL of an empty database."""
    # PostgreSQL refuses to run as root, and Debian's package brings an account for it.
    account = "postgres" if os.geteuid() == 0 else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dailies-postgresql-"))
    if account:
        entry = pwd.getpwnam(account)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data = folder / "data"
    log = folder / "commands.log"
    port = free_port()

    def run(program, *arguments):
        prefix = ["runuser", "-u", account, "--"] if account else []
        # Not captured through pipes: the daemon would inherit them and keep them open.
        with log.open("ab") as output:
            subprocess.run(
                [*prefix, find(program), *arguments],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
                timeout=120,
            )

    try:
        try:
            run(
                "initdb",
                "-D",
                str(data),
                "-U",
                USER,
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            )
            settings = (
                f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
            )
            run(
                "pg_ctl",
                "-D",
                str(data),
                "-w",
                "-t",
                "60",
                "-l",
                str(folder / "postgresql.log"),
                "-o",
                settings,
                "start",
            )
            try:
                run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE)
                yield f"postgres://{USER}@127.0.0.1:{port}/{DATABASE}"
            finally:
                run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        except subprocess.SubprocessError:
            print(log.read_text(errors="replace"))
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find(program):
    """The program on PATH, else the one of the newest installed PostgreSQL."""
    installed = sorted(
        pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}"),
        key=lambda path: int(path.parts[4]),
    )
    found = shutil.which(program) or (str(installed[-1]) if installed else None)
    if not found:
        raise FileNotFoundError(f"{program}: install PostgreSQL")
    return found
