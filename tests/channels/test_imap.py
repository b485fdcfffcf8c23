"""The wire in, against servers that lie, cut, drip and stall; and what their answers are made of."""

import threading
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import fetched, guard, imap
from doleance.channels.email.fetched import Answer, Listed
from doleance.channels.email.guard import Guard
from doleance.channels.email.imap import Server
from doleance.channels.rules import ImapAuth, MailboxError, MailboxFailed, Security
from tests.channels.posts import make_certificate
from tests.servers import dovecot as servers
from tests.servers.liar import CUT, DRIP, HANG, open_liar

FIRST, SECOND = b"Subject: un\r\n\r\nBonjour\r\n", b"Subject: deux\r\n\r\nUID 1 FLAGS (\\Seen)\r\n"
MOMENT = datetime(2026, 11, 22, 2, 41, 45, tzinfo=UTC)


def server(liar, **changes) -> Server:
    told = {"security": Security.NONE, "username": "boite", "secret": "secret"} | changes
    return Server("127.0.0.1", liar.port, **told)


def whole(session, above=0):
    """All that a session lists above a UID."""
    found = {}
    for page in session.pages(session.select("INBOX", writable=False), above):
        found |= page.listed
    return found


def raws(liar, *uids: int) -> dict[int, bytes]:
    """What a session fetches of a listing."""
    with imap.session(server(liar)) as session:
        listed = whole(session)
        return {mail.uid: mail.raw for mail in session.fetch([listed[uid] for uid in uids or sorted(listed)])}


@pytest.fixture
def hurried(monkeypatch):
    """A fraction of a second for each command."""
    monkeypatch.setattr(guard, "STEP_S", 0.3)


def test_an_honest_server_gives_what_it_has():
    with open_liar({1: FIRST, 5: SECOND}) as liar, imap.session(server(liar)) as session:
        opened = session.select("INBOX", writable=True)
        assert (opened.uidvalidity, opened.count, opened.uidnext) == (7, 2, 6)
        assert whole(session) == {1: Listed(1, len(FIRST), MOMENT), 5: Listed(5, len(SECOND), MOMENT)}
        assert whole(session, 1).keys() == {5}
        assert whole(session, 5) == {}  # `6:*` names the last mail all the same
        mails = session.fetch([Listed(1, len(FIRST)), Listed(5, len(SECOND))])
        assert [(mail.uid, mail.raw, mail.at, mail.is_odd) for mail in mails] == [
            (1, FIRST, MOMENT, False),
            (5, SECOND, MOMENT, False),
        ]
        session.flag_seen([1])
        session.move([5], "Traités & rangés")
    assert liar.flags == {1: {"\\Seen"}}
    assert liar.moved == {5: SECOND}
    assert not [one for one in liar.heard if one.upper() in {"EXPUNGE", "CLOSE"} or "BODY[" in one]


@pytest.mark.parametrize(
    "lie",
    [
        lambda liar: liar.body(1) + liar.body(9, raw=SECOND),
        lambda liar: liar.body(9, raw=FIRST),
        lambda liar: liar.body(1) + liar.body(1, raw=SECOND[: len(FIRST)]),
        lambda liar: liar.body(1, raw=FIRST[:5]),
        lambda liar: liar.body(1, raw=FIRST[:5], size=5),
        lambda liar: liar.body(1, raw=FIRST + b"more"),
        lambda liar: liar.body(1, size=99),
        lambda liar: liar.body(1, raw=b""),
        lambda liar: b"* 1 FETCH (UID 1 BODY[] NIL)\r\n",
        lambda liar: b'* 1 FETCH (UID 1 BODY[] "")\r\n',
        lambda liar: b"* 1 FETCH (FLAGS (\\Seen))\r\n",
        lambda liar: b"",
    ],
    ids=["extra", "other", "twice", "short", "short-told", "long", "size", "empty", "nil", "quoted", "flags", "none"],
)
def test_a_lie_told_once_is_seen_through(lie):
    with open_liar({1: FIRST}) as liar:
        liar.bodies.append(lambda _: lie(liar))
        assert raws(liar) == {1: FIRST}


def test_a_server_that_insists_on_another_size_is_believed_and_noted():
    with open_liar({1: FIRST}) as liar:
        liar.lists += [lambda _: liar.row(1, size=12)] * 2
        liar.bodies += [lambda _: liar.body(1, size=12)] * 3
        with imap.session(server(liar)) as session:
            [mail] = session.fetch(list(whole(session).values()))
        assert (mail.raw, mail.told, mail.is_odd) == (FIRST, 12, True)


@pytest.mark.parametrize("raw", [b"", None])
def test_nothing_is_no_content_however_often_it_comes(raw):
    with open_liar({1: FIRST, 2: SECOND}) as liar:
        said = b"* 1 FETCH (UID 1 BODY[] NIL)\r\n"
        liar.bodies += [lambda _: (liar.body(1, raw=raw) if raw is not None else said) + liar.body(2)] * 9
        assert raws(liar) == {2: SECOND}


