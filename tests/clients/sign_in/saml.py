"""Signing in at an identity provider of SAML: pysaml2, run beside the server and used by browsers that follow redirects
and send its forms.
"""

import re
import time

import identity_provider
import parts
import server
from identity_provider import IdentityProvider
from parts import Suite, authority, folder, studio
from saml2.xmldsig import DIGEST_SHA1, SIG_RSA_SHA1, SIG_RSA_SHA512
from surfer import Forms, Surfer

REFUSED = {"error": "SAML authentication failed."}
NOT_THEIRS = {"error": "This account cannot be signed in to with this identity. Ask an administrator."}
ADA = "Ada@Wool.example"
PEOPLE = {
    ADA: {"first_name": "Ada", "last_name": "Byron", "phone": "+44 1", "country": "gb", "role": "admin", "uid": "7"},
    "eve@wool.example": {"first_name": "Eve", "last_name": "Moor", "uid": "8"},
    "plain@wool.example": {},
    "twice@wool.example": {"uid": ["7", "8"]},
}
RESPONSE = {"sign_assertion": False, "sign_response": True}
BOTH = {"sign_assertion": True, "sign_response": True}
NEITHER = {"sign_assertion": False, "sign_response": False}


class Visit(parts.Visit):
    """Somebody who signs in at the provider."""

    def __init__(self, at, provider, name):
        """Up to the form that takes the answer back."""
        super().__init__(at, Surfer())
        page = self.browser.go(f"{at.address}/api/auth/saml/login")
        self.page = self.browser.submit(page, login=name, password="any")
        self.form = Forms(self.page.text).found[0]

    def arrive(self, browser=None):
        """The answer of the studio."""
        return (browser or self.browser).ask("POST", self.form[0], data=self.form[2])


def comes_in(suite, at, provider, name, what):
    """Signs somebody in, and gives the person that they are signed in as."""
    return Visit(at, provider, name).sign_in(suite, what)


def stays_out(suite, at, provider, name, what, told=None):
    """Somebody does not get in, and nothing changes."""
    before = at.persons()
    visit = Visit(at, provider, name)
    answer = visit.arrive()
    suite.check(
        what,
        (answer.status_code, answer.json() if answer.status_code == 400 else None, visit.whoami()),
        (400, told or REFUSED, None),
    )
    suite.check(f"{what}: nobody was made or changed", at.persons(), before)
    provider.usual()


def newcomers(suite, at, provider):
    """Somebody new gets an account and keeps it, whatever part of the answer is signed."""
    config = at.call("GET", "/config")
    suite.check("the page to sign in on knows of it", (config["saml_enabled"], config["saml_idp_name"]), (True, "Wool"))
    ada = comes_in(suite, at, provider, ADA, "the assertion is signed")
    request = provider.requests[-1]
    suite.check(
        "the question says who asks, and where to answer",
        (request.issuer.text, request.assertion_consumer_service_url, request.destination),
        (provider.studio, provider.consumer, f"{provider.address}/sso"),
    )
    found = {key: ada.get(key) for key in ("email", "first_name", "last_name", "phone", "country", "role")}
    suite.check(
        "the account is what the provider says, its role aside",
        found,
        {
            "email": "ada@wool.example",
            "first_name": "Ada",
            "last_name": "Byron",
            "phone": "+44 1",
            "country": "GB",
            "role": "user",
        },
    )
    for signs, what in ((RESPONSE, "the response is signed"), (BOTH, "both are signed")):
        provider.signs = signs
        again = comes_in(suite, at, provider, ADA, what)
        suite.check(f"{what}: the same person", again.get("id"), ada["id"])
    provider.usual()
    provider.more = {"sign_alg": SIG_RSA_SHA512}
    suite.check("another algorithm", comes_in(suite, at, provider, ADA, "SHA-512").get("id"), ada["id"])
    provider.usual()
    plain = comes_in(suite, at, provider, "plain@wool.example", "nothing but an address")
    suite.check("empty names", (plain.get("first_name"), plain.get("last_name")), ("", ""))
    eve = at.add_person("eve@wool.example")
    suite.check(
        "somebody with an account", comes_in(suite, at, provider, "eve@wool.example", "an account").get("id"), eve["id"]
    )
    at.call("PUT", f"/data/persons/{eve['id']}", json={"active": False}, expected=200)
    visit = Visit(at, provider, "eve@wool.example")
    suite.check("who is switched off arrives signed out", (visit.arrive().status_code, visit.whoami()), (302, None))
    stays_out(
        suite,
        at,
        provider,
        "no-address",
        "a name that is no address",
        {"error": "No email address returned by the provider."},
    )


