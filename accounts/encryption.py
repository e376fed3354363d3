"""Sealing of secrets and personal metadata: AES-256-GCM with key rotation, bound to a workspace.

A sealed value is ``<key id>.<base64 of nonce + ciphertext>``. The workspace's id is associated
data, so that a value copied into another workspace's row does not open there.
"""

import base64
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The value was sealed with a key that is not configured, or for another workspace."""


@lru_cache
def _keys(entries: tuple[str, ...]) -> dict[str, AESGCM]:
    keys = {}
    for entry in entries:
        key_id, _, encoded = entry.partition(":")
        keys[key_id] = AESGCM(base64.b64decode(encoded))
    return keys


def seal(value: Any, *, workspace_id: object) -> str:
    """Encrypt a JSON-able value with the newest key."""
    keys = _keys(tuple(settings.ENCRYPTION_KEYS))
    key_id, key = next(iter(keys.items()))
    nonce = os.urandom(NONCE_BYTES)
    text = key.encrypt(nonce, json.dumps(value).encode(), str(workspace_id).encode())
    return f"{key_id}.{base64.b64encode(nonce + text).decode()}"


def unseal(sealed: str, *, workspace_id: object) -> Any:
    """Decrypt what `seal` made; raises `CannotUnseal`."""
    key_id, _, encoded = sealed.partition(".")
    key = _keys(tuple(settings.ENCRYPTION_KEYS)).get(key_id)
    if key is None:
        raise CannotUnseal(f"No encryption key named {key_id!r} is configured.")
    raw = base64.b64decode(encoded)
    try:
        text = key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], str(workspace_id).encode())
    except InvalidTag as error:
        raise CannotUnseal("The sealed value does not belong to this workspace.") from error
    return json.loads(text)


class SealedDict:
    """Model attribute that reads and writes a dict through a sealed text column.

    ``secrets = SealedDict("secrets_sealed")`` beside ``secrets_sealed = TextField(default="")``.
    """

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: models.Model | None, owner: type[models.Model]) -> Any:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        return unseal(sealed, workspace_id=row.workspace_id) if sealed else {}  # type: ignore[attr-defined]

    def __set__(self, row: models.Model, value: dict[str, Any]) -> None:
        sealed = seal(value, workspace_id=row.workspace_id) if value else ""  # type: ignore[attr-defined]
        setattr(row, self.column, sealed)
