"""The sink keeps what would have left, and shows a mail sent twice."""

import stat

import pytest

from doleance.channels.email import sink
from doleance.kernel.errors import ChannelError


def test_a_mail_is_kept_for_its_owner_alone(tmp_path):
    folder = tmp_path / "courrier"
    assert sink.write(b"Subject: x\r\n", folder=folder, name="a") == "a.eml"
    assert (folder / "a.eml").read_bytes() == b"Subject: x\r\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "a.eml").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["a.eml"]


def test_a_second_copy_is_seen(tmp_path):
    names = [sink.write(b"x", folder=tmp_path, name="a") for _ in range(3)]
    assert names == ["a.eml", "a-2.eml", "a-3.eml"]


def test_a_folder_that_cannot_be_written_is_a_channel_that_failed(tmp_path):
    (tmp_path / "courrier").write_text("in the way")
    with pytest.raises(ChannelError) as raised:
        sink.write(b"x", folder=tmp_path / "courrier", name="a")
    assert not raised.value.permanent