def once(suite, at, provider):
    """An answer is good once, and for the browser that asked."""
    visit = Visit(at, provider, ADA)
    other = Visit(at, provider, ADA)
    suite.check("another browser", visit.arrive(Surfer()).status_code, 400)
    visit.form, other.form = other.form, visit.form
    suite.check(
        "the answers of two browsers are not each other's",
        (visit.arrive().status_code, other.arrive().status_code),
        (400, 400),
    )
    visit = Visit(at, provider, ADA)
    suite.check("good once", (visit.arrive().status_code, visit.arrive().status_code), (302, 400))
    # The same browser asks again, and brings the answer from before.
    visit.browser.go(f"{at.address}/api/auth/saml/login")
    suite.check("a replay with a new question", visit.arrive().status_code, 400)
    provider.more = {"in_response_to": None}
    stays_out(suite, at, provider, ADA, "an answer that nobody asked for")
    provider.more = {"in_response_to": "_another"}
    stays_out(suite, at, provider, ADA, "an answer to something else")


def meant(suite, at, provider, strangers, own):
    """An answer has to be signed by the provider, for this server, and good now."""
    provider.signs = NEITHER
    stays_out(suite, at, provider, ADA, "nothing is signed")
    for signs in ({}, RESPONSE):
        provider.more = {"sp_entity_id": "http://another.example", **signs}
        stays_out(suite, at, provider, ADA, f"for another audience {signs}")
        provider.more = {"destination": "http://another.example/sso", **signs}
        stays_out(suite, at, provider, ADA, f"for another recipient {signs}")
    provider.more = {"sign_alg": SIG_RSA_SHA1, "digest_alg": DIGEST_SHA1}
    stays_out(suite, at, provider, ADA, "signed with SHA-1")
    provider.more = {"digest_alg": DIGEST_SHA1}
    stays_out(suite, at, provider, ADA, "a digest of SHA-1")
    provider.use(own, minutes=-20)
    stays_out(suite, at, provider, ADA, "expired")
    provider.use(own)
    honest = provider.metadata()
    provider.use(strangers)
    provider.metadata = lambda: honest
    stays_out(suite, at, provider, ADA, "signed by somebody else who calls himself the same")
    del provider.metadata
    provider.use(own)
    suite.check("the good one is", comes_in(suite, at, provider, ADA, "the good one").get("email"), "ada@wool.example")


def tampering(suite, at, provider):
    """A signed answer can't be changed, nor can anything be put beside it."""
    eve = "eve@wool.example"

    def assertion(xml):
        return re.search(r"<(\w+:)?Assertion .*</(\w+:)?Assertion>", xml, re.DOTALL).group()

    def unsigned(xml):
        return re.sub(r"<(\w+):Signature .*?</\1:Signature>", "", xml, flags=re.DOTALL)

    def plain(xml):
        """Without the line that says that it is XML."""
        return re.sub(r"^<\?xml.*?\?>\s*", "", xml)

    def forged(xml):
        """An assertion about somebody else that nobody signed."""
        text = unsigned(assertion(xml)).replace(ADA, eve)
        return re.sub(r' ID="[^"]*"', ' ID="_forged"', text, count=1)

    def before(xml, what):
        return xml.replace(assertion(xml), what + assertion(xml))

    def in_another(xml):
        """The whole answer goes into the extensions of one that nobody signed."""
        answer = plain(xml)
        outer = re.sub(
            r' ID="[^"]*"',
            ' ID="_outer"',
            unsigned(answer).replace(assertion(unsigned(answer)), forged(answer)),
            count=1,
        )
        prefix = re.match(r"<(\w+):Response", answer).group(1)
        status = outer.index(f"<{prefix}:Status>")
        return f"{outer[:status]}<{prefix}:Extensions>{answer}</{prefix}:Extensions>{outer[status:]}"

    def wrapped(xml):
        """The signed one goes into the signature of the forged one."""
        signature = re.search(r"<(\w+):Signature .*?</\1:Signature>", assertion(xml), re.DOTALL)
        inside = unsigned(assertion(xml))
        prefix = signature.group(1)
        ending = f"</{prefix}:Signature>"
        around = signature.group().replace(ending, f"<{prefix}:Object>{inside}</{prefix}:Object>{ending}")
        outer = forged(xml)
        end = outer.index("</", outer.index("Issuer"))
        end = outer.index(">", end) + 1
        return xml.replace(assertion(xml), outer[:end] + around + outer[end:])

    def in_extensions(xml):
        """The signed one goes where nobody looks, and the forged one takes its place."""
        signed = assertion(xml)
        prefix = re.match(r"<(\w+):Response", plain(xml)).group(1)
        status = xml.index(f"<{prefix}:Status>")
        moved = xml.replace(signed, forged(xml))
        return moved[:status] + f"<{prefix}:Extensions>{signed}</{prefix}:Extensions>" + moved[status:]

    changes = {
        "another name": lambda xml: xml.replace(ADA, eve),
        "a comment in the name": lambda xml: xml.replace(ADA, f"<!-- {eve} -->{ADA}"),
        "another audience": lambda xml: xml.replace(provider.studio, "http://another.example"),
        "a longer time": lambda xml: re.sub(r'NotOnOrAfter="20\d\d', 'NotOnOrAfter="2099', xml),
        "without the signature": unsigned,
        "an empty signature": lambda xml: re.sub(r"(<\w+:SignatureValue>)[^<]*", r"\1", xml),
        "a forged one in front": lambda xml: before(xml, forged(xml)),
        "a forged one behind": lambda xml: xml.replace(assertion(xml), assertion(xml) + forged(xml)),
        "the signed one in the extensions": in_extensions,
        "the signed answer in the extensions of a forged one": in_another,
        "a document type": lambda xml: '<!DOCTYPE x [<!ENTITY e "x">]>' + plain(xml),
        "an entity for the name": lambda xml: (
            f'<!DOCTYPE x [<!ENTITY e "{ADA}">]>' + plain(xml).replace(f">{ADA}<", ">&e;<")
        ),
        "a document type from a file": lambda xml: '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + plain(xml),
        "no XML": lambda xml: xml[:-20],
    }
    for signs in ({"sign_assertion": True, "sign_response": False}, RESPONSE, BOTH):
        within = {"the signed one within the signature of the forged one": wrapped} if signs["sign_assertion"] else {}
        for what, change in {**changes, **within}.items():
            provider.signs, provider.change = signs, change
            stays_out(suite, at, provider, ADA, f"{what} {signs}")
    # The signature is good without the comment, too, which some readers stop at.
    provider.change = lambda xml: xml.replace(f"{ADA}.evil", f"{ADA}<!-- -->.evil")
    stays_out(suite, at, provider, f"{ADA}.evil.example", "a comment that cuts a name short")
    provider.change = plain
    suite.check(
        "what changes nothing spoils nothing",
        comes_in(suite, at, provider, ADA, "no change").get("email"),
        "ada@wool.example",
    )
    provider.usual()
    browser = Surfer()
    for body, what in (({}, "no answer"), ({"SAMLResponse": "!"}, "no base64"), ({"SAMLResponse": ""}, "an empty one")):
        suite.check(what, browser.ask("POST", provider.consumer, data=body).status_code, 400)