def test_what_changes_each_time_is_not_believed():
    with open_liar({1: FIRST}) as liar:
        lengths = iter(range(1, 99))
        liar.bodies += [lambda _: liar.body(1, raw=b"x" * next(lengths))] * 9
        assert raws(liar) == {}


def test_a_truly_empty_mail_is_a_mail():
    with open_liar({1: b""}) as liar:
        assert raws(liar) == {1: b""}


def test_a_search_tells_what_a_listing_hides_and_the_other_way_round():
    with open_liar({1: FIRST, 2: SECOND}) as liar:
        liar.lists.append(lambda _: liar.row(2))
        assert raws(liar) == {1: FIRST, 2: SECOND}
        liar.searches.append(lambda _: b"* SEARCH\r\n")
        assert raws(liar) == {1: FIRST, 2: SECOND}


@pytest.mark.parametrize("end", [CUT, HANG, DRIP])
def test_a_literal_that_never_ends_gives_nothing(end, hurried):
    with open_liar({1: FIRST}) as liar:
        liar.bodies.append(lambda _: liar.body(1).partition(b"Bonj")[0] + end)
        with pytest.raises(MailboxFailed) as raised:
            raws(liar)
    assert raised.value.kind is (MailboxError.CONNECTION if end == CUT else MailboxError.SLOW)


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (CUT, MailboxError.CONNECTION),
        (HANG, MailboxError.SLOW),
        (DRIP, MailboxError.SLOW),
        (b"220 mail.example ESMTP\r\n", MailboxError.PROTOCOL),
        (b"* BYE too many connections\r\n", MailboxError.CONNECTION),
    ],
)
def test_a_greeting_that_is_none(greeting, kind, hurried):
    with open_liar(greeting=greeting) as liar, pytest.raises(MailboxFailed) as raised, imap.session(server(liar)):
        pass
    assert raised.value.kind is kind


def test_more_bytes_than_asked_for_end_the_connection(monkeypatch):
    monkeypatch.setattr(guard, "SPARE", 10_000)
    with open_liar({1: FIRST}) as liar:
        liar.bodies.append(lambda _: liar.body(1, told=10_000_000_000, raw=b""))
        with pytest.raises(MailboxFailed) as raised:
            raws(liar)
        assert raised.value.kind is MailboxError.PROTOCOL
        liar.bodies.append(lambda _: b"* OK still here\r\n" * 1_000)
        with pytest.raises(MailboxFailed):
            raws(liar)


def test_a_message_too_large_gives_its_header():
    with open_liar({1: FIRST}) as liar, imap.session(server(liar)) as session:
        session.select("INBOX", writable=False)
        mail = session.header(Listed(1, 10**9))
    assert mail is not None
    assert mail.raw == b"Subject: un\r\n\r\n"


@pytest.mark.parametrize(
    ("capabilities", "left", "flags"),
    [("IMAP4rev1 MOVE", set(), {}), ("IMAP4rev1 UIDPLUS", set(), None), ("IMAP4rev1", {1}, None)],
)
def test_a_move_never_expunges_what_others_marked(capabilities, left, flags):
    with open_liar({1: FIRST, 2: SECOND}, capabilities=capabilities) as liar:
        liar.flags[2] = {"\\Deleted"}
        with imap.session(server(liar)) as session:
            session.select("INBOX", writable=True)
            session.move([1], "Fait")
        assert liar.mails.keys() == left | {2}
        assert liar.moved == {1: FIRST}
        if flags is None:
            assert "\\Deleted" in liar.flags[1]
        assert "EXPUNGE" not in liar.heard


def test_a_refused_login_is_told_without_the_secret():
    with open_liar() as liar, pytest.raises(MailboxFailed) as raised:  # noqa: SIM117  the liar outlives the session
        with imap.session(server(liar, secret="tres-personnel")):
            pass
    assert raised.value.kind is MailboxError.LOGIN
    assert "AUTHENTICATIONFAILED" in raised.value.said
    assert "tres-personnel" not in str(raised.value)


def test_a_token_lets_in_and_a_wrong_one_is_told():
    with open_liar({1: FIRST}, token="ya29.right") as liar:
        with imap.session(server(liar, auth=ImapAuth.XOAUTH2, secret="ya29.right")) as session:
            assert session.select("INBOX", writable=False).count == 1
        assert "user=boite\1auth=Bearer ya29.right\1\1" in liar.heard
        with pytest.raises(MailboxFailed) as raised:  # noqa: SIM117
            with imap.session(server(liar, auth=ImapAuth.XOAUTH2, secret="ya29.wrong")):
                pass
    assert raised.value.kind is MailboxError.TOKEN


