"""Accounts that Schemathesis calls with, and findings of it that are no faults of this API.

No operation is left out. The ones that would end the run (signing out, removing the person that
runs it) are called as somebody, or on somebody, who is there for that.
"""

import os
import threading
import time
import uuid

import requests
import schemathesis
from schemathesis.openapi.checks import AuthScenario, IgnoredAuth

URL = os.environ["DAILIES_URL"]
EMAIL = os.environ["DAILIES_EMAIL"]
PASSWORD = os.environ["DAILIES_PASSWORD"]

# Signing out and its relatives spoil the token that they are called with.
TOKEN_SPOILERS = ["/auth/logout", "/auth/change-password", "/auth/totp", "/auth/recovery-codes"]
REFRESH = "/auth/refresh-token"


def sign_in(email, password):
    """The answer of a sign-in that must succeed."""
    while True:
        answer = requests.post(f"{URL}/auth/login", json={"email": email, "password": password}, timeout=30)
        # The fuzzer signs in as well, and shares its address with this program.
        if answer.status_code != requests.codes.too_many:
            break
        time.sleep(int(answer.headers["Retry-After"]) or 1)
    answer.raise_for_status()
    return answer.json()


class Extra:
    """A second administrator, made for being signed out, changed and deleted."""

    def __init__(self):
        self.lock = threading.Lock()
        self.person = None

    def get(self):
        """The extra person; a new one when the last one can no longer sign in."""
        with self.lock:
            if self.person is None or not self.signs_in():
                self.person = self.make()
            return self.person

    def signs_in(self):
        """True if the extra person still can."""
        try:
            sign_in(self.person["email"], PASSWORD)
        except requests.HTTPError:
            return False
        return True

    def make(self):
        """Creates a person whom nothing depends on."""
        administrator = sign_in(EMAIL, PASSWORD)
        person = {
            "first_name": "Extra",
            "last_name": "Admin",
            "email": f"extra-{uuid.uuid4().hex[:8]}@example.com",
            "password": PASSWORD,
            "role": "admin",
        }
        headers = {"Authorization": f"Bearer {administrator['access_token']}"}
        answer = requests.post(f"{URL}/data/persons", json=person, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()


EXTRA = Extra()
ADMINISTRATOR_ID = sign_in(EMAIL, PASSWORD)["user"]["id"]


@schemathesis.auth(refresh_interval=None).apply_to(path=TOKEN_SPOILERS)
class ThrowAway:
    """A sign-in that nobody needs afterwards."""

    def get(self, case, context):
        """A token that is used once."""
        return sign_in(EXTRA.get()["email"], PASSWORD)["access_token"]

    def set(self, case, data, context):
        """Sends it as clients do."""
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth(refresh_interval=None).apply_to(path=REFRESH)
class Refresh(ThrowAway):
    """The one operation that takes a refresh token."""

    def get(self, case, context):
        """A refresh token that is used once."""
        return sign_in(EXTRA.get()["email"], PASSWORD)["refresh_token"]


@schemathesis.auth(refresh_interval=3600).skip_for(path=[*TOKEN_SPOILERS, REFRESH])
class Administrator(ThrowAway):
    """The administrator, for everything else."""

    def get(self, case, context):
        """A token for the whole run."""
        return sign_in(EMAIL, PASSWORD)["access_token"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Changes of the person that runs the tests go to the extra one instead."""
    parameters = case.path_parameters or {}
    if case.method != "GET":
        for name, value in parameters.items():
            if value == ADMINISTRATOR_ID:
                parameters[name] = EXTRA.get()["id"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps every failure but one: something that is no token at all is answered with 422.

    Schemathesis wants 401 or 403 there. The clients of this API know 422 for a malformed token and
    401 for a missing, expired or revoked one.
    """
    malformed = isinstance(failure, IgnoredAuth) and failure.scenario == AuthScenario.INVALID_AUTH
    return not (malformed and "got `422 " in failure.message)
