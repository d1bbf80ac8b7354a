"""Signing in with security keys (FIDO2) in headless Chromium, with its virtual authenticators."""

import base64
import json

import chromium
from parts import Suite, folder, post_office, studio

PASSWORD = "a-password-of-wool"
WRONG = "FIDO server exception your registration response is probly wrong."


class Person:
    """Somebody of the studio, with a browser."""

    def __init__(self, at, browser, name):
        self.at = at
        self.email = f"{name}@wool.example"
        made = at.add_person(self.email)
        body = {"password": PASSWORD, "password_2": PASSWORD}
        at.call("POST", f"/actions/persons/{made['id']}/change-password", json=body, expected=200)
        self.page = browser.page(f"{at.address}/status.txt")

    def sign_in(self, page=None, **proof):
        """The status and body of an attempt to sign in on a page."""
        body = {"email": self.email, "password": PASSWORD, **proof}
        return (page or self.page).fetch("POST", "/auth/login", body)

    def ask(self, page=None):
        """Options that a page needs to use a key."""
        status, options = (page or self.page).fetch("GET", f"/auth/fido?email={self.email}")
        if status != 200:
            raise RuntimeError(f"no question: {status} {options}")
        return options

    def touch(self, page=None, **changes):
        """Answer of the browser about a key that was touched."""
        page = page or self.page
        return page.get({**self.ask(page), **changes})

    def sign_in_with_key(self, page=None, **changes):
        """The status and body of an attempt to sign in with a key."""
        page = page or self.page
        return self.sign_in(page, fido_authentication_response=self.touch(page, **changes))

    def register(self, name, **changes):
        """The status and body of an attempt to register the key that is plugged in."""
        status, options = self.page.fetch("PUT", "/auth/fido")
        if status != 200:
            raise RuntimeError(f"no question: {status} {options}")
        made = self.page.create({**options, **changes})
        return self.page.fetch("POST", "/auth/fido", {"registration_response": made, "device_name": name})

    def devices(self):
        """The names of the keys of whoever is signed in on the page."""
        return self.page.fetch("GET", "/auth/authenticated")[1]["user"]["fido_devices"]

    def sign_out(self):
        """Ends the session of the page."""
        self.page.fetch("GET", "/auth/logout")


def flags(assertion):
    """The flags of what a key says: bit 0 that somebody touched it, bit 2 that it knows who."""
    return decoded(assertion["response"]["authenticatorData"])[32]


