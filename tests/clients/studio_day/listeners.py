"""Listeners on the real-time stream, and the comparison of what they heard with what was done."""

import threading
import time

import gazu
import requests
import socketio

NAMESPACE = "/events"
ARRIVES_WITHIN = 5
QUIET_FOR = 1.5

# Events about the whole studio; everybody is told of them.
STUDIO_WIDE = ("asset-type:", "department:", "person:", "task-status:", "task-type:")

# How often this is told depends on how fast the machine is.
PROGRESS = "preview-file:progress"

# Records that a listener may read as soon as it hears of them: an event follows the commit of its change.
READABLE = {
    "asset:new": "/data/assets/{asset_id}",
    "comment:new": "/data/comments/{comment_id}",
    "episode:new": "/data/episodes/{episode_id}",
    "person:new": "/data/persons/{person_id}",
    "preview-file:new": "/data/preview-files/{preview_file_id}",
    "project:new": "/data/projects/{project_id}",
    "sequence:new": "/data/sequences/{sequence_id}",
    "shot:new": "/data/shots/{shot_id}",
    "task:new": "/data/tasks/{task_id}",
}


class Some:
    """Equals every value that its test accepts, for values that only the server knows."""

    def __init__(self, meaning, test):
        self.meaning = meaning
        self.test = test

    def __eq__(self, other):
        return bool(self.test(other))

    def __repr__(self):
        return f"<{self.meaning}>"


class Listener:
    """One connected client that writes down every event with its payload."""

    def __init__(self, name, role, person_id, reader=None):
        self.name = name
        self.role = role
        self.person_id = person_id
        self.reader = reader
        self.heard = []
        self.reading = 0
        self.unreadable = []
        self.compared = 0
        self.changed = threading.Condition()
        self.socket = None

    def connect_by_gazu(self, url, client):
        """Listens with gazu's own event client, which starts with long-polling and upgrades."""
        gazu.client.set_event_host(url, client=client)
        self.socket = gazu.events.init(client=client)
        gazu.events.add_listener(self.socket, "*", self.write_down)
        threading.Thread(target=gazu.events.run_client, args=(self.socket,), daemon=True).start()
        assert NAMESPACE in self.socket.namespaces, f"{self.name} could not join {NAMESPACE} with gazu"
        return self

    def connect_by_websocket(self, url, token):
        """Listens with python-socketio over a WebSocket from the first byte."""
        self.socket = socketio.Client(reconnection=False)
        self.socket.on("*", self.write_down, namespace=NAMESPACE)
        self.socket.connect(
            url,
            headers={"Authorization": f"Bearer {token}"},
            transports=["websocket"],
            namespaces=[NAMESPACE],
            wait_timeout=ARRIVES_WITHIN,
        )
        return self

    def write_down(self, event, *arguments):
        """Takes an event; one that announces a row is followed by a read of that row."""
        payload = arguments[0] if len(arguments) == 1 else arguments
        if event == PROGRESS:
            return
        with self.changed:
            # Its place is that of its arrival; it counts once its row has been read.
            self.heard.append((event, payload))
            self.reading += 1
        if self.reader and event in READABLE:
            status = self.reader(READABLE[event].format(**payload))
            if status != 200:
                self.unreadable.append((event, payload, status))
        with self.changed:
            self.reading -= 1
            self.changed.notify_all()

    def concerns(self, event, payload, scoped):
        """True if this listener is told of an event, None when either is right.

        Project events go to the administrators and the team, and what is addressed to a person to
        that person only.
        """
        if event == "notification:new":
            return payload["person_id"] == self.person_id
        if self.role != "outsider" or event.startswith(STUDIO_WIDE):
            return True
        # Events of a production itself, and the few of its rows that carry no scope, are harmless.
        return False if scoped and not event.startswith("project:") else None

    def expects(self, events):
        """The part of these events that this listener must hear."""
        return [
            (name, payload)
            for name, payload in events
            if self.concerns(name, payload, "project_id" in payload) is True
        ]

    def fresh(self):
        """Events heard since the last comparison, without those that may be there or not."""
        return [
            (name, payload)
            for name, payload in self.heard[self.compared :]
            if self.concerns(name, payload, "project_id" in payload) is not None
        ]

    def compare(self, events, any_order):
        """Waits for these events, and asserts that exactly they arrived."""
        expected = self.expects(events)
        with self.changed:
            self.changed.wait_for(
                lambda: self.reading == 0 and len(self.fresh()) >= len(expected), timeout=ARRIVES_WITHIN
            )
            fresh = self.fresh()
            self.compared = len(self.heard)
        names, wanted = [name for name, _ in fresh], [name for name, _ in expected]
        if any_order:
            names, wanted = sorted(names), sorted(wanted)
        missing = list(expected)
        surplus = [event for event in fresh if not take(missing, event)]
        assert names == wanted and not missing and not surplus, (
            f"{self.name} should have heard {wanted} but heard {names}"
            + "".join(f"\n  missing: {event}" for event in missing)
            + "".join(f"\n  surplus: {event}" for event in surplus)
        )
        # A row that is gone by now may have gone before a slow reader asked for it.
        gone = {
            value
            for name, payload in self.heard
            if name.endswith(":delete")
            for key, value in payload.items()
            if key != "project_id"
        }
        early = [
            f"{name} {payload} came before its row could be read ({status})"
            for name, payload, status in self.unreadable
            if not gone.intersection(payload.values())
        ]
        assert not early, "\n".join(early)

    def close(self):
        """Leaves the stream."""
        self.socket.disconnect()


def take(events, wanted):
    """Removes the first event that equals the wanted one, telling whether there was one."""
    for position, event in enumerate(events):
        if event == wanted:
            del events[position]
            return True
    return False


class Stream:
    """All listeners together."""

    def __init__(self, url):
        self.url = url
        self.listeners = []

    def refuses_strangers(self):
        """A connection to the namespace without a token is refused."""
        stranger = socketio.Client(reconnection=False)
        try:
            stranger.connect(self.url, namespaces=[NAMESPACE], wait_timeout=ARRIVES_WITHIN)
        except socketio.exceptions.ConnectionError:
            return
        finally:
            stranger.disconnect()
        raise AssertionError("the stream let somebody in without a token")

    def add(self, listener):
        """Takes a connected listener in."""
        self.listeners.append(listener)
        return listener

    def heard(self, *events, any_order=False):
        """Asserts that exactly these events arrived since the last call, at everyone they concern."""
        for listener in self.listeners:
            listener.compare(events, any_order)

    def caught_up(self):
        """Takes what arrives now without a comparison, where another suite compares it."""
        time.sleep(QUIET_FOR / 3)
        for listener in self.listeners:
            listener.compared = len(listener.heard)

    def keep(self, listener):
        """Lets all others go."""
        for other in self.listeners:
            if other is not listener:
                other.close()
        self.listeners = [listener]

    def stayed_quiet(self):
        """Asserts that nothing more arrives, so that nothing came twice."""
        time.sleep(QUIET_FOR)
        self.heard()

    def close(self):
        """Ends every connection."""
        for listener in self.listeners:
            listener.close()


def reader(url, token):
    """A function that tells the status of a GET, on a connection of its own."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    return lambda path: session.get(url + path, timeout=10).status_code