def other_keys(suite, at, provider, new):
    """The provider signs with another certificate from one moment to the next."""
    provider.use(new)
    parts.wait_for(
        lambda: time.sleep(1) or Visit(at, provider, ADA).arrive().status_code == 302,
        "a new certificate is not looked for",
    )
    suite.check(
        "the new one counts", comes_in(suite, at, provider, ADA, "a new certificate").get("email"), "ada@wool.example"
    )


def bound(suite, at, provider):
    """An account is bound to an attribute, so that nobody gets it by its address. A factor is demanded here."""
    visit = Visit(at, provider, ADA)
    suite.check("in", visit.arrive().status_code, 302)
    answer = visit.browser.ask("GET", f"{at.address}/data/projects")
    suite.check(
        "a factor has to be set up",
        (answer.status_code, "two_factor_authentication_required" in answer.text),
        (403, True),
    )
    ada = visit.whoami()
    provider.people = {**PEOPLE, "ada.l@wool.example": PEOPLE[ADA], ADA: PEOPLE["eve@wool.example"]}
    suite.check(
        "another address, the same person",
        comes_in(suite, at, provider, "ada.l@wool.example", "moved").get("id"),
        ada["id"],
    )
    stays_out(suite, at, provider, ADA, "somebody else at the address", NOT_THEIRS)
    provider.people = PEOPLE
    for name, what in (("plain@wool.example", "no attribute"), ("twice@wool.example", "two of them")):
        stays_out(suite, at, provider, name, what, NOT_THEIRS)


def excused(suite, at, provider):
    """A studio that trusts the provider with factors demands none."""
    visit = Visit(at, provider, ADA)
    suite.check("in", visit.arrive().status_code, 302)
    suite.check("without a factor", visit.browser.ask("GET", f"{at.address}/data/projects").status_code, 200)


def main():
    """Runs the suite."""
    suite = Suite("saml")
    port = server.free_port()
    with folder("saml") as place:
        own, strangers, new = (authority(place, name) for name in ("own", "strangers", "new"))
        provider = IdentityProvider(f"http://localhost:{port}", own)
        provider.people = PEOPLE
        settings = {
            "SAML_ENABLED": "true",
            "SAML_IDP_NAME": "Wool",
            "SAML_METADATA_URL": f"{provider.address}/metadata",
            "2FA_EXEMPT_USERS": server.EMAIL,
        }
        with identity_provider.running(provider):
            with studio(settings, port) as at:
                suite.section(newcomers, at, provider)
                suite.section(once, at, provider)
                suite.section(meant, at, provider, strangers, own)
                suite.section(tampering, at, provider)
                suite.section(other_keys, at, provider, new)
            demanding = {**settings, "SAML_SUBJECT_ATTRIBUTE": "uid", "ENFORCE_2FA": "true"}
            with studio(demanding, port) as at:
                suite.section(bound, at, provider)
            with studio({**demanding, "SAML_SKIP_2FA": "true"}, port) as at:
                suite.section(excused, at, provider)
    suite.end()


if __name__ == "__main__":
    main()