def decoded(text):
    """Bytes that a browser writes as text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def first_key(suite, at, browser):
    """Somebody registers a key on a page, and signs in with it."""
    ada = Person(at, browser, "ada")
    suite.check("a password is enough before", ada.sign_in()[0], 200)
    ada.page.plug_in()
    _, options = ada.page.fetch("PUT", "/auth/fido")
    suite.check("the question is of this host", options["rp"]["id"], "localhost")
    suite.check(
        "and asks for a key that can be carried",
        options["authenticatorSelection"]["authenticatorAttachment"],
        "cross-platform",
    )
    status, enabled = ada.register("blue")
    suite.check("the key is taken", status, 200)
    codes = enabled["otp_recovery_codes"]
    suite.check(
        "there are recovery codes", (len(codes), len(set(codes)), {len(code) for code in codes}), (16, 16, {10})
    )
    suite.check("it has its name", ada.devices(), ["blue"])
    ada.sign_out()
    status, told = ada.sign_in()
    suite.check(
        "the password alone is not enough",
        (status, told["missing_OTP"], told["preferred_two_factor_authentication"]),
        (400, True, "fido"),
    )
    suite.check("what there is", told["two_factor_authentication_enabled"], ["recovery_code", "fido"])
    status, signed_in = ada.sign_in_with_key()
    suite.check("the key signs in", (status, signed_in.get("login")), (200, True))
    suite.check("the page has a session", ada.page.fetch("GET", "/auth/authenticated")[1]["user"]["email"], ada.email)
    ada.sign_out()
    suite.check("which ends", ada.page.fetch("GET", "/auth/authenticated")[0], 401)
    suite.check("a recovery code signs in", ada.sign_in(recovery_code=codes[0])[0], 200)
    ada.sign_out()
    suite.check("once", ada.sign_in(recovery_code=codes[0])[1].get("wrong_OTP"), True)
    suite.check("in small letters, too", ada.sign_in(recovery_code=codes[1].lower())[0], 200)
    wrong = {"email": ada.email, "password": "wrong", "fido_authentication_response": ada.touch()}
    suite.check("the key without the password is not enough", ada.page.fetch("POST", "/auth/login", wrong)[0], 400)


def several_keys(suite, at, browser):
    """Somebody has several keys, each with a name, and gives them up one by one."""
    eve = Person(at, browser, "eve")
    eve.sign_in()
    blue = eve.page.plug_in()
    codes = eve.register("blue")[1]["otp_recovery_codes"]
    try:
        eve.register("blue again")
        found = "taken"
    except chromium.Refused as refusal:
        found = str(refusal).split(":")[0]
    suite.check("the same key is not made twice", found, "InvalidStateError")
    of_blue = eve.page.credentials(blue)
    eve.page.pull_out(blue)
    red = eve.page.plug_in()
    status, enabled = eve.register("red")
    suite.check("a second key brings no more codes", (status, enabled["otp_recovery_codes"]), (200, None))
    of_red = eve.page.credentials(red)
    eve.page.pull_out(red)
    old = eve.page.plug_in(protocol="u2f", hasUserVerification=False, isUserVerified=False)
    suite.check("an old key, too", eve.register("öld ☂ key")[0], 200)
    suite.check("names", eve.devices(), ["blue", "red", "öld ☂ key"])
    eve.sign_out()
    suite.check("the old one signs in", eve.sign_in_with_key()[0], 200)
    suite.check("the question names all", len(eve.ask()["allowCredentials"]), 3)
    eve.page.pull_out(old)
    eve.sign_out()

    def plugged(credentials):
        key = eve.page.plug_in()
        for credential in credentials:
            eve.page.call("WebAuthn.addCredential", authenticatorId=key, credential=credential)
        return key

    key = plugged(of_red)
    suite.check("red signs in", eve.sign_in_with_key()[0], 200)
    suite.check(
        "nothing goes without a proof",
        eve.page.fetch("DELETE", "/auth/fido", {"device_name": "blue"}),
        (400, {"error": True, "message": "OTP verification failed.", "wrong_OTP": True}),
    )
    body = {"device_name": "blue", "recovery_code": "AAAAAAAAAA"}
    suite.check("nor with a wrong one", eve.page.fetch("DELETE", "/auth/fido", body)[0], 400)
    body = {"device_name": "blue", "password": PASSWORD}
    suite.check("nor with the password", eve.page.fetch("DELETE", "/auth/fido", body)[0], 400)
    suite.check("all are there", eve.devices(), ["blue", "red", "öld ☂ key"])
    body = {"device_name": "blue", "fido_authentication_response": eve.touch()}
    suite.check("one key gives another up", eve.page.fetch("DELETE", "/auth/fido", body), (200, {"success": True}))
    suite.check("the rest is there", eve.devices(), ["red", "öld ☂ key"])
    eve.sign_out()
    suite.check("red still signs in", eve.sign_in_with_key()[0], 200)
    again = eve.touch()
    suite.check("an assertion signs in", eve.sign_in(fido_authentication_response=again)[0], 200)
    suite.check("once", eve.sign_in(fido_authentication_response=again)[1].get("wrong_OTP"), True)
    eve.page.pull_out(key)
    key = plugged(of_blue)
    blue_id = base64.urlsafe_b64encode(base64.b64decode(of_blue[0]["credentialId"])).decode().rstrip("=")
    only_blue = [{"type": "public-key", "id": blue_id}]
    told = eve.sign_in_with_key(allowCredentials=only_blue)
    suite.check("blue does not any more", (told[0], told[1].get("wrong_OTP")), (400, True))
    suite.check(
        "nothing of it is asked for", [one["id"] for one in eve.ask()["allowCredentials"]].count(only_blue[0]["id"]), 0
    )
    eve.page.pull_out(key)
    suite.check("a code signs in", eve.sign_in(recovery_code=codes[0])[0], 200)
    for name, code in (("öld ☂ key", codes[1]), ("red", codes[2])):
        body = {"device_name": name, "recovery_code": code}
        suite.check(f"{name} goes", eve.page.fetch("DELETE", "/auth/fido", body)[0], 200)
    suite.check("no key is left", eve.devices(), [])
    eve.sign_out()
    suite.check("the password is enough again", eve.sign_in()[0], 200)
    suite.check("nobody is asked for keys", eve.page.fetch("GET", f"/auth/fido?email={eve.email}")[0], 400)
    suite.check("recovery codes have gone with the last", eve.sign_in(recovery_code=codes[3])[0], 200)


def kinds(suite, at, browser):
    """Keys of every algorithm that Chromium has, with and without knowing who touches them."""
    tim = Person(at, browser, "tim")
    tim.sign_in()
    for algorithm, name in ((-7, "ES256"), (-8, "EdDSA"), (-257, "RS256")):
        for verified in (True, False):
            what = f"{name}, {'knows' if verified else 'does not know'} who"
            key = tim.page.plug_in(hasUserVerification=verified, isUserVerified=verified)
            parameters = [{"type": "public-key", "alg": algorithm}]
            suite.check(f"{what}: taken", tim.register(what, pubKeyCredParams=parameters)[0], 200)
            touched = tim.touch()
            suite.check(f"{what}: flags", flags(touched) & 5, 5 if verified else 1)
            suite.check(f"{what}: signs in", tim.sign_in(fido_authentication_response=touched)[0], 200)
            tim.page.pull_out(key)
    suite.check("all names", len(tim.devices()), 6)


def attacks(suite, at, browser):
    """Attempts that a page or a stranger could make."""
    max_ = Person(at, browser, "max")
    max_.sign_in()
    key = max_.page.plug_in()
    status, told = max_.register("green", challenge="A" * 43)
    suite.check("another question", (status, told["message"]), (400, WRONG))
    status, options = max_.page.fetch("PUT", "/auth/fido")
    made = max_.page.create(options)
    max_.page.fetch("POST", "/auth/fido", {"registration_response": made, "device_name": "green"})
    told = max_.page.fetch("POST", "/auth/fido", {"registration_response": made, "device_name": "green"})
    suite.check(
        "an answer makes one key",
        (told[0], told[1]["message"], max_.devices()),
        (400, "No preregistration before.", ["green"]),
    )
    max_.sign_out()
    suite.check("another question to sign in", max_.sign_in_with_key(challenge="A" * 43)[1].get("wrong_OTP"), True)

    def altered(change):
        touched = max_.touch()
        change(touched["response"])
        return max_.sign_in(fido_authentication_response=touched)[1]

    def client_data(**changes):
        def change(response):
            said = {**json.loads(decoded(response["clientDataJSON"])), **changes}
            response["clientDataJSON"] = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()

        return change

    def authenticator_data(place, value):
        def change(response):
            data = bytearray(decoded(response["authenticatorData"]))
            data[place] = value
            response["authenticatorData"] = base64.urlsafe_b64encode(data).decode()

        return change

    suite.check("it signs in", max_.sign_in_with_key()[0], 200)
    suite.check("another origin", altered(client_data(origin="https://localhost.evil.example")).get("wrong_OTP"), True)
    suite.check("another counter", altered(authenticator_data(36, 200)).get("wrong_OTP"), True)
    suite.check("it signs in after a few", max_.sign_in_with_key()[0], 200)
    suite.check("said to be touched", altered(authenticator_data(32, 1)).get("wrong_OTP"), True)
    suite.check("the answer to making a key", altered(client_data(type="webauthn.create")).get("wrong_OTP"), True)
    suite.check("no signature", altered(lambda response: response.update(signature="")).get("wrong_OTP"), True)
    suite.check("it signs in again", max_.sign_in_with_key()[0], 200)
    # Another browser brings what this one was asked.
    other = browser.page(f"{at.address}/status.txt")
    touched = max_.touch()
    body = {"email": max_.email, "password": PASSWORD, "fido_authentication_response": touched}
    suite.check(
        "another browser without a question", other.fetch("POST", "/auth/login", body)[1].get("wrong_OTP"), True
    )
    max_.ask(other)
    suite.check(
        "another browser with one of its own", other.fetch("POST", "/auth/login", body)[1].get("wrong_OTP"), True
    )
    suite.check("the first one", max_.sign_in(fido_authentication_response=touched)[0], 200)
    # The page of another host can't use keys of this one: the browser itself says no.
    elsewhere = browser.page(at.running.url + "/status.txt")
    elsewhere.plug_in()
    try:
        elsewhere.get(max_.ask())
        found = "used"
    except chromium.Refused as refusal:
        found = str(refusal).split(":")[0]
    suite.check("the page of another host", found, "SecurityError")
    # Somebody else's key, whatever it calls itself.
    mallory = Person(at, browser, "mallory")
    mallory.sign_in()
    stolen = mallory.page.plug_in()
    mallory.register("grey")
    theirs = [{"type": "public-key", "id": mallory.ask()["allowCredentials"][0]["id"]}]
    touched = mallory.page.get({**max_.ask(mallory.page), "allowCredentials": theirs})
    suite.check(
        "somebody else's key",
        max_.sign_in(mallory.page, fido_authentication_response=touched)[1].get("wrong_OTP"),
        True,
    )
    touched = mallory.page.get({**max_.ask(mallory.page), "allowCredentials": theirs})
    touched["id"] = touched["rawId"] = max_.ask(other)["allowCredentials"][0]["id"]
    suite.check(
        "under the name of theirs",
        max_.sign_in(mallory.page, fido_authentication_response=touched)[1].get("wrong_OTP"),
        True,
    )
    for unknown in ("nobody@wool.example", at.running.email, ""):
        told = other.fetch("GET", f"/auth/fido?email={unknown}")
        suite.check(f"{unknown or 'nobody'} has no keys", told, (400, {"error": True, "message": "FIDO not enabled."}))
    mallory.page.pull_out(stolen)
    max_.page.pull_out(key)


def copies(suite, at, browser):
    """A copy of a key is told by its counter."""
    zoe = Person(at, browser, "zoe")
    zoe.sign_in()
    key = zoe.page.plug_in()
    zoe.register("yellow")
    suite.check("it signs in", zoe.sign_in_with_key()[0], 200)
    copied = zoe.page.credentials(key)[0]
    suite.check("it counts", copied["signCount"] > 0, True)
    suite.check("it goes on", zoe.sign_in_with_key()[0], 200)
    other = browser.page(f"{at.address}/status.txt")
    copy = other.plug_in()
    other.call("WebAuthn.addCredential", authenticatorId=copy, credential=copied)
    told = zoe.sign_in_with_key(other)
    suite.check("a copy counts behind", (told[0], told[1].get("wrong_OTP")), (400, True))
    suite.check("the key goes on", zoe.sign_in_with_key()[0], 200)
    told = zoe.sign_in_with_key(other)
    suite.check("the copy does not", (told[0], told[1].get("wrong_OTP")), (400, True))
    ahead = {**copied, "signCount": copied["signCount"] + 50}
    other.pull_out(copy)
    copy = other.plug_in()
    other.call("WebAuthn.addCredential", authenticatorId=copy, credential=ahead)
    suite.check("a copy that counts ahead", zoe.sign_in_with_key(other)[0], 200)
    suite.check("makes the key fall behind, which tells its owner", zoe.sign_in_with_key()[1].get("wrong_OTP"), True)


def main():
    """Runs the suite."""
    suite = Suite("keys")
    with folder("keys") as place, post_office() as (_, mail), studio(mail) as at, chromium.browser(place) as browser:
        for section in (first_key, several_keys, kinds, attacks, copies):
            suite.section(section, at, browser)
    suite.end()


if __name__ == "__main__":
    main()
