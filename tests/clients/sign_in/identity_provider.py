"""An identity provider of SAML (pysaml2, which signs with xmlsec1). On its page to sign in any password is right."""

import base64
import contextlib
import html
import http.server
import threading
import urllib.parse
import warnings

import parts
from cryptography.utils import CryptographyDeprecationWarning

warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning)  # pysaml2 names what it does not use here

import saml2  # noqa: E402
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT  # noqa: E402
from saml2.config import IdPConfig  # noqa: E402
from saml2.metadata import entity_descriptor  # noqa: E402
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NameID  # noqa: E402
from saml2.server import Server  # noqa: E402
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256  # noqa: E402

PASSWORD_SIGN_IN = {
    "class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    "authn_auth": "wool",
}


def described(name, consumer):
    """Metadata of a server that takes answers."""
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{name}">'
        '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f'<md:AssertionConsumerService Binding="{BINDING_HTTP_POST}" Location="{consumer}" index="0" isDefault="true"/>'
        "</md:SPSSODescriptor></md:EntityDescriptor>"
    )


class IdentityProvider:
    """The provider. What it answers is that of `signs` and `more`, which a test may change."""

    def __init__(self, studio_address, certificates):
        self.address = f"http://localhost:{parts.server.free_port()}"
        self.studio = f"{studio_address}/api/auth/saml/login"
        self.consumer = f"{studio_address}/api/auth/saml/sso"
        self.requests = []
        self.people = {}
        self.use(certificates)
        self.usual()

    def use(self, certificates, minutes=15):
        """Signs with this certificate and key from now on. Answers are good for so many minutes."""
        settings = {
            "entityid": f"{self.address}/metadata",
            "xmlsec_binary": saml2.sigver.get_xmlsec_binary(["/usr/bin", "/usr/local/bin"]),
            "cert_file": str(certificates[0]),
            "key_file": str(certificates[1]),
            "metadata": {
                "inline": [
                    described(self.studio, self.consumer),
                    described("http://another.example", "http://another.example/sso"),
                ]
            },
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(f"{self.address}/sso", BINDING_HTTP_REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": minutes}, "attribute_restrictions": None}},
                    "name_id_format": [NAMEID_FORMAT_EMAILADDRESS],
                }
            },
        }
        self.config = IdPConfig().load(settings)
        self.server = Server(config=self.config)

    def usual(self):
        """Answers as it should."""
        self.signs = {"sign_assertion": True, "sign_response": False}
        self.more = {}
        self.change = None

    def metadata(self):
        """Metadata of the provider."""
        return str(entity_descriptor(self.config))

    def answer(self, name, request_id):
        """The answer about somebody, as the text of XML."""
        arguments = {
            "identity": self.people.get(name, {}),
            "in_response_to": request_id,
            "destination": self.consumer,
            "sp_entity_id": self.studio,
            "name_id": NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=name),
            "authn": PASSWORD_SIGN_IN,
            "sign_alg": SIG_RSA_SHA256,
            "digest_alg": DIGEST_SHA256,
            **self.signs,
            **self.more,
        }
        text = str(self.server.create_authn_response(**arguments))
        return self.change(text) if self.change else text

    def page(self, request, state):
        """The page to sign in on, for a request that is good."""
        read = self.server.parse_authn_request(request, BINDING_HTTP_REDIRECT)
        self.requests.append(read.message)
        return form(
            "/signed-in", {"request": read.message.id, "state": state}, '<input name="login"><input name="password">'
        )

    def back(self, fields):
        """The page that takes the answer back."""
        xml = self.answer(fields["login"][0], fields["request"][0])
        return form(
            self.consumer, {"SAMLResponse": base64.b64encode(xml.encode()).decode(), "RelayState": fields["state"][0]}
        )


def form(address, hidden, more=""):
    """A page with a form."""
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in hidden.items()
    )
    content = f"{fields}{more}<button>Go on</button>"
    return f'<!doctype html><title>Wool</title><form method="post" action="{address}">{content}</form>'


@contextlib.contextmanager
def running(provider):
    """Serves the pages of a provider until the block ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers browsers, and the studio's server that asks for the metadata."""

        def do_GET(self):  # noqa: N802 - http.server calls it so
            """Metadata, or the page to sign in on."""
            parsed = urllib.parse.urlsplit(self.path)
            query = urllib.parse.parse_qs(parsed.query)
            if parsed.path == "/metadata":
                self.send(provider.metadata(), "application/samlmetadata+xml")
            else:
                self.send(provider.page(query["SAMLRequest"][0], query.get("RelayState", [""])[0]), "text/html")

        def do_POST(self):  # noqa: N802 - http.server calls it so
            """Fields that somebody entered."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send(provider.back(urllib.parse.parse_qs(body, keep_blank_values=True)), "text/html")

        def send(self, text, kind):
            """Answers."""
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Says nothing."""

    web = http.server.ThreadingHTTPServer(("127.0.0.1", urllib.parse.urlsplit(provider.address).port), Handler)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    try:
        yield
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
