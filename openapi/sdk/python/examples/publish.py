"""Lists the shots that I have to work on, and publishes a picture on the first of them.

    DAILIES_URL=http://127.0.0.1:5000 DAILIES_EMAIL=… DAILIES_PASSWORD=… python publish.py PICTURE
"""

import sys

from dailies_client import Dailies
from dailies_client.api.studio import list_task_statuses
from dailies_client.api.user import list_user_tasks
from dailies_client.events import Events
from dailies_client.previews import publish_preview


def main() -> None:
    """Signs in, shows, and publishes."""
    with Dailies.from_environment() as dailies:
        shots = [task for task in list_user_tasks.sync(client=dailies) if task.task_type_for_entity == "Shot"]
        for task in shots:
            print(f"{task.project_name}  {task.sequence_name}/{task.entity_name}  {task.task_type_name}: {task.task_status_name}")
        if not shots:
            sys.exit("Nothing to work on.")
        review = list_task_statuses.sync(client=dailies, is_feedback_request=True)[0]
        with Events(dailies) as events:
            published = publish_preview(dailies, shots[0].id, review.id, "Ready for a look", sys.argv[1])
            print(f"revision {published.preview.revision} of {shots[0].entity_name} is {published.preview.status}")
            told = events.next(timeout=30)
            while told.data.get("comment_id") != str(published.comment.id):
                told = events.next(timeout=30)
            print(f"told: {told.name}")
        dailies.sign_out()


if __name__ == "__main__":
    main()
