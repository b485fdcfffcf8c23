"""A browser's loop in this thread leaves one set of connections: what a test opens is closed with its database."""

import asyncio

from django.db import connections


def test_the_loop_of_the_browser_sees_the_connections_of_this_thread(db):
    async def seen():
        return connections["default"]

    before = connections["default"]
    assert asyncio.run(seen()) is before
