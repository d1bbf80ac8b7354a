"""Prints comments as they are written, until it is stopped, or until it has seen as many as the argument says.

    DAILIES_URL=http://127.0.0.1:5000 DAILIES_TOKEN=… python follow.py [NUMBER]
"""

import asyncio
import sys
from uuid import UUID

from dailies_client import Dailies
from dailies_client.api.comments import get_comment
from dailies_client.events import AsyncEvents


async def main() -> None:
    """Signs in and listens."""
    left = int(sys.argv[1]) if sys.argv[1:] else None
    async with await Dailies.from_environment_async() as dailies, AsyncEvents(dailies) as events:
        print("listening", flush=True)
        async for event in events:
            if event.name != "comment:new":
                continue
            comment = await get_comment.asyncio(client=dailies, instance_id=UUID(event.data["comment_id"]))
            print(f"{comment.created_at} {comment.text}", flush=True)
            left = None if left is None else left - 1
            if left == 0:
                break


if __name__ == "__main__":
    asyncio.run(main())
