"""The Uploads page: its figures are those of the uploads the reader may see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversions.models import Upload
from leads.assigning import assignment

PAGE = "/w/home/uploads/"


@pytest.fixture
def told(loop):
    """Two dry runs and one that failed, of three leads."""
    loop.connection = loop.connect("meta", "completed", live=False)
    loop.leads = [loop.lead(f"p{number}@example.com") for number in range(3)]
    for lead in loop.leads:
        loop.complete(lead)
    loop.run()
    with loop.world.scope():
        Upload.objects.filter(lead=loop.leads[0]).update(status="failed", explanation="No such id.")
    return loop


def open_page(client, user, **filters):
    client.force_login(user)
    return client.get(PAGE, filters)


def figures(page):
    (destination,) = page.context["destinations"]
    return {name: number for name, number in destination.uploads.items() if number}


def test_each_destination_says_how_its_uploads_stand(client, told):
    page = open_page(client, told.world.viewer)
    assert figures(page) == {"dry_run": 2, "failed": 1}
    assert len(page.context["page"].rows) == 3
    assert "No such id." in page.content.decode()


def test_what_waits_says_since_when(client, told):
    with told.world.scope():
        Upload.objects.filter(lead=told.leads[1]).update(status="retrying")
        oldest = Upload.objects.get(lead=told.leads[1]).created_at
        Upload.objects.filter(lead=told.leads[2]).update(status="pending")
    (destination,) = open_page(client, told.world.viewer).context["destinations"]
    assert destination.uploads["waiting"] == 2
    assert destination.oldest_waiting == oldest


def test_a_figure_narrows_the_table(client, told):
    page = open_page(client, told.world.viewer, status="failed", connection=told.connection.pk)
    assert [row.lead_id for row in page.context["page"].rows] == [told.leads[0].pk]
    assert figures(page) == {"dry_run": 2, "failed": 1}


def test_a_rep_who_sees_their_own_leads_counts_their_own_uploads(client, told):
    world = told.world
    world.home.rep_lead_access = world.home.RepAccess.OWN
    world.home.save()
    with world.scope():
        for lead in told.leads[:2]:
            assignment.assign(lead, actor=world.actor(), user_id=world.other_rep.pk)
    assert figures(open_page(client, world.rep)) == {"dry_run": 1}
    assert figures(open_page(client, world.other_rep)) == {"dry_run": 2, "failed": 1}


def test_strangers_find_no_such_page(client, told):
    assert open_page(client, told.world.stranger).status_code == 404


def test_more_uploads_take_no_more_queries(client, told):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            open_page(client, told.world.owner)
        return len(seen)

    queries()
    few = queries()
    for number in range(20):
        told.complete(told.lead(f"more{number}@example.com"))
    told.run()
    assert queries() == few
