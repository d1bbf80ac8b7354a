"""The administrator signs in, later the others, and the listeners with them."""

import gazu
import requests

from studio_day import shapes
from studio_day.day import EMAIL, PASSWORD, TAG, URL, answer, by_id, session
from studio_day.listeners import Listener, reader
from studio_day.people import PERSON_PASSWORD
from studio_day.shapes import has_keys, has_no_secrets


def sign_in(day):
    """The administrator signs in; wrong credentials and wrong tokens are refused as clients expect."""
    gazu.set_host(f"{URL}/api")
    gazu.cache.disable()
    assert gazu.client.host_is_up(), "gazu does not find the server"
    assert gazu.client.host_is_valid(), "gazu does not take this for an API it knows"
    assert gazu.client.get_api_version(), "gazu reads no version"

    unknown = requests.post(f"{URL}/auth/login", json={"email": f"nobody-{TAG}@example.com", "password": "x"})
    wrong = requests.post(f"{URL}/auth/login", json={"email": EMAIL, "password": f"not {PASSWORD}"})
    refusal = {"login": False, "message": "Wrong email or password."}
    assert answer(unknown, 400) == answer(wrong, 400) == refusal, "refusals tell accounts apart"
    empty = answer(requests.post(f"{URL}/auth/login", json={"email": ""}), 400)
    assert empty["message"] == "Validation error." and empty["data"]["errors"][0]["field"] == "email", empty
    missing = answer(requests.get(f"{URL}/data/projects"), 401)
    assert missing["msg"].startswith("Missing JWT in cookies or headers"), missing
    assert "msg" in answer(session("not-a-token").get(f"{URL}/data/projects"), 422)

    tokens = gazu.log_in(EMAIL, PASSWORD)
    assert tokens["login"] is True, tokens
    has_keys(tokens["user"], shapes.PERSON | {"departments"}, "the user of the sign-in")
    has_keys(tokens["organisation"], shapes.ORGANISATION_OF_ADMIN, "the organisation of the sign-in")
    has_no_secrets(tokens, "the sign-in")
    assert tokens["user"]["role"] == "admin", "the day needs an administrator"
    day.admin = gazu.client.get_current_user()
    assert day.admin["id"] == tokens["user"]["id"] and gazu.user.is_authenticated()
    day.token = tokens["access_token"]
    day.http = session(day.token)

    form = requests.post(f"{URL}/auth/login", data={"email": EMAIL.upper(), "password": PASSWORD})
    assert answer(form, 200)["user"]["id"] == day.admin["id"], "a form with an upper-case e-mail signs in"
    assert not form.cookies, "only browsers get cookies"
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
    browser = requests.post(
        f"{URL}/api/auth/login", json={"email": EMAIL, "password": PASSWORD}, headers={"User-Agent": chrome}
    )
    answer(browser, 200)
    cookies = {line.split("=")[0]: line for line in browser.raw.headers.getlist("Set-Cookie")}
    for name, path in (("access_token_cookie", "/"), ("refresh_token_cookie", "/auth/refresh-token")):
        attributes = {part.strip() for part in cookies[name].split(";")}
        assert {"HttpOnly", "SameSite=Lax", f"Path={path}"} <= attributes, cookies[name]

    short = gazu.client.create_client(f"{URL}/api")
    gazu.log_in(EMAIL, PASSWORD, client=short)
    gazu.refresh_access_token(client=short)
    assert gazu.client.get_current_user(client=short)["id"] == day.admin["id"], "a refreshed token works"
    ended = short.access_token
    gazu.log_out(client=short)
    gone = answer(session(ended).get(f"{URL}/data/projects"), 401)
    assert gone == {"msg": "Token has been revoked"}, gone

    day.stream.refuses_strangers()
    listener = Listener("the administrator", "admin", day.admin["id"], reader(URL, day.token))
    day.stream.add(listener.connect_by_gazu(URL, gazu.client.default_client))


def people_arrive(day):
    """The others sign in, and two of them listen along: one of the team, one not."""
    day.clients = {}
    for name, person in day.people.items():
        client = gazu.client.create_client(f"{URL}/api")
        tokens = gazu.log_in(person["email"], PERSON_PASSWORD, client=client)
        organisation = shapes.ORGANISATION
        has_keys(tokens["organisation"], organisation, f"the organisation of the {name}'s sign-in")
        has_no_secrets(tokens, f"the {name}'s sign-in")
        day.clients[name] = client
    artist = Listener("the artist", "member", day.people["artist"]["id"])
    day.stream.add(artist.connect_by_websocket(URL, day.clients["artist"].access_token))
    outsider = Listener("the outsider", "outsider", day.people["outsider"]["id"])
    day.stream.add(outsider.connect_by_gazu(URL, day.clients["outsider"]))
    answer(session(day.clients["outsider"].access_token).get(f"{URL}/data/projects/{day.project['id']}"), 403)
    listed = gazu.project.all_open_projects(client=day.clients["artist"])
    assert day.project["id"] in by_id(listed), "the team sees its production"
    listed = gazu.project.all_open_projects(client=day.clients["outsider"])
    assert day.project["id"] not in by_id(listed), "others do not"
