"""A browser without scripts: it keeps cookies, follows redirects, and sends the forms that it finds."""

import html.parser
import urllib.parse

import parts
import requests


class Forms(html.parser.HTMLParser):
    """The forms of a page: address, method, and the values of their fields."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Takes a form or a field."""
        attributes = dict(attrs)
        if tag == "form":
            self.found.append((attributes.get("action") or "", (attributes.get("method") or "get").lower(), {}))
        elif tag == "input" and self.found and attributes.get("name"):
            self.found[-1][2][attributes["name"]] = attributes.get("value") or ""


class Surfer:
    """Somebody's browser."""

    def __init__(self):
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        self.session.headers["Accept"] = "text/html,application/xhtml+xml"

    def ask(self, method, address, **more):
        """One answer, without going on to where it leads."""
        return self.session.request(method, address, allow_redirects=False, timeout=parts.WITHIN, **more)

    def go(self, address, until=(), method="GET", **more):
        """The answer that redirects lead to; or the address of the first that begins as `until` says, not asked yet."""
        for _ in range(20):
            answer = self.ask(method, address, **more)
            if not answer.is_redirect:
                return answer
            address, method, more = urllib.parse.urljoin(address, answer.headers["Location"]), "GET", {}
            if until and address.startswith(until):
                return address
        raise RuntimeError(f"redirects do not end: {address}")

    def submit(self, page, until=(), **values):
        """Page that the first form of a page leads to, filled in."""
        action, method, fields = Forms(page.text).found[0]
        address = urllib.parse.urljoin(page.url, action)
        return self.go(address, until, method.upper(), data={**fields, **values})

    def cookies(self):
        """The names of the cookies with a value."""
        return {cookie.name for cookie in self.session.cookies if cookie.value}


def with_query(address, **changes):
    """An address with other values in its query."""
    parsed = urllib.parse.urlsplit(address)
    query = dict(urllib.parse.parse_qsl(parsed.query, keep_blank_values=True))
    query.update(changes)
    return urllib.parse.urlunsplit(parsed._replace(query=urllib.parse.urlencode(query)))
