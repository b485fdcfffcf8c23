"""How many queries each question page makes: a number written here, the same for one file as for ten."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

# The page and its queries when it is read. More is a decision.
PAGES = {
    "": 2,
    "sujet/": 2,
    "recit/": 3,
    "precisions/": 2,
    "attentes/": 2,
    "vous-joindre/": 2,
    "recapitulatif/": 4,
    "deja/": 2,
    "effacer/": 2,
}


@pytest.fixture
def browser(cast, calendars) -> Client:
    """A device on which every page was passed."""
    browser = Client(headers={"accept-language": "fr"})
    browser.post("/reclamer/sujet/", {"branch": "product"})
    browser.post("/reclamer/recit/", {"text": "Cassée."})
    for slug in ("precisions/", "attentes/", "vous-joindre/"):
        browser.post(f"/reclamer/{slug}", {"branch": "product", "email": "helene@exemple.fr"})
    return browser


def queries(browser, slug):
    """The statements one page makes."""
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(f"/reclamer/{slug}").status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_makes_as_many_queries_for_ten_files_as_for_one(browser, slug):
    def join(numbers):
        files = [SimpleUploadedFile(f"{number}.txt", b"%d" % number) for number in numbers]
        browser.post("/reclamer/recit/", {"text": "Cassée.", "files": files})

    join([0])
    queries(browser, slug)  # what is read once a process
    few = queries(browser, slug)
    join(range(1, 10))
    many = queries(browser, slug)
    assert len(few) == len(many) == PAGES[slug], "\n\n".join(many)
