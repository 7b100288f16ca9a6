"""Keys of a place: made once, kept apart, bound to what they protect."""
import stat
from pathlib import Path

import pytest

from adapters.keys import KeyFolder
from adapters.keys.place_keys import verified
from engine.refusals import Refused


def test_what_is_encrypted_opens_again_after_a_restart(tmp_path: Path) -> None:
    wrapped = KeyFolder(tmp_path).new_key("fuxin", "s1")
    sealed = KeyFolder(tmp_path).encrypt("fuxin", "s1", wrapped, "张三（虚构）".encode(), b"entry 1")
    assert KeyFolder(tmp_path).decrypt("fuxin", "s1", wrapped, sealed, b"entry 1").decode() == "张三（虚构）"


@pytest.mark.parametrize(
    ("place", "subject", "about"), [("other", "s1", b"entry 1"), ("fuxin", "s2", b"entry 1"), ("fuxin", "s1", b"entry 2")])
def test_it_opens_nowhere_else(tmp_path: Path, place: str, subject: str, about: bytes) -> None:
    keys = KeyFolder(tmp_path)
    wrapped = keys.new_key("fuxin", "s1")
    sealed = keys.encrypt("fuxin", "s1", wrapped, b"secret", b"entry 1")
    with pytest.raises(Refused) as refused:
        keys.decrypt(place, subject, wrapped, sealed, about)
    assert refused.value.code == "key.wrong"


def test_the_key_file_is_for_its_owner_alone_and_is_made_once(tmp_path: Path) -> None:
    KeyFolder(tmp_path / "keys").digest("fuxin", b"x")
    before = (tmp_path / "keys" / "fuxin.key").read_bytes()
    KeyFolder(tmp_path / "keys").digest("fuxin", b"x")
    file = tmp_path / "keys" / "fuxin.key"
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes(), sorted(p.name for p in file.parent.iterdir())) == (0o600, before, ["fuxin.key"])


def test_digests_are_equal_within_a_place_only(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    assert keys.digest("fuxin", b"a") == keys.digest("fuxin", b"a")
    assert len({keys.digest("fuxin", b"a"), keys.digest("fuxin", b"b"), keys.digest("other", b"a")}) == 3


def test_a_place_signs_and_anybody_can_check(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    signature = keys.sign("fuxin", b"head")
    assert verified(keys.public_key("fuxin"), b"head", signature)
    assert not verified(keys.public_key("fuxin"), b"heat", signature)
    assert not verified(keys.public_key("other"), b"head", signature)


def test_a_place_cannot_name_a_path(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        KeyFolder(tmp_path).digest("../x", b"")
    assert refused.value.code == "key.place"


def test_a_broken_key_file_is_refused_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "fuxin.key").write_bytes(b"short")
    with pytest.raises(Refused) as refused:
        KeyFolder(tmp_path).digest("fuxin", b"")
    assert (refused.value.code, (tmp_path / "fuxin.key").read_bytes()) == ("key.file", b"short")
