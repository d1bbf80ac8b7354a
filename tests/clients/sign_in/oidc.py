"""Signing in at a provider of OpenID Connect: oidc-provider, run beside the server and used by browsers that follow
redirects and fill in its forms.
"""

import contextlib
import json
import pathlib
import time

import parts
import requests
import server
from parts import Suite, folder, studio
from surfer import Surfer, with_query

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "the-secret-of-dailies: 100% + &"
REFUSED = {"error": "OIDC authentication failed."}
UNVERIFIED = {"error": "Email address is not verified."}
NOT_THEIRS = {"error": "This account cannot be signed in to with this identity. Ask an administrator."}
ACCOUNTS = {
    "ada-1": {"email": "Ada@Wool.example", "email_verified": True, "given_name": "Ada", "family_name": "Byron"},
    "eve-1": {"email": "eve@wool.example", "email_verified": True, "given_name": "Eve", "family_name": "Moor"},
    "mallory-1": {"email": "eve@wool.example", "email_verified": True},
    "mallory-2": {"email": "tim@wool.example", "email_verified": False, "given_name": "Mallory"},
    "mallory-3": {"email": "tim@wool.example", "email_verified": "true"},
    "mallory-4": {"email": "tim@wool.example"},
    "mallory-5": {"email": "safe@wool.example", "email_verified": True},
    "mallory-6": {"email": "new@wool.example", "email_verified": False},
    "nameless": {"email": "nameless@wool.example", "email_verified": True},
    "silent": {"given_name": "Silent"},
    "off-1": {"email": "off@wool.example", "email_verified": True},
}


class Provider:
    """The provider, which can be started again as another one at the same place."""

    def __init__(self, place):
        self.place = place
        self.port = server.free_port()
        self.issuer = f"http://localhost:{self.port}"
        self.accounts = place / "accounts.json"
        self.tell(ACCOUNTS)
        self.running = contextlib.ExitStack()

    def tell(self, accounts):
        """The people whom it knows from now on."""
        self.accounts.write_text(json.dumps(accounts))

    def start(self, studio_address, keys="first", algorithm="RS256", secret=SECRET, **more):
        """Runs in place of the one from before."""
        self.running.close()
        client = {
            "client_secret": secret,
            "redirect_uris": [f"{studio_address}/api/auth/oidc/callback"],
            "grant_types": ["authorization_code"],
        }
        told = {
            "port": self.port,
            "issuer": self.issuer,
            "accounts": str(self.accounts),
            "keys": str(self.place / f"{keys}.json"),
            "algorithm": algorithm,
            "clients": [{"client_id": name, **client} for name in ("dailies", "another")],
            **more,
        }
        command = ["node", str(HERE / "oidc_provider.mjs"), json.dumps(told)]
        discovery = f"{self.issuer}/.well-known/openid-configuration"
        self.running.enter_context(parts.program(command, self.place / "provider.log", lambda: answers(discovery)))


