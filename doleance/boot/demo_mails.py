"""The mails of the example, as bytes: plain, dressed in HTML with pictures, or the report of one that came back."""

import io
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from PIL import Image, ImageDraw

from doleance.channels.models import Mailbox
from doleance.notifications.models import Notice

_REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@courriel.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{id}@courriel.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="demo"

--demo
Content-Type: text/plain; charset=utf-8

This is the mail system at host courriel.example.
Your message could not be delivered to one or more recipients.

<{address}>: 550 5.1.1 User unknown

--demo
Content-Type: message/delivery-status

Reporting-MTA: dns; courriel.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected: User unknown

--demo
Content-Type: text/rfc822-headers

From: {to}
To: {address}
Message-ID: <{about}>

--demo--
"""


def written(mail: Mapping[str, Any], number: int, mailbox: Mailbox, moment: datetime, reference: str = "") -> bytes:
    """One mail of the example. `{ref}` in its subject is `reference`, the file that it cites."""
    message = EmailMessage()
    message["From"] = formataddr((mail["name"], mail["email"]))
    message["To"] = mailbox.address
    if "cc" in mail:
        message["Cc"] = mail["cc"]
    message["Subject"] = mail["subject"].replace("{ref}", reference)
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = f"<demo-{number}@courriel.example>"
    for name, value in mail.get("headers", {}).items():
        message[name] = value
    message.set_content(mail["text"].strip() + "\n", cte="quoted-printable")
    if "html" in mail:
        message.add_alternative(mail["html"].strip() + "\n", subtype="html", cte="quoted-printable")
    for name in mail.get("pictures", []):
        message.add_attachment(picture(name), maintype="image", subtype="png", filename=name)
    return message.as_bytes()


def picture(name: str) -> bytes:
    """A drawing that stands for a photograph: a bank statement on its desk, with lines that change with its name."""
    image = Image.new("RGB", (900, 640), (206, 212, 205))
    draw = ImageDraw.Draw(image)
    draw.polygon([(210, 60), (720, 40), (745, 600), (190, 610)], fill=(252, 252, 248))
    draw.rectangle((250, 100, 420, 132), fill=(0, 86, 96))
    for row, letter in enumerate(name[:14]):
        top = 180 + row * 28
        draw.rectangle((250, top, 400 + ord(letter) % 90 * 2, top + 9), fill=(150, 158, 160))
        draw.rectangle((620, top, 680, top + 9), fill=(176, 40, 40) if row in {4, 7} else (150, 158, 160))
    kept = io.BytesIO()
    image.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def returned(notice: Notice, number: int, mailbox: Mailbox, moment: datetime) -> bytes:
    """The report that a mail of ours came back: nobody has that address any more."""
    told = {
        "to": mailbox.address,
        "date": format_datetime(moment),
        "id": f"demo-return-{number}",
        "address": notice.to_address,
        "about": notice.message_id.strip("<>"),
    }
    return _REPORT.format(**told).encode()
