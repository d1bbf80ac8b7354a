"""Second factors beside each other: codes of an app (pyotp), codes by e-mail (aiosmtpd takes the letters), and security
keys in headless Chromium. Who has to set one up is led there, and nobody gives one up without proving one.
"""

import time

import chromium
import pyotp
import server
from keys import Person
from parts import Suite, folder, post_office, studio

STEP = 30
UNPROVED = (400, {"error": True, "message": "OTP verification failed.", "wrong_OTP": True})
DONE = (200, {"success": True})


class App:
    """An authenticator app. Each code is shown once."""

    def __init__(self, secret):
        self.totp = pyotp.TOTP(secret)
        self.last = 0

    def code(self):
        """A code that was not shown before, and is good for some more seconds; the clocks may be a step apart."""
        step = max(self.last + 1, (int(time.time()) - STEP // 2) // STEP)
        while step > int(time.time()) // STEP + 1:
            time.sleep(1)
        self.last = step
        return self.totp.at(step * STEP)

    def wrong(self):
        """A code that is never good now."""
        now = int(time.time())
        good = {self.totp.at(now + away * STEP) for away in range(-3, 4)}
        return next(f"{number:06}" for number in range(10) if f"{number:06}" not in good)


class Member(Person):
    """Somebody with factors of every kind."""

    def __init__(self, at, browser, name, office):
        super().__init__(at, browser, name)
        self.office = office
        self.letters = 0

    def with_app(self):
        """Sets an app up."""
        status, setup = self.page.fetch("PUT", "/auth/totp")
        if status != 200:
            raise RuntimeError(f"no app: {setup}")
        uri = pyotp.parse_uri(setup["totp_provisionning_uri"])
        if uri.secret != setup["otp_secret"] or uri.name != self.email:
            raise RuntimeError(f"apps read something else: {setup}")
        self.app = App(uri.secret)
        return self.page.fetch("POST", "/auth/totp", {"totp": self.app.code()})

    def with_letters(self):
        """Sets codes by e-mail up."""
        status, told = self.page.fetch("PUT", "/auth/email-otp")
        if status != 200:
            raise RuntimeError(f"no letters: {told}")
        return self.page.fetch("POST", "/auth/email-otp", {"email_otp": self.letter()})

    def with_key(self, name="blue"):
        """Sets a security key up, which stays plugged in."""
        self.page.plug_in()
        return self.register(name)

    def letter(self):
        """The code in the next letter."""
        self.letters += 1
        return self.office.code(self.email, self.letters)

    def ask_for_letter(self):
        """The code in a letter that is asked for."""
        self.page.fetch("GET", f"/auth/email-otp?email={self.email}")
        return self.letter()

    def proof(self, factor):
        """A proof by one of the factors."""
        match factor:
            case "totp":
                return {"totp": self.app.code()}
            case "email_otp":
                return {"email_otp": self.ask_for_letter()}
            case "fido":
                return {"fido_authentication_response": self.touch()}

    def enabled(self):
        """Factors that signing in tells of: the preferred one, and all."""
        _, told = self.sign_in()
        return told.get("preferred_two_factor_authentication"), told.get("two_factor_authentication_enabled")


def mixes(suite, at, browser, office):
    """Three factors stand beside each other; any of them signs in, and any gives another up."""
    ada = Member(at, browser, "ada", office)
    ada.sign_in()
    status, first = ada.with_app()
    codes = first["otp_recovery_codes"]
    suite.check("the first brings recovery codes", (status, len(codes)), (200, 16))
    for what, made in (("letters", ada.with_letters()), ("a key", ada.with_key())):
        suite.check(f"{what} bring no more", (made[0], made[1]["otp_recovery_codes"]), (200, None))
    ada.sign_out()
    suite.check("the first is preferred", ada.enabled(), ("totp", ["recovery_code", "totp", "email_otp", "fido"]))
    for factor in ("totp", "email_otp", "fido"):
        suite.check(f"{factor} signs in", ada.sign_in(**ada.proof(factor))[0], 200)
        ada.sign_out()
    told = ada.sign_in(totp=ada.app.wrong(), recovery_code=codes[0])[1]
    suite.check("one factor is tried, not all", told.get("wrong_OTP"), True)
    suite.check("what was not tried is not used up", ada.sign_in(totp="", recovery_code=codes[0])[0], 200)
    # The order in which others take the place of the preferred one.
    suite.check("a letter gives the app up", ada.page.fetch("DELETE", "/auth/totp", ada.proof("email_otp")), DONE)
    suite.check("a key is preferred to letters", ada.enabled(), ("fido", ["recovery_code", "email_otp", "fido"]))
    suite.check("the app does not sign in any more", ada.sign_in(totp="123456")[1].get("missing_OTP"), True)
    suite.check("a key gives letters up", ada.page.fetch("DELETE", "/auth/email-otp", ada.proof("fido")), DONE)
    suite.check("what is left", ada.enabled(), ("fido", ["recovery_code", "fido"]))
    suite.check("another app", ada.with_app()[0], 200)
    body = {"device_name": "blue", **ada.proof("totp")}
    suite.check("an app gives the last key up", ada.page.fetch("DELETE", "/auth/fido", body), DONE)
    suite.check("the app is left", ada.enabled(), ("totp", ["recovery_code", "totp"]))
    status, renewed = ada.page.fetch("PUT", "/auth/recovery-codes", {"recovery_code": codes[1]})
    suite.check("new recovery codes", (status, len(set(renewed["otp_recovery_codes"]) - set(codes))), (200, 16))
    suite.check("the old ones are gone", ada.sign_in(recovery_code=codes[2])[1].get("wrong_OTP"), True)
    last = {"recovery_code": renewed["otp_recovery_codes"][0]}
    suite.check("a recovery code gives the last one up", ada.page.fetch("DELETE", "/auth/totp", last), DONE)
    suite.check("the password is enough", ada.sign_in()[0], 200)


def proofs(suite, at, browser, office):
    """Whoever holds a session can't give a factor up without proving one, nor put another in its place."""
    eve, max_ = Member(at, browser, "eve", office), Member(at, browser, "max", office)
    for person in (eve, max_):
        person.sign_in()
        codes = person.with_app()[1]["otp_recovery_codes"]
    of_max = codes
    eve.with_letters()
    eve.with_key()
    everything = eve.enabled()
    page = eve.page
    ways = {"/auth/totp": {}, "/auth/email-otp": {}, "/auth/fido": {"device_name": "blue"}}
    for path, body in ways.items():
        suite.check(f"{path} stays without a proof", page.fetch("DELETE", path, body), UNPROVED)
        suite.check(
            f"{path} stays with the password",
            page.fetch("DELETE", path, {**body, "password": "a-password-of-wool"}),
            UNPROVED,
        )
    suite.check("nor are there new recovery codes", page.fetch("PUT", "/auth/recovery-codes", {}), UNPROVED)
    for path in ("/auth/totp", "/auth/email-otp"):
        suite.check(f"{path} takes no other secret", page.fetch("PUT", path)[0], 400)
        name = path.split("/")[-1].replace("-", "_")
        suite.check(f"{path} is not set up again", page.fetch("POST", path, {name: "123456"})[0], 400)
    used = eve.ask_for_letter()
    suite.check("a letter signs in", eve.sign_in(email_otp=used)[0], 200)
    for wrong, what in (
        ({"email_otp": used}, "a letter that was used"),
        ({"totp": max_.app.code()}, "the app of somebody else"),
        ({"recovery_code": of_max[0]}, "a recovery code of somebody else"),
    ):
        suite.check(f"{what} proves nothing", page.fetch("DELETE", "/auth/totp", wrong), UNPROVED)
    suite.check("everything is there", eve.enabled(), everything)
    # Writes of persons, passwords and profiles leave the factors alone.
    person = at.persons()[eve.email]
    off = {
        "totp_enabled": False,
        "email_otp_enabled": False,
        "fido_enabled": False,
        "totp_secret": None,
        "fido_credentials": [],
        "preferred_two_factor_authentication": None,
        "otp_recovery_codes": None,
    }
    at.call("PUT", f"/data/persons/{person['id']}", json=off)
    page.fetch("PUT", f"/data/persons/{person['id']}", off)
    suite.check("nobody writes them off", eve.enabled()[1], everything[1])
    new = {"old_password": "a-password-of-wool", "password": "another-password", "password_2": "another-password"}
    suite.check("a new password", page.fetch("POST", "/auth/change-password", new)[0], 200)
    told = page.fetch("POST", "/auth/login", {"email": eve.email, "password": "another-password"})[1]
    suite.check("leaves them", told.get("two_factor_authentication_enabled"), everything[1])
    # Guesses end.
    for _ in range(5):
        max_.page.fetch("DELETE", "/auth/totp", {"totp": max_.app.wrong()})
    told = max_.page.fetch("DELETE", "/auth/totp", {"totp": max_.app.code()})
    suite.check("nobody guesses for long", (told[0], told[1].get("too_many_failed_login_attemps")), (400, True))
    suite.check("the app is there", at.sign_in(max_.email, "a-password-of-wool")[0], 400)
    # An administrator helps whoever lost everything, who is told.
    before = office.count(max_.email)
    at.call(
        "DELETE", f"/actions/persons/{at.persons()[max_.email]['id']}/disable-two-factor-authentication", expected=200
    )
    office.wait(max_.email, before + 1)
    suite.check("an administrator's help is told by e-mail", office.count(max_.email), before + 1)
    other = Member(at, browser, "other", office)
    other.sign_in()
    for path in ways:
        suite.check(f"{path}: there is nothing to give up", other.page.fetch("DELETE", path, ways[path])[0], 400)
    told = other.page.fetch("DELETE", f"/actions/persons/{person['id']}/disable-two-factor-authentication")
    suite.check("nobody else gives it up", told[0], 403)


def demanded(suite, at, browser, office):
    """A person without a factor, where one is demanded, is led to set one up, of any kind."""
    for name, set_up in (("app", Member.with_app), ("letters", Member.with_letters), ("key", Member.with_key)):
        person = Member(at, browser, name, office)
        page = person.page
        status, told = person.sign_in()
        suite.check(
            f"{name}: signs in, and has to set one up",
            (status, told["two_factor_authentication_required"]),
            (200, True),
        )
        restricted = {"Authorization": f"Bearer {told['access_token']}"}
        refused = page.fetch("GET", "/data/projects")
        suite.check(
            f"{name}: nothing else is open",
            (refused[0], "two_factor_authentication_required" in str(refused[1])),
            (403, True),
        )
        refreshed = page.fetch("GET", "/auth/refresh-token")[0], page.fetch("GET", "/data/projects")[0]
        suite.check(f"{name}: a new token does not help", refreshed, (200, 403))
        change = {
            "old_password": "a-password-of-wool",
            "password": "another-password",
            "password_2": "another-password",
        }
        suite.check(f"{name}: nor is the password changed", page.fetch("POST", "/auth/change-password", change)[0], 403)
        suite.check(f"{name}: who it is is known", page.fetch("GET", "/auth/authenticated")[0], 200)
        suite.check(f"{name}: set up", set_up(person)[0], 200)
        suite.check(f"{name}: the page goes on", page.fetch("GET", "/data/projects")[0], 200)
        try:
            at.call("GET", "/data/projects", restricted, expected=403)
            found = 403
        except RuntimeError as error:
            found = str(error)
        suite.check(f"{name}: the token from before stays closed", found, 403)
        person.sign_out()
        factor = {"app": "totp", "letters": "email_otp", "key": "fido"}[name]
        status, told = person.sign_in(**person.proof(factor))
        suite.check(f"{name}: signs in with it", (status, "two_factor_authentication_required" in told), (200, False))
        path = {"app": "/auth/totp", "letters": "/auth/email-otp", "key": "/auth/fido"}[name]
        gone = page.fetch("DELETE", path, {"device_name": "blue", **person.proof(factor)})
        suite.check(f"{name}: given up", gone, DONE)
        suite.check(
            f"{name}: the next token is closed",
            (page.fetch("GET", "/auth/refresh-token")[0], page.fetch("GET", "/data/projects")[0]),
            (200, 403),
        )
    status, told = at.sign_in(at.running.email, at.running.password)
    suite.check("who is exempt goes on", (status, "two_factor_authentication_required" in told), (200, False))


def main():
    """Runs the suite."""
    suite = Suite("factors")
    with folder("factors") as place, post_office() as (office, mail):
        demanding = {**mail, "ENFORCE_2FA": "true", "2FA_EXEMPT_USERS": server.EMAIL}
        with studio(mail) as free, studio(demanding) as strict, chromium.browser(place) as browser:
            suite.section(mixes, free, browser, office)
            suite.section(proofs, free, browser, office)
            suite.section(demanded, strict, browser, office)
    suite.end()


if __name__ == "__main__":
    main()
