"""Pictures and movies for review: a comment, a preview of it, and the file."""

import mimetypes
import os
import pathlib
from dataclasses import dataclass
from uuid import UUID

from .api.comments import comment_task
from .api.previews import add_preview_to_comment, upload_preview_file
from .models.comment_input import CommentInput
from .models.created_comment import CreatedComment
from .models.preview_file import PreviewFile
from .models.single_file_upload import SingleFileUpload
from .session import Dailies
from .types import File


@dataclass(frozen=True)
class Published:
    """A comment with the preview that was published in it."""

    comment: CreatedComment
    preview: PreviewFile


def publish_preview(dailies: Dailies, task_id: UUID, status_id: UUID, text: str, path: str | os.PathLike[str]) -> Published:
    """Comments a task, which gives it that status, and adds a picture or movie as its next revision."""
    comment = comment_task.sync(client=dailies, task_id=task_id, body=_comment(status_id, text))
    preview = add_preview_to_comment.sync(client=dailies, task_id=task_id, comment_id=comment.id)
    return Published(comment, upload_preview(dailies, preview.id, path))


async def publish_preview_async(
    dailies: Dailies, task_id: UUID, status_id: UUID, text: str, path: str | os.PathLike[str]
) -> Published:
    """The same without blocking."""
    comment = await comment_task.asyncio(client=dailies, task_id=task_id, body=_comment(status_id, text))
    preview = await add_preview_to_comment.asyncio(client=dailies, task_id=task_id, comment_id=comment.id)
    return Published(comment, await upload_preview_async(dailies, preview.id, path))


def upload_preview(dailies: Dailies, preview_id: UUID, path: str | os.PathLike[str]) -> PreviewFile:
    """Sends the file of a preview, which is read as it is sent."""
    with open(path, "rb") as content:
        form = SingleFileUpload(file=File(content, *_name_and_type(path)))
        return upload_preview_file.sync(client=dailies, instance_id=preview_id, body=form)


async def upload_preview_async(dailies: Dailies, preview_id: UUID, path: str | os.PathLike[str]) -> PreviewFile:
    """The same without blocking, but for the reading of the file."""
    with open(path, "rb") as content:
        form = SingleFileUpload(file=File(content, *_name_and_type(path)))
        return await upload_preview_file.asyncio(client=dailies, instance_id=preview_id, body=form)


def _comment(status_id: UUID, text: str) -> CommentInput:
    return CommentInput(task_status_id=status_id, comment=text)


def _name_and_type(path: str | os.PathLike[str]) -> tuple[str, str]:
    name = pathlib.Path(path).name
    return name, mimetypes.guess_type(name)[0] or "application/octet-stream"
