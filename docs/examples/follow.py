"""Prints comments as they are written, until it is stopped, or until it has seen as many as the argument says.

    DAILIES_URL=http://127.0.0.1:5000 DAILIES_EMAIL=… DAILIES_PASSWORD=… python follow.py [NUMBER]
"""

import os
import sys

import gazu


def main():
    """Signs in and listens."""
    url = os.environ["DAILIES_URL"].rstrip("/")
    gazu.set_host(f"{url}/api")
    gazu.set_event_host(url)
    gazu.log_in(os.environ["DAILIES_EMAIL"], os.environ["DAILIES_PASSWORD"])
    left = int(sys.argv[1]) if sys.argv[1:] else None
    stream = gazu.events.init()

    def told(event):
        nonlocal left
        comment = gazu.task.get_comment(event["comment_id"])
        print(f"{comment['created_at']} {comment['text']}", flush=True)
        if left is not None:
            left -= 1
            if left == 0:
                stream.disconnect()

    gazu.events.add_listener(stream, "comment:new", told)
    print("listening", flush=True)
    gazu.events.run_client(stream)


if __name__ == "__main__":
    main()
