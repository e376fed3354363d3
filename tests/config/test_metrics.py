"""What `/metrics` says, and to whom."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from accounts import heartbeat
from accounts.tenancy import scope
from conversions.models import Upload
from integrations.models import OutboxEvent
from tests.api import make_upload, one_of_everything, with_key

PATH = "/metrics"


def samples(response) -> dict[tuple, float]:
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def scrape(**headers) -> dict[tuple, float]:
    return samples(Client().get(PATH, headers=headers))


def requests_counted(**labels) -> float:
    return REGISTRY.get_sample_value("leadloop_request_seconds_count", labels) or 0


def test_requests_are_counted_by_method_route_and_class(world):
    caller = with_key(world.key())
    answer = caller.get("leads/")
    route = answer.resolver_match.view_name
    labels = {"method": "GET", "route": route, "status": "2xx"}
    before = requests_counted(**labels)
    caller.get("leads/")
    assert requests_counted(**labels) == before + 1
    name = ("leadloop_request_seconds_count", *sorted(labels.items()))
    assert scrape()[name] == before + 1


def test_invented_methods_and_addresses_make_no_series(db):
    labels = {"method": "other", "route": "none", "status": "4xx"}
    before = requests_counted(**labels)
    for number in range(3):
        Client().generic(f"BREW{number}", f"/invented/{number}/")
    assert requests_counted(**labels) == before + 3


def test_what_waits_of_all_workspaces_together(world):
    rows = one_of_everything(world)
    long_ago = timezone.now() - timedelta(minutes=10)
    with scope(world.home.pk):
        OutboxEvent.objects.update(processed_at=timezone.now())
        ids = [
            OutboxEvent.objects.create(
                workspace=world.home, type="test", subject_id=rows.lead.pk, payload={}
            ).pk
            for _ in range(3)
        ]
        OutboxEvent.objects.filter(pk=ids[0]).update(created_at=long_ago)
        OutboxEvent.objects.filter(pk=ids[2]).update(set_aside_at=timezone.now())
        rows.rule.pk = None
        rows.rule.id = None
        rows.rule.external_action = "Other"
        rows.rule.trigger = "qualified"
        rows.rule._state.adding = True
        rows.rule.save()
        late = make_upload(world, rows.rule, rows.lead, status="retrying")
        Upload.objects.filter(pk=late.pk).update(created_at=long_ago)
    found = scrape()
    assert found[("leadloop_database_up",)] == 1
    assert found[("leadloop_outbox_waiting",)] == 2
    assert found[("leadloop_outbox_set_aside",)] == 1
    assert found[("leadloop_outbox_oldest_seconds",)] == pytest.approx(600, abs=20)
    assert found[("leadloop_uploads", ("status", "retrying"))] == 1
    assert found[("leadloop_uploads", ("status", "failed"))] == 1
    assert found[("leadloop_uploads", ("status", "pending"))] == 0
    oldest = found[("leadloop_uploads_oldest_seconds", ("status", "retrying"))]
    assert oldest == pytest.approx(600, abs=20)


def test_without_a_database_the_rest_is_told():
    with patch("config.metrics.system_scope", side_effect=OperationalError):
        found = scrape()
    assert found[("leadloop_database_up",)] == 0
    assert ("leadloop_outbox_waiting",) not in found


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "", "unknown"])
def test_without_a_token_it_is_for_this_machine(address):
    assert Client().get(PATH, REMOTE_ADDR=address).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_a_proxy_on_this_machine_speaks_for_others(header):
    assert Client().get(PATH, headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.django_db
def test_the_machine_itself_may_read():
    assert Client().get(PATH, REMOTE_ADDR="::1").status_code == 200


@pytest.mark.django_db
def test_with_a_token_it_is_for_its_bearers(settings):
    settings.METRICS_TOKEN = "m" * 32
    remote = Client(REMOTE_ADDR="192.0.2.7")
    allowed = remote.get(PATH, headers={"Authorization": f"Bearer {'m' * 32}"})
    assert allowed.status_code == 200
    for wrong in ("", "Bearer", "Bearer ", "Bearer é", "m" * 32):
        assert remote.get(PATH, headers={"Authorization": wrong}).status_code == 403
    assert Client().get(PATH).status_code == 403


def test_the_heartbeat_is_told_once_there_was_one(db):
    cache.clear()
    assert ("leadloop_heartbeat_seconds",) not in scrape()
    heartbeat.note()
    assert 0 <= scrape()[("leadloop_heartbeat_seconds",)] < 60
