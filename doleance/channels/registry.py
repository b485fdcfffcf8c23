"""The channels by their code; a new channel is a folder beside this file and one line here."""

from types import MappingProxyType

from doleance.channels.base import Channel
from doleance.channels.email import child
from doleance.channels.models import Message
from doleance.channels.typed.form import forms

CHANNELS: MappingProxyType[str, Channel] = MappingProxyType(
    {"email": child.readers, "web": forms, "phone": forms, "counter": forms, "api": forms}
)


def channel_of(message: Message) -> Channel:
    """The channel by which a message came. Raises KeyError when it is none of ours."""
    return CHANNELS[message.channel]
