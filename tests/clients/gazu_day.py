"""A studio's day, driven by gazu: from the empty production to its CSV exports.

Runs against DAILIES_URL as the administrator of DAILIES_EMAIL and DAILIES_PASSWORD, on a server
with or without other data. Three clients listen to the real-time stream meanwhile: the
administrator, an artist of the team and somebody outside of it. After each step the stream must
have brought each of them exactly the events that are theirs. gazu does what gazu can; requests
does what a browser would.

People, departments and types that the day made stay behind; its production is removed.
"""

import importlib.metadata
import tempfile
import time

from studio_day.casting import cast
from studio_day.comments import comment
from studio_day.day import Day
from studio_day.edits import draw_concepts, edit_episode
from studio_day.entities import create_assets, create_shots
from studio_day.exports import exports
from studio_day.files import keep_working_files, publish_outputs
from studio_day.finishing import finish
from studio_day.listings import contexts, pages, with_tasks
from studio_day.newer import arrange, cast_one, move_comment, share
from studio_day.people import create_people
from studio_day.playlists import clear_away, line_up
from studio_day.previews import publish_preview
from studio_day.production import create_production, set_up_production
from studio_day.releases import IS_NEWER
from studio_day.scenes import place_instances, set_scenes, strike_scenes
from studio_day.signing_in import people_arrive, sign_in
from studio_day.tasks import create_tasks
from studio_day.templates import take_template
from studio_day.time_spent import spend_time

SECTIONS = (
    sign_in,
    create_people,
    create_production,
    set_up_production,
    people_arrive,
    create_assets,
    create_shots,
    create_tasks,
    comment,
    publish_preview,
    spend_time,
    cast,
    with_tasks,
    contexts,
    exports,
    pages,
    edit_episode,
    draw_concepts,
    set_scenes,
    place_instances,
    keep_working_files,
    publish_outputs,
    strike_scenes,
    line_up,
    *((cast_one, move_comment, share, arrange) if IS_NEWER else ()),
    clear_away,
    take_template,
    finish,
)


def main():
    """Lives through the day, a section at a time."""
    with tempfile.TemporaryDirectory(prefix="dailies-day-") as folder:
        day = Day(folder)
        try:
            for section in SECTIONS:
                begun = time.monotonic()
                section(day)
                print(f"  {section.__name__:<20} {time.monotonic() - begun:5.1f} s", flush=True)
            day.stream.stayed_quiet()
        finally:
            day.stream.close()
    release = importlib.metadata.version("gazu")
    print(f"day with gazu {release}: {len(SECTIONS)} sections passed, {day.checks} events arrived once, with their payloads")


if __name__ == "__main__":
    main()
