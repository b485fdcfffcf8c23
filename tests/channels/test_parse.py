"""A raw message to what it says: nothing raises, and what can be read is read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.parse import parse, peek
from doleance.channels.rules import Limit, MachineSigns, ParsedMessage, Person, Problem
from tests.channels import mails
from tests.intake import samples


def test_an_ordinary_mail():
    parsed = parse(
        mails.mail(
            Received="from a by b; Mon, 23 Nov 2026 09:00:02 +0100",
            Cc="marc@petit.example",
            Reply_To="Bureau <bureau@courriel.example>",
            In_Reply_To="<un@maison.example>",
            References="<zero@maison.example> <un@maison.example>",
        )
    )
    assert parsed.problem == Problem.NONE
    assert parsed.sender == Person("Hélène Durand", "helene.durand@courriel.example")
    assert parsed.to == (Person("", "reclamations@maison.example"),)
    assert parsed.cc == (Person("", "marc@petit.example"),)
    assert parsed.reply_to == (Person("Bureau", "bureau@courriel.example"),)
    assert parsed.subject == "Colis perdu"
    assert parsed.text == "Bonjour,\n\nMon colis est perdu."
    assert parsed.message_id == "<durand-1@courriel.example>"
    assert parsed.in_reply_to == ("<un@maison.example>",)
    assert parsed.references == ("<zero@maison.example>", "<un@maison.example>")
    assert parsed.date == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert parsed.received == datetime(2026, 11, 23, 8, 0, 2, tzinfo=UTC)
    assert parsed.signs == MachineSigns(content_type="")


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_without_raising(raw):
    parsed = parse(raw)
    assert isinstance(parsed, ParsedMessage)
    for text in (parsed.subject, parsed.text, parsed.sender.name, parsed.message_id):
        assert "\x00" not in text
        text.encode("utf-8")


@given(st.lists(st.sampled_from([b"From: a@b.fr\n", b"Subject: x\n", b"\n", b"--b\n", b"--b--\n", b"bonjour\n",
                                 b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: message/rfc822\n",
                                 b"Content-Type: text/html; charset=utf-7\n", b"Content-Transfer-Encoding: base64\n",
                                 b"Content-Disposition: attachment; filename*=x'y'%ff\n", b"<p>\xff\xfe", b"=?b?"]),
                max_size=40))  # fmt: skip
def test_any_pile_of_mail_pieces_is_read_without_raising(pieces):
    raw = b"".join(pieces)
    parsed = parse(raw)
    assert parse(raw) == parsed  # reading is a function of the bytes
    assert peek(raw, Limit.CRASH).sender == parsed.sender or parsed.problem != Problem.NONE


def test_the_body_hash_covers_the_bytes_after_the_first_empty_line():
    one = parse(mails.mail(Subject="un"))
    assert one.body_sha256 == parse(mails.mail(Subject="deux")).body_sha256
    assert one.body_sha256 != parse(mails.mail("Bonjour")).body_sha256


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"%PDF-1.7 \x00\x01", b"une note: sans rien d'un courriel\n\ncorps", b"\xff" * 100]
)
def test_what_has_no_field_of_a_mail_is_none(raw):
    assert parse(raw).problem == Problem.NOT_A_MESSAGE


@pytest.mark.parametrize(
    ("raw", "limit"),
    [
        (mails.mail(Subject="=?utf-8?q?a?= " * 60_000), Limit.HEADER_BLOCK),
        (mails.mail(Subject="a" * 100_000), Limit.HEADER),
        (mails.nested(3_000), Limit.DEPTH),
        (mails.many_parts(3_000), Limit.PARTS),
        (mails.mail(To=", ".join(f"a{i}@b.fr" for i in range(1_001))), Limit.ADDRESSES),
    ],
)
def test_over_a_limit_sender_and_subject_are_still_shown(raw, limit):
    parsed = parse(raw)
    assert (parsed.problem, parsed.limit) == (Problem.OVER_LIMIT, limit)
    assert parsed.sender.address in {"helene.durand@courriel.example", "a@b.fr"}
    assert parsed.subject
    assert parsed.text == ""


def test_a_thousand_addresses_are_still_a_mail():
    parsed = parse(mails.mail(To=", ".join(f"a{i}@b.fr" for i in range(999))))
    assert parsed.problem == Problem.NONE
    assert len(parsed.to) == 999


@pytest.mark.parametrize(
    ("fields", "signs"),
    [
        ({"Return_Path": "<>"}, {"return_path": ""}),
        ({"Return_Path": "<a@b.fr>"}, {"return_path": "a@b.fr"}),
        ({"Auto_Submitted": "auto-generated (failure)"}, {"auto_submitted": "auto-generated"}),
        ({"Auto_Submitted": "No"}, {"auto_submitted": "no"}),
        ({"Precedence": "Bulk"}, {"precedence": "bulk"}),
        ({"X_Auto_Response_Suppress": "DR, OOF"}, {"auto_response_suppress": "DR, OOF"}),
        ({"List_Id": "<clients.maison.example>", "List_Post": "x"}, {"list_headers": ("list-id", "list-post")}),
        ({"X_Autoreply": "yes"}, {"auto_reply_headers": ("x-autoreply",)}),
        ({"X_Spam_Flag": "YES"}, {"spam": True}),
        ({"X_Spam_Status": "Yes, score=9"}, {"spam": True}),
        ({"X_Spam_Status": "No, score=-1"}, {}),
        ({"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
         {"content_type": "multipart/report", "is_report": True}),
    ],
)  # fmt: skip
def test_the_signs_of_a_machine(fields, signs):
    assert parse(mails.mail(**fields)).signs == MachineSigns(**signs)


def test_a_bounce_brings_back_the_identifier_of_what_it_answers():
    report = (
        b"From: MAILER-DAEMON@b.fr\nContent-Type: multipart/report; boundary=b\n\n--b\n\nnot delivered\n"
        b"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours@maison.example>\nSubject: x\n--b--\n"
    )
    assert parse(report).answered == ("<ours@maison.example>",)
    whole = report.replace(b"text/rfc822-headers", b"message/rfc822")
    assert parse(whole).answered == ("<ours@maison.example>",)
    old = b"From: MAILER-DAEMON@b.fr\n\nHi. This is qmail. Below is a copy.\n\nMessage-ID: <ours@maison.example>\n"
    assert parse(old).answered == ("<ours@maison.example>",)


# What the texts of the sample mails are, read by hand.
TEXTS = {
    "plain_emails/basic_email.eml": "Plain email.\n\nHope it works well!\n\nMikel",
    "plain_emails/raw_email.eml": "대부분의 마찬가지로, 우리는 하나님을 믿습니다.\n\n제 이름은 Jamis입니다.",
    "plain_emails/raw_email10.eml": f"Test test. Hi. Waving. m\n\n{'-' * 64}\n"
    "Sent via Bell Mobility's Text Messaging service. \n"
    f"Envoyé par le service de messagerie texte de Bell Mobilité.\n{'-' * 64}",
    "plain_emails/raw_email_with_bad_date.eml": "hotnewsoft . com",
    "multi_charset/japanese_iso_2022.eml": "すみません。",
    "multi_charset/japanese_shift_jis.eml": "あいうえお\n\nこのメールはテスト用のメールです。\n\n"
    "今後ともよろしくお願い申し上げます！",
    "multi_charset/ks_c_5601-1987.eml": "스티해",
    "mime_emails/raw_email11.eml": "XXXXX Xxxxx",
    "mime_emails/raw_email_with_illegal_boundary.eml": "Hello\nThis is an outlook test\n\nSo there.\n\nMe.",
    "error_emails/multiple_invalid_content_dispositions.eml": "foo",
    "error_emails/content_transfer_encoding_x_uuencode.eml": "Attached are the comments of the Public Generating",
    "rfc2822/example13.eml": 'This is a message just to say hello.\nSo, "Hello".',
    "attachment_emails/attachment_only_email.eml": "",
}  # fmt: skip
FILES = {
    "attachment_emails/attachment_content_disposition.eml": ["api.rb"],
    "attachment_emails/attachment_content_location.eml": ["piece-1.jpg"],
    "attachment_emails/attachment_message_rfc822.eml": ["ForwardedMessage.eml"],
    "attachment_emails/attachment_nonascii_filename.eml": ["ciële.txt"],
    "attachment_emails/attachment_only_email.eml": ["blah.gz"],
    "attachment_emails/attachment_with_base64_encoded_name.eml": ["This is a test.pdf"],
    "attachment_emails/attachment_with_quoted_filename.eml": ["Eelanalüüsi päring.jpg"],
    "attachment_emails/attachment_with_unquoted_name.eml": ["This is a test.txt"],
    "mime_emails/raw_email7.eml": ["test.rb", "test.pdf", "smime.p7s"],
    "mime_emails/raw_email_with_binary_encoded.eml": ["2013-08-13_19-08-28-1.jpg"],
    "mime_emails/sig_only_email.eml": ["signature.asc"],
    "multi_charset/japanese_attachment.eml": ["てすと.txt"],
    "multi_charset/japanese_attachment_long_name.eml": ["かきくけこ" * 5 + ".txt"],
}
RECEIVED = {
    "plain_emails/basic_email.eml": (None, datetime(2008, 11, 22, 4, 5, 5, tzinfo=UTC)),
    "plain_emails/raw_email.eml": (datetime(2005, 5, 2, 16, 7, 5, tzinfo=UTC), None),
    "plain_emails/raw_email_simple.eml": (None, datetime(2007, 10, 21, 9, 38, 20, tzinfo=UTC)),
    "error_emails/bad_date_header2.eml": (None, datetime(2010, 12, 15, 6, 59, 10, tzinfo=UTC)),
    "rfc2822/example01.eml": (None, None),
    "rfc2822/example09.eml": (None, datetime(1997, 11, 21, 16, 5, 43, tzinfo=UTC)),
}


def sample(path):
    return parse((samples.require() / samples.COLLECTION / path).read_bytes())


@pytest.mark.parametrize("path", TEXTS)
def test_the_text_of_a_sample(path):
    if path.endswith("x_uuencode.eml"):
        assert sample(path).text.startswith(TEXTS[path])
    else:
        assert sample(path).text == TEXTS[path]


@pytest.mark.parametrize("path", FILES)
def test_the_files_of_a_sample(path):
    assert [one.name for one in sample(path).files] == FILES[path]


@pytest.mark.parametrize("path", RECEIVED)
def test_when_a_sample_says_it_was_received(path):
    parsed = sample(path)
    assert (parsed.separator, parsed.received) == RECEIVED[path]
