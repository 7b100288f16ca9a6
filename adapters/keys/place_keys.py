"""AES-256-GCM under one key per data subject, HMAC digests and the Ed25519 signature of a place; knows no database.

A place's secrets are derived from 32 random bytes in a file of its own (mode 0600), which belongs in no backup of the database:
whoever has both can read everything; without the file nothing personal can be read, and without a wrapped key neither.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from hmac import new as hmac
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.refusals import Refused

NONCE = 12  # bytes in front of every ciphertext
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class PlaceKeys:
    """The secrets of one place. They are never printed: `repr` hides them."""

    wrapping: AESGCM = field(repr=False)
    digesting: bytes = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)


class KeyFolder:
    """The key files of all places of this machine, `<folder>/<place>.key`; a place's file is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, PlaceKeys] = {}
        # Unwrapped keys of subjects stay in memory only as long as the wrapped form is still presented by the caller.
        self._unwrapped = lru_cache(maxsize=4096)(self._unwrap)

    def new_key(self, place: str, subject: str) -> bytes:
        """A fresh random data key for the subject, wrapped."""
        nonce = os.urandom(NONCE)
        return nonce + self._keys(place).wrapping.encrypt(nonce, AESGCM.generate_key(256), _bound(place, subject))

    def encrypt(self, place: str, subject: str, wrapped: bytes, plain: bytes, about: bytes) -> bytes:
        """`plain` under the subject's key, bound to `about`: it opens nowhere else."""
        nonce = os.urandom(NONCE)
        return nonce + self._unwrapped(place, subject, wrapped).encrypt(nonce, plain, about)

    def decrypt(self, place: str, subject: str, wrapped: bytes, sealed: bytes, about: bytes) -> bytes:
        """The inverse. Raises Refused `key.wrong` when key, binding or bytes are not those of `encrypt`."""
        try:
            return self._unwrapped(place, subject, wrapped).decrypt(sealed[:NONCE], sealed[NONCE:], about)
        except InvalidTag:
            raise Refused("key.wrong", subject=subject) from None

    def digest(self, place: str, data: bytes) -> str:
        """HMAC-SHA256 in hex: finds the same value again, and only for who holds the key."""
        return hmac(self._keys(place).digesting, data, sha256).hexdigest()

    def sign(self, place: str, message: bytes) -> bytes:
        """The place's Ed25519 signature."""
        return self._keys(place).signing.sign(message)

    def public_key(self, place: str) -> bytes:
        """The 32 bytes with which anybody checks the place's signatures."""
        return self._keys(place).signing.public_key().public_bytes_raw()

    def _unwrap(self, place: str, subject: str, wrapped: bytes) -> AESGCM:
        try:
            return AESGCM(self._keys(place).wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound(place, subject)))
        except InvalidTag:
            raise Refused("key.wrong", subject=subject) from None

    def _keys(self, place: str) -> PlaceKeys:
        found = self._places.get(place)
        if found is None:
            found = self._places[place] = _derived(_secret(self._folder, place), place)
        return found


def verified(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that key's over `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bound(place: str, subject: str) -> bytes:
    return f"{place}\n{subject}".encode()


def _derived(secret: bytes, place: str) -> PlaceKeys:
    def part(use: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=f"banli/{place}/{use}".encode()).derive(secret)

    return PlaceKeys(AESGCM(part("wrap")), part("digest"), Ed25519PrivateKey.from_private_bytes(part("sign")))


def _secret(folder: Path, place: str) -> bytes:
    """The place's 32 bytes, made on first use: whole or not at all, and never overwritten."""
    if not SAFE_NAME.match(place):
        raise Refused("key.place", place=place)
    path = folder / f"{place}.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = folder / f".{place}.{os.urandom(8).hex()}"
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)  # fails when another process was quicker: then its secret counts
        except FileExistsError:
            pass
        finally:
            made.unlink()
        _synchronised(folder)
    secret = path.read_bytes()
    if len(secret) != 32:
        raise Refused("key.file", path=str(path))
    return secret


def _synchronised(folder: Path) -> None:
    if os.name == "nt":  # directories cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
