"""Typed client of a Dailies server.

`Dailies` signs in and calls; `dailies_client.api` has a module for each operation of the contract, `dailies_client.models` its
shapes, `dailies_client.previews` and `dailies_client.events` what takes more than one call.
"""

from .errors import ApiError, SessionEnded, SignInRefused
from .session import Dailies

__all__ = ("ApiError", "Dailies", "SessionEnded", "SignInRefused")
