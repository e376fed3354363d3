"""The loop with one platform after the other."""

import pytest


@pytest.fixture(params=["google_data_manager", "meta"])
def platform(request, loop):
    """The loop with one live connection that is told of completed leads."""
    loop.connection = loop.connect(request.param, "completed")
    loop.server = loop.servers[request.param]
    return loop
