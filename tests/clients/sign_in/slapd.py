"""OpenLDAP's server with a database of its own in a temporary folder, gone after the block."""

import base64
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import urllib.parse

import parts
import server

SCHEMAS = "/etc/ldap/schema"
MODULES = "/usr/lib/ldap"
USUAL_SCHEMAS = ("core.schema", "cosine.schema", "inetorgperson.schema")
MANAGER_PASSWORD = "the-managers-password"
SUFFIX = "dc=wool,dc=example"
READS = "the-readers-password"
# A picture of one pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
REFUSED = (400, {"login": False, "message": "Wrong email or password."})


class Directory:
    """A running slapd, and the names in it."""

    def __init__(self, suffix, port, tls_port, socket_address):
        self.suffix = suffix
        self.port = port
        self.tls_port = tls_port
        self.socket = socket_address

    def add(self, *entries):
        """Adds entries, as the manager."""
        self._run("ldapadd", "".join(entries))

    def modify(self, ldif):
        """Changes entries, as the manager."""
        self._run("ldapmodify", ldif)

    def delete(self, name):
        """Takes an entry out, as the manager."""
        self._run("ldapdelete", f"{name}\n")

    def _run(self, tool, text):
        command = [tool, "-x", "-H", self.socket, "-D", f"cn=manager,{self.suffix}", "-w", MANAGER_PASSWORD]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=parts.WITHIN)
        if done.returncode != 0:
            raise RuntimeError(f"{tool}: {done.stdout}{done.stderr}")


def entry(name, **attributes):
    """An entry as LDIF; lists are several values, and bytes are written in base64."""
    lines = [f"dn: {name}"]
    for attribute, values in attributes.items():
        for value in values if isinstance(values, list) else [values]:
            raw = value if isinstance(value, bytes) else str(value).encode()
            lines.append(f"{attribute}:: {base64.b64encode(raw).decode()}")
    return "\n".join(lines) + "\n\n"


@contextlib.contextmanager
def directory(place, suffix, entries, tls, more="", schemas=USUAL_SCHEMAS, modules=(), overlay=""):
    """Runs slapd with these entries. `tls` is a certificate with its key, `more` goes into the settings of the server,
    and `overlay` into those of its database."""
    data = place / "database"
    data.mkdir()
    port, tls_port = server.free_port(), server.free_port()
    settings = place / "slapd.conf"
    settings.write_text(
        "\n".join(
            [
                *(f"include {pathlib.Path(SCHEMAS) / schema}" for schema in schemas),
                f"pidfile {place}/slapd.pid",
                f"modulepath {MODULES}",
                *(f"moduleload {module}" for module in ("back_mdb", *modules)),
                f"TLSCertificateFile {tls[0]}",
                f"TLSCertificateKeyFile {tls[1]}",
                "localSSF 256",
                more,
                "database mdb",
                f'suffix "{suffix}"',
                f'rootdn "cn=manager,{suffix}"',
                f"rootpw {MANAGER_PASSWORD}",
                f"directory {data}",
                "access to attrs=userPassword by anonymous auth by * none",
                # Who has not signed in sees nothing, as studios have it.
                "access to * by users read by * none",
                overlay,
                "",
            ]
        )
    )
    ldif = place / "entries.ldif"
    ldif.write_text("".join(entries))
    slapadd = [find("slapadd"), "-f", settings, "-l", ldif]
    done = subprocess.run(slapadd, capture_output=True, text=True, check=False, timeout=parts.WITHIN)
    if done.returncode != 0:
        raise RuntimeError(f"slapadd: {done.stderr}")
    # The manager comes through a socket, which counts as encrypted.
    manager = f"ldapi://{urllib.parse.quote(str(place / 'slapd.socket'), safe='')}"
    addresses = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port} {manager}"
    command = [find("slapd"), "-f", settings, "-h", addresses, "-d", "0"]
    with parts.program(command, place / "slapd.log", lambda: listens(port)):
        yield Directory(suffix, port, tls_port, manager)


def listens(port):
    """True if a program listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def find(name):
    """A program of the package, which is not on everybody's PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        raise FileNotFoundError(f"{name}: install slapd")
    return found


def settings(directory, trusted, **more):
    """The settings of a studio that asks a directory, and takes its certificate when somebody trusted signed it."""
    return {
        "AUTH_STRATEGY": "auth_remote_ldap",
        "LDAP_FALLBACK": "true",
        "LDAP_HOST": "localhost",
        "LDAP_PORT": str(directory.port),
        "LDAP_PASSWORD": READS,
        "EMAIL_DOMAIN": "wool.example",
        "SSL_CERT_FILE": str(trusted),
        **more,
    }


def escaped(text):
    """A text as a part of a name in LDAP."""
    return "".join(f"\\{byte:02x}" if byte > 127 or not chr(byte).isalnum() else chr(byte) for byte in text.encode())