def test_a_password_never_travels_in_clear():
    far = Server("imap.courriel.example", 143, Security.NONE, "boite", secret="secret")
    with pytest.raises(MailboxFailed) as raised, imap.session(far):
        pass
    assert raised.value.kind is MailboxError.CLEAR


@pytest.mark.needs(*servers.PACKAGES)
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_certificates_are_checked(security, tmp_path, monkeypatch, inbox):
    certificate = make_certificate(tmp_path, "localhost")
    certificate.parent.chmod(0o755)
    with servers.open_dovecot(certificate) as own:
        port = own.tls_port if security is Security.TLS else own.port
        wanted = Server("localhost", port, security, inbox, secret=servers.PASSWORD)
        with pytest.raises(MailboxFailed) as raised, imap.session(wanted):
            pass
        assert raised.value.kind is MailboxError.CERTIFICATE
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        own.deliver(inbox, FIRST)
        with imap.session(wanted) as session:
            assert session.select("INBOX", writable=False).count == 1
            own.deliver(inbox, SECOND)
            assert session.wait_for_news(30.0)
        other = Server("127.0.0.1", port, security, inbox, secret=servers.PASSWORD)
        with pytest.raises(MailboxFailed) as raised, imap.session(other):
            pass
        assert raised.value.kind is MailboxError.CERTIFICATE


@pytest.mark.needs(*servers.PACKAGES)
def test_silence_is_no_news_and_a_cut_wakes_up(dovecot, inbox):
    own = Server(dovecot.host, dovecot.port, Security.NONE, inbox, secret=servers.PASSWORD)
    held = Guard()
    with imap.session(own, held) as session:
        session.select("INBOX", writable=False)
        assert not session.wait_for_news(0.01)
        dovecot.deliver(inbox, FIRST)
        assert session.wait_for_news(30.0)
        timer = threading.Timer(0.1, held.cut)
        timer.start()
        with pytest.raises(MailboxFailed):
            session.wait_for_news(30.0)
        timer.join()


@given(
    st.lists(st.one_of(st.binary(max_size=60), st.tuples(st.binary(max_size=60), st.binary(max_size=9)), st.none()))
)
def test_answers_bear_anything(data):
    for answer in fetched.answers(data):
        assert answer.uid is None or answer.uid >= 0


@given(st.sets(st.integers(1, 500), min_size=1))
def test_a_uid_set_names_its_uids_and_no_other(uids):
    found = set()
    for part in fetched.uid_set(uids).split(","):
        low, _, high = part.partition(":")
        found |= (
            {int(low), int(high or low)} if int(high or low) - int(low) < 2 else set(range(int(low), int(high) + 1))
        )
    assert found == uids


@given(st.integers(0, 50), st.lists(st.binary(max_size=4), max_size=5))
def test_what_is_sure_was_given(size, given_raws):
    answers = [Answer(1, None, None, frozenset(), raw) for raw in given_raws]
    mail = fetched.sure(Listed(1, size), answers)
    if mail is not None:
        assert mail.raw in given_raws
        assert len(mail.raw) == size or given_raws.count(mail.raw) > 1


def test_a_large_folder_is_listed_page_by_page(monkeypatch):
    monkeypatch.setattr(imap, "PAGE", 40)
    monkeypatch.setattr(guard, "SPARE", 8_000)  # all in one answer would be too much
    mails = dict.fromkeys(range(1, 400, 3), FIRST)
    with open_liar(mails) as liar:
        with imap.session(server(liar)) as session:
            opened = session.select("INBOX", writable=False)
            pages = list(session.pages(opened))
            above = [page.listed.keys() for page in session.pages(opened, 100)]
            last = [page.listed.keys() for page in session.pages(opened, 390)]
        asked = [line for line in liar.heard if "FETCH" in line]
    assert [len(page.listed) for page in pages] == [40, 40, 40, 13]
    assert [(one.low, two.low) for one, two in pairwise(pages)] == [(p.low, p.high + 1) for p in pages[:-1]]
    assert set().union(*(page.listed for page in pages)) == set(mails)
    assert sorted(set().union(*above)) == [uid for uid in mails if uid > 100]
    assert [sorted(one) for one in last] == [[391, 394, 397]]
    assert asked[0].startswith("UID FETCH 1:118 ")


def test_what_one_page_hides_is_asked_by_its_name(monkeypatch):
    monkeypatch.setattr(imap, "PAGE", 2)
    with open_liar(dict.fromkeys(range(1, 6), FIRST)) as liar:
        liar.lists.append(lambda uids: liar.row(uids[0]) + liar.row(5))
        with imap.session(server(liar)) as session:
            pages = list(session.pages(session.select("INBOX", writable=False)))
    assert [list(page.listed) for page in pages] == [[1, 2], [3, 4], [5]]
