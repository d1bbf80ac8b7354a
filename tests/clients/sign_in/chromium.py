"""Headless Chromium, spoken to by its own protocol (CDP), with virtual authenticators for security keys."""

import contextlib
import itertools
import json
import os
import pathlib

import parts
import websocket

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    # Without a window Chromium calls itself a program, and programs get no cookies.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0",
)


class Refused(Exception):
    """Chromium or a page says no."""


class Browser:
    """A running Chromium."""

    def __init__(self, address):
        self.socket = websocket.create_connection(address, timeout=parts.WITHIN, suppress_origin=True)
        self.numbers = itertools.count(1)

    def call(self, method, session=None, **arguments):
        """Answer of Chromium."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": arguments}
        self.socket.send(json.dumps({**message, "sessionId": session} if session else message))
        while True:
            answer = json.loads(self.socket.recv())
            # Events are not listened to.
            if answer.get("id") == number:
                break
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        return answer["result"]

    def page(self, address):
        """A page in a profile of its own, as another person's browser would show it."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.call("WebAuthn.enable")
        page.go(address)
        return page


class Page:
    """A page of a browser."""

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def call(self, method, **arguments):
        """Answer of Chromium for this page."""
        return self.browser.call(method, self.session, **arguments)

    def go(self, address):
        """Opens an address."""
        self.call("Page.navigate", url=address)
        parts.wait_for(
            lambda: (
                self.call("Runtime.evaluate", expression="document.readyState + location.href")["result"]["value"]
                == f"complete{address}"
            ),
            f"{address} does not open",
        )

    def run(self, function, *arguments):
        """Value of a function of JavaScript."""
        given = ", ".join(json.dumps(argument) for argument in arguments)
        found = self.call(
            "Runtime.evaluate", expression=f"({function})({given})", awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            thrown = found["exceptionDetails"].get("exception", {})
            raise Refused(thrown.get("description", found["exceptionDetails"]["text"]).split("\n")[0])
        return found["result"].get("value")

    def fetch(self, method, path, body=None):
        """The status and body of an answer to the page, with its cookies."""
        return tuple(
            self.run(
                """async (method, path, body) => {
                    const headers = body ? { "Content-Type": "application/json" } : {};
                    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
                    const text = await answer.text();
                    return [answer.status, text ? JSON.parse(text) : null];
                }""",
                method,
                path,
                body,
            )
        )

    def plug_in(self, **options):
        """A security key that somebody holds, which is touched when it is asked for."""
        usual = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": False,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        return self.call("WebAuthn.addVirtualAuthenticator", options={**usual, **options})["authenticatorId"]

    def pull_out(self, key):
        """Takes a security key away."""
        self.call("WebAuthn.removeVirtualAuthenticator", authenticatorId=key)

    def credentials(self, key):
        """Content of a security key, its private halves too."""
        return self.call("WebAuthn.getCredentials", authenticatorId=key)["credentials"]

    def create(self, options):
        """Answer of the browser about a key that it lets somebody make."""
        return self.run(
            """async (options) => {
                const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
                return (await navigator.credentials.create({ publicKey })).toJSON();
            }""",
            options,
        )

    def get(self, options):
        """Answer of the browser about a key that it lets somebody use."""
        return self.run(
            """async (options) => {
                const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
                return (await navigator.credentials.get({ publicKey })).toJSON();
            }""",
            options,
        )


@contextlib.contextmanager
def browser(place):
    """Runs Chromium with an empty profile until the block ends."""
    profile = place / "chromium"
    profile.mkdir()
    port = pathlib.Path(profile / "DevToolsActivePort")
    command = [os.environ.get("CHROMIUM", "/usr/bin/chromium"), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with parts.program(command, place / "chromium.log", lambda: port.exists() and len(port.read_text().split()) == 2):
        number, path = port.read_text().split()
        yield Browser(f"ws://127.0.0.1:{number}{path}")
