"""Failures that calls raise."""

import json
from typing import Any


class ApiError(Exception):
    """An answer that is no success: its status, and what the server says about it."""

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        self.body = _object(content)
        said = self.body.get("message") or self.body.get("msg")
        self.message = str(said) if said else content.decode(errors="replace")
        super().__init__(f"{status_code}: {self.message}")


class SignInRefused(ApiError):
    """An answer to who could not sign in."""

    @property
    def missing_factor(self) -> bool:
        """True if the password is right, and a second factor is wanted besides."""
        return self.body.get("missing_OTP") is True

    @property
    def factors(self) -> list[str]:
        """Second factors that are accepted, such as `totp`."""
        return list(self.body.get("two_factor_authentication_enabled") or [])


class SessionEnded(ApiError):
    """An answer to a token that is not good any more, and can't be renewed: sign in again."""


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