def answers(address):
    """True if an address answers."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(address, timeout=2).ok
    return False


def settings(provider, **more):
    """The settings of a studio that signs in there."""
    return {
        "OIDC_ENABLED": "true",
        "OIDC_IDP_NAME": "Wool",
        "OIDC_DISCOVERY_URL": f"{provider.issuer}/.well-known/openid-configuration",
        "OIDC_CLIENT_ID": "dailies",
        "OIDC_CLIENT_SECRET": SECRET,
        "PROTECTED_ACCOUNTS": "safe@wool.example",
        **more,
    }


class Visit(parts.Visit):
    """Somebody who signs in at the provider."""

    def __init__(self, at, provider, name, change=None):
        """Up to the address that the provider sends the browser back to. `change` makes something else of the address
        that it is sent away to."""
        super().__init__(at, Surfer())
        self.asked = self.browser.go(f"{at.address}/api/auth/oidc/login", until=provider.issuer)
        page = self.browser.go(change(self.asked) if change else self.asked)
        page = self.browser.submit(page, until=f"{at.address}/", login=name, password="any")
        # It asks whether this client may know who they are.
        self.back = page if isinstance(page, str) else self.browser.submit(page, until=f"{at.address}/")

    def arrive(self, browser=None, address=None):
        """The answer of the studio."""
        return (browser or self.browser).ask("GET", address or self.back)


def sign_in(suite, at, provider, name, what):
    """Signs somebody in, and gives the person that they are signed in as."""
    return Visit(at, provider, name).sign_in(suite, what)


def refused(suite, at, provider, name, told, what):
    """Somebody does not get in, and nothing changes."""
    before = at.persons()
    visit = Visit(at, provider, name)
    answer = visit.arrive()
    suite.check(what, (answer.status_code, answer.json(), visit.whoami()), (400, told, None))
    suite.check(f"{what}: nobody was made or changed", at.persons(), before)


def newcomers(suite, at, provider):
    """Somebody new gets an account, and is the same person from then on."""
    config = at.call("GET", "/config")
    suite.check("the page to sign in on knows of it", (config["oidc_enabled"], config["oidc_idp_name"]), (True, "Wool"))
    visit = Visit(at, provider, "ada-1")
    for part in ("code_challenge_method=S256", "code_challenge=", "state=", "nonce=", "scope=openid+email+profile"):
        suite.check(f"the question has {part}", part in visit.asked, True)
    answer = visit.arrive()
    suite.check("led to the studio", (answer.status_code, answer.headers.get("Location")), (302, at.address))
    suite.check("with a session", visit.browser.cookies() >= {"access_token_cookie", "refresh_token_cookie"}, True)
    ada = visit.whoami()
    found = {key: ada[key] for key in ("email", "first_name", "last_name", "role", "active")}
    suite.check(
        "the account is what the provider says",
        found,
        {"email": "ada@wool.example", "first_name": "Ada", "last_name": "Byron", "role": "user", "active": True},
    )
    suite.check(
        "no password opens it", [at.sign_in("ada@wool.example", text)[0] for text in ("default", "any")], [400, 400]
    )
    again = visit.arrive()
    suite.check("the same answer is good once", (again.status_code, again.json()), (400, REFUSED))
    provider.tell(
        {
            **ACCOUNTS,
            "ada-1": {
                "email": "ada@elsewhere.example",
                "email_verified": False,
                "given_name": "Augusta",
                "family_name": "King",
            },
        }
    )
    later = sign_in(suite, at, provider, "ada-1", "with another address")
    suite.check(
        "it is the same person, with the names of today",
        (later.get("id"), later.get("email"), later.get("first_name")),
        (ada["id"], "ada@wool.example", "Augusta"),
    )
    provider.tell(ACCOUNTS)
    nameless = sign_in(suite, at, provider, "nameless", "somebody without a name")
    suite.check("has empty names", (nameless.get("first_name"), nameless.get("last_name")), ("", ""))


def linking(suite, at, provider):
    """An account that is there is bound to who proves the address, and to nobody else."""
    people = {name: at.add_person(f"{name}@wool.example") for name in ("eve", "tim", "safe", "off")}
    eve = sign_in(suite, at, provider, "eve-1", "somebody with an account")
    suite.check("it is theirs", (eve.get("id"), eve.get("last_name")), (people["eve"]["id"], "Moor"))
    refused(suite, at, provider, "mallory-1", NOT_THEIRS, "somebody else to whom the provider gives the same address")
    for name in ("mallory-2", "mallory-3", "mallory-4"):
        refused(suite, at, provider, name, UNVERIFIED, f"{name}, whose address nobody verified")
    refused(suite, at, provider, "mallory-6", UNVERIFIED, "somebody new whose address nobody verified")
    refused(suite, at, provider, "mallory-5", NOT_THEIRS, "a protected account")
    refused(
        suite,
        at,
        provider,
        "silent",
        {"error": "No email claim returned by the provider."},
        "nobody without an address",
    )
    at.call("PUT", f"/data/persons/{people['off']['id']}", json={"active": False}, expected=200)
    visit = Visit(at, provider, "off-1")
    answer = visit.arrive()
    suite.check("who is switched off arrives signed out", (answer.status_code, visit.whoami()), (302, None))
    suite.check("without a cookie", "access_token_cookie" in visit.browser.cookies(), False)
    at.call(
        "PUT", f"/data/persons/{people['eve']['id']}", json={"oidc_issuer": None, "oidc_subject": None}, expected=200
    )
    again = sign_in(suite, at, provider, "mallory-1", "an account that an administrator unbound")
    suite.check("is bound to the next", again.get("id"), people["eve"]["id"])
    refused(suite, at, provider, "eve-1", NOT_THEIRS, "the one from before")


def attacks(suite, at, provider):
    """Nobody gets in with an answer to something else."""

    def attempt(what, change=None, back=None, browser=None):
        visit = Visit(at, provider, "ada-1", change)
        answer = visit.arrive(browser, back(visit.back) if back else None)
        suite.check(what, (answer.status_code, answer.json(), visit.whoami()), (400, REFUSED, None))
        return visit

    attempt("another nonce", lambda asked: with_query(asked, nonce="another"))
    attempt("another challenge of PKCE", lambda asked: with_query(asked, code_challenge="A" * 43))
    attempt("the code of another client", lambda asked: with_query(asked, client_id="another"))
    attempt("another state", lambda asked: with_query(asked, state="another"))
    attempt("another state on the way back", back=lambda back: with_query(back, state="another"))
    attempt("no state", back=lambda back: with_query(back, state=""))
    attempt("a code that was made up", back=lambda back: with_query(back, code="made-up"))
    attempt("no code", back=lambda back: back.split("?")[0])
    attempt("an error of the provider", back=lambda back: with_query(back.replace("code=", "error="), code=""))
    attempt("another browser", browser=Surfer())
    # Each of two browsers brings what the other one was given.
    first, second = Visit(at, provider, "ada-1"), Visit(at, provider, "eve-1")
    for visit, other in ((first, second), (second, first)):
        answer = visit.arrive(address=other.back)
        suite.check("the answer of another browser", (answer.status_code, visit.whoami()), (400, None))
    elsewhere = Surfer().ask(
        "GET", f"{at.address}/api/auth/oidc/login?next=https://evil.example&redirect_uri=https://evil.example"
    )
    suite.check("a request does not say where the browser goes", "evil" in elsewhere.headers["Location"], False)
    wrong = Visit(at, provider, "ada-1")
    address = with_query(wrong.back, next="https://evil.example", redirect="//evil.example")
    suite.check("nor where it ends", wrong.arrive(address=address).headers["Location"], at.address)


def rotation(suite, at, provider):
    """The provider signs with other keys, of whatever kind, from one moment to the next."""
    for keys, algorithm in [("second", "RS256"), ("second", "ES256"), ("second", "PS256"), ("second", "EdDSA")]:
        provider.start(at.address, keys, algorithm)
        found = sign_in(suite, at, provider, "ada-1", f"{algorithm} with {keys} keys")
        suite.check(f"{algorithm} is somebody", found.get("email"), "ada@wool.example")
    provider.start(at.address, "third")
    visit = Visit(at, provider, "ada-1")
    early = visit.arrive()
    # Nobody makes the server ask for keys all the time.
    parts.wait_for(
        lambda: time.sleep(1) or Visit(at, provider, "ada-1").arrive().status_code == 302, "new keys are not looked for"
    )
    suite.check("keys that changed twice at once count a little later", early.status_code in (302, 400), True)
    provider.start(at.address, "third", idTokenHasAll=True)
    found = sign_in(suite, at, provider, "ada-1", "all in the token")
    suite.check("a token that says everything", found.get("last_name"), "Byron")


def others(suite, at, provider):
    """Another provider at the same place is another one."""
    home = provider.issuer
    provider.start(at.address, "third", issuer=f"{home}/another")
    visit = Visit(at, provider, "ada-1")
    answer = visit.arrive()
    suite.check("another issuer with the same keys", (answer.status_code, answer.json()), (400, REFUSED))
    provider.start(at.address, "third", secret="another secret")
    answer = Visit(at, provider, "ada-1").arrive()
    suite.check("a provider that does not know the secret", (answer.status_code, answer.json()), (400, REFUSED))
    provider.start(at.address, "third")
    visit = Visit(at, provider, "ada-1")
    provider.running.close()
    answer = visit.arrive()
    suite.check("a provider that is gone", (answer.status_code, answer.json()), (400, REFUSED))


def found_elsewhere(suite, at):
    """A provider that calls itself otherwise than where it is found is not asked."""
    answer = Surfer().ask("GET", f"{at.address}/api/auth/oidc/login")
    suite.check("another name", (answer.status_code, answer.json()), (400, REFUSED))


def demanded(suite, at, provider):
    """A studio that demands a factor demands it of those whom the provider sends; addresses count unverified here."""
    visit = Visit(at, provider, "mallory-4")
    suite.check("an address that nobody verified", visit.arrive().status_code, 302)
    answer = visit.browser.ask("GET", f"{at.address}/data/projects")
    suite.check(
        "a factor has to be set up",
        (answer.status_code, "two_factor_authentication_required" in answer.text),
        (403, True),
    )
    answer = visit.browser.ask("PUT", f"{at.address}/auth/totp", headers={"Origin": at.address})
    suite.check("which is possible", (answer.status_code, answer.text[:20]), (200, '{"totp_provisionning'))
    refused(suite, at, provider, "mallory-2", UNVERIFIED, "an address that the provider says is not verified")


def excused(suite, at, provider):
    """A studio that trusts the provider with factors demands none."""
    visit = Visit(at, provider, "ada-1")
    suite.check("in", visit.arrive().status_code, 302)
    suite.check("without a factor", visit.browser.ask("GET", f"{at.address}/data/projects").status_code, 200)
    answer = visit.browser.ask("GET", f"{at.address}/auth/refresh-token", headers={"Origin": at.address})
    suite.check("after a refresh", (answer.status_code, answer.text), (200, '{"refresh":true}'))
    suite.check("too", visit.browser.ask("GET", f"{at.address}/data/projects").status_code, 200)


def main():
    """Runs the suite."""
    suite = Suite("oidc")
    with folder("oidc") as place:
        provider = Provider(place)
        port = server.free_port()
        address = f"http://localhost:{port}"
        provider.start(address)
        with contextlib.closing(provider.running):
            with studio(settings(provider), port) as at:
                for section in (newcomers, linking, attacks, rotation, others):
                    suite.section(section, at, provider)
            provider.start(address)
            elsewhere = f"http://127.0.0.1:{provider.port}/.well-known/openid-configuration"
            with studio(settings(provider, OIDC_DISCOVERY_URL=elsewhere), port) as at:
                suite.section(found_elsewhere, at)
            lax = settings(
                provider, ENFORCE_2FA="true", OIDC_REQUIRE_EMAIL_VERIFIED="false", **{"2FA_EXEMPT_USERS": server.EMAIL}
            )
            with studio(lax, port) as at:
                suite.section(demanded, at, provider)
            with studio({**lax, "OIDC_SKIP_2FA": "true"}, port) as at:
                suite.section(excused, at, provider)
    suite.end()


if __name__ == "__main__":
    main()
