"""The demo data: loaded once, true to every rule of the domain, open with what it prints."""

import json
from collections import Counter
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Sum
from django.utils import timezone

from accounts.api_keys import find_key
from accounts.models import ApiKey, Membership, Organization, User, Workspace
from accounts.tenancy import scope, system_scope
from config.demo import loading
from config.demo.businesses import BUSINESSES
from conversions.models import Conversion, Upload, UploadAttempt
from integrations.models import Connection
from leads.listing.search import matching_contacts
from leads.models import Appointment, Contact, CustomField, Interaction, Lead, Status, Task
from leads.scoring import heat
from leads.timers import alarm_for
from tests.custom_fields import assert_copies_are_true


@pytest.fixture
def data_dir(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path
    small = tuple(replace(business, leads=150) for business in BUSINESSES)
    monkeypatch.setattr(loading, "BUSINESSES", small)
    return tmp_path


def demo(**options) -> list[str]:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue().splitlines()


def test_every_rule_of_the_domain_holds(db, data_dir):
    demo()
    with system_scope():
        leads = list(Lead.objects.select_related("contact"))
        assert {lead.status for lead in leads} == set(Status.values)
        open_ones = Counter(lead.contact_id for lead in leads if lead.is_open)
        assert set(open_ones.values()) == {1}

        timelines: dict[object, list[Interaction]] = {}
        for row in Interaction.objects.order_by("at", "id"):
            timelines.setdefault(row.lead_id, []).append(row)
        planned = dict(
            Appointment.objects.filter(status="scheduled")
            .values_list("lead")
            .annotate(rows=Count("id"))
        )
        to_do: dict[object, list[Task]] = {}
        for task in Task.objects.open():
            to_do.setdefault(task.lead_id, []).append(task)
        assert to_do
        own_rules: dict[object, heat.Rules] = {}
        now = timezone.now()
        for lead in leads:
            timeline = timelines[lead.pk]
            moves = [row.payload for row in timeline if row.type == "status_change"]
            steps = ["new", *(move["to"] for move in moves)]
            assert [move["from"] for move in moves] == steps[:-1]
            assert lead.status == steps[-1]
            if lead.workspace_id not in own_rules:
                own_rules[lead.workspace_id] = heat.rules_of(lead.workspace_id)
            rules = own_rules[lead.workspace_id]
            points = Counter[str]()
            for row in timeline:
                points[row.type] += rules.points(row.type)
            assert lead.heat_score == sum(
                min(sum_, rules.caps.get(kind, sum_)) for kind, sum_ in points.items()
            )
            assert lead.heat == rules.level(lead.heat_score)
            assert timeline[0].at == lead.created_at <= lead.last_activity_at <= now
            assert timeline[-1].at <= now
            assert lead.auto_close_alarm_at == alarm_for(lead)
            assert lead.auto_close_alarm_at is None or lead.auto_close_alarm_at > now
            attempts = Counter(row.direction for row in timeline if "method" in row.payload)
            assert lead.contact_count == attempts["outbound"]
            # Who says in a call that they are interested has answered without writing or calling.
            said = sum(row.payload.get("outcome") == "interested" for row in timeline)
            assert 0 <= lead.response_count - attempts["inbound"] <= said
            assert bool(planned.get(lead.pk)) == (lead.status == Status.SCHEDULED)
            earliest = min((task.due_at for task in to_do.get(lead.pk, [])), default=None)
            assert lead.next_task_at == earliest
            if lead.status == Status.LOST:
                assert lead.loss_reason
                assert lead.qualified_at or lead.unqualified_reason

        totals = Contact.objects.filter(conversion_count__gt=0).annotate(
            rows=Count("conversions"), worth=Sum("conversions__value")
        )
        assert totals.exists()
        assert not totals.exclude(rows=F("conversion_count"), worth=F("lifetime_value"))
        converted = Lead.objects.filter(status=Status.CONVERTED)
        assert set(converted.values_list("conversion_id", flat=True)) <= set(
            Conversion.objects.values_list("pk", flat=True)
        )


def test_the_uploads_show_every_fate_and_can_call_nobody(db, data_dir):
    demo()
    with system_scope():
        assert not any(connection.has_secrets for connection in Connection.objects.all())
        first = Upload.objects.filter(workspace__slug="brightsmile")
        assert set(first.values_list("status", flat=True)) <= {"dry_run", "skipped"}
        assert set(first.values_list("trigger", flat=True)) == {"completed", "converted"}
        second = Upload.objects.filter(workspace__slug="solwerk")
        assert {"accepted", "confirmed", "failed", "skipped"} <= set(
            second.values_list("status", flat=True)
        )
        troubled = second.filter(status__in=["failed", "held", "skipped", "retrying"])
        assert not troubled.filter(explanation="")
        logged = dict(UploadAttempt.objects.values_list("upload").annotate(rows=Count("id")))
        assert logged == dict(Upload.objects.values_list("id", "attempts"))


def test_the_first_workspace_is_ready_to_work_in(db, data_dir):
    demo()
    workspaces = Workspace.objects.order_by("created_at")
    assert [w.slug for w in workspaces] == ["brightsmile", "solwerk", "fernhill"]
    assert len({(w.country, w.time_zone, w.currency) for w in workspaces}) == 3
    assert {w.rate_limit_per_hour for w in workspaces} == {100_000}
    members = Membership.objects.filter(workspace=workspaces[0])
    assert Counter(members.values_list("role", flat=True)) == {
        "owner": 1,
        "manager": 1,
        "rep": 3,
        "viewer": 1,
    }
    assert all(member.on_duty for member in members)
    with scope(workspaces[0].pk):
        someone = Contact.objects.exclude(email="").first()
        assert someone.pk in matching_contacts(workspaces[0].pk, someone.email)


def test_it_prints_what_opens_the_doors_and_loads_once(db, data_dir, client):
    first, second = demo(), demo()
    assert [line for line in first if "=" in line] == second
    assert Organization.objects.count() == 1
    lines = dict(line.split("=", 1) for line in second if not line.startswith("LOGIN="))
    assert lines["WORKSPACE"] == "brightsmile"
    assert find_key(lines["API_KEY"]).workspace.slug == "brightsmile"
    assert find_key(lines["ORGANIZATION_API_KEY"]).workspace is None
    logins = [line.removeprefix("LOGIN=").split(" PASSWORD=") for line in second[:3]]
    assert User.objects.get(email=logins[0][0]).is_superuser
    for email, password in logins:
        assert client.login(email=email, password=password)


def test_lost_keys_and_changed_passwords_are_made_to_work_again(db, data_dir):
    before = demo()
    kept = data_dir / "demo.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["workspace"]
    user = User.objects.get(email="rep@brightsmile.example")
    user.set_password("something else")
    user.save()
    ApiKey.objects.update(revoked_at=timezone.now())
    kept.unlink()
    after = demo()
    assert after != before[1:]
    password = after[2].partition(" PASSWORD=")[2]
    assert User.objects.get(pk=user.pk).check_password(password)
    assert find_key(after[3].removeprefix("API_KEY=")) is not None


def test_production_is_left_alone_unless_forced(db, data_dir, settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="--force"):
        demo()
    assert not Organization.objects.exists()
    assert "WORKSPACE=brightsmile" in demo(force=True)


def test_most_people_have_values_in_custom_fields(db, data_dir):
    demo()
    with system_scope():
        for business in BUSINESSES:
            fields = CustomField.objects.filter(workspace__slug=business.slug)
            assert fields.count() == 3
        assert Contact.objects.exclude(custom_fields={}).count() > Contact.objects.count() / 2
        assert Lead.objects.exclude(custom_fields={}).exists()
        assert_copies_are_true()
