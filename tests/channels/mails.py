"""Mails written for tests, well made by the standard library or broken by hand."""

from email.message import EmailMessage


def mail(text: str = "Bonjour,\n\nMon colis est perdu.\n", **fields: str) -> bytes:
    """A plain mail of Mme Durand; `fields` are header fields with underscores, an empty one takes a field away."""
    told = {
        "From": "Hélène Durand <helene.durand@courriel.example>",
        "To": "reclamations@maison.example",
        "Subject": "Colis perdu",
        "Message-ID": "<durand-1@courriel.example>",
        "Date": "Mon, 23 Nov 2026 09:00:00 +0100",
    }
    told |= {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return (head + "\r\n" + text.replace("\n", "\r\n")).encode()


def with_files(text: str, html: str, files: dict[str, bytes]) -> bytes:
    """A mail with two renderings and files, as the standard library writes it."""
    message = EmailMessage()
    message["From"] = "Hélène Durand <helene.durand@courriel.example>"
    message["To"] = "reclamations@maison.example"
    message["Subject"] = "Réclamation n° 12 : été déçu"
    message["Message-ID"] = "<durand-files@courriel.example>"
    if text:
        message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html") if text else message.set_content(html, subtype="html")
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def nested(depth: int) -> bytes:
    """Parts inside parts."""
    levels = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    return b"From: a@b.fr\r\nSubject: poupees\r\n" + levels + b"\r\nau fond\r\n"


def many_parts(count: int) -> bytes:
    """Parts beside parts."""
    head = b"From: a@b.fr\r\nSubject: perles\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"--b\r\n\r\nx\r\n" * count
