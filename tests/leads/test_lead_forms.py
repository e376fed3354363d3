"""Public lead forms: what visitors, programs, other sites and members may do with them."""

import html
import json
import re
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from django.core.cache.backends.redis import RedisCacheClient
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisGone

from accounts import throttling
from accounts.cache import _Pause
from accounts.tenancy import scope
from leads.capture import form_limits, lead_forms
from leads.capture.lead_form_editor import LeadFormEditor
from leads.capture.lead_forms import InvalidForm
from leads.models import Contact, Interaction, Lead, LeadForm, Touch
from tests.admin_rows import staff

CLICKS = {
    "gclid": "Cj0KCQ-test",
    "gbraid": "0AAAA-test",
    "wbraid": "CjkK-test",
    "fbclid": "IwAR-test",
    "fbp": "fb.1.1700000000000.1234567890",
    "fbc": "fb.1.1700000000000.IwAR-test",
    "li_fat_id": "0a1b2c3d",
    "utm_source": "google",
    "utm_medium": "cpc",
    "utm_campaign": "spring",
    "utm_term": "crm",
    "utm_content": "ad-1",
    "landing_page": "https://shop.example/offer?gclid=Cj0KCQ-test",
    "referrer": "https://www.google.com/",
}
ANN = {"first_name": "Ann", "email": "ann@example.com"}


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch):
    # Counts are by form, and each test has its own; what Redis did in the last one is forgotten.
    monkeypatch.setattr(throttling, "_without_redis_until", 0.0)


@pytest.fixture
def form(world):
    """The form every workspace starts with."""
    with world.scope():
        return LeadForm.objects.get()


@pytest.fixture
def change(world, form):
    def changed(**changes):
        with world.scope():
            return lead_forms.update(form, actor=world.actor("manager"), changes=changes)

    return changed


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def address(form):
    return f"/f/{form.token}/"


def hidden(response):
    """What the page carries along unseen."""
    text = response.content.decode()
    found = {}
    for tag in re.findall(r"<input[^>]*>", text):
        if 'type="hidden"' in tag:
            name = re.search(r'name="([^"]*)"', tag)[1]
            value = re.search(r'value="([^"]*)"', tag)
            found[name] = value[1].replace("&amp;", "&") if value else ""
    return found


def fill_in(client, form, answers=ANN, *, query=None, after=30, **request):
    """Open the page, take some time, send it."""
    page = client.get(address(form), query or {})
    with time_machine.travel(timezone.now() + timedelta(seconds=after), tick=True):
        return client.post(address(form), hidden(page) | answers, **request)


def leads(world):
    with world.scope():
        return list(Lead.objects.select_related("contact").order_by("created_at"))


def test_a_new_workspace_has_a_form_that_asks_no_permission(world, form):
    assert [row["name"] for row in form.fields][:3] == ["first_name", "last_name", "email"]
    assert form.consent_texts == {}
    assert form.allowed_origins == []
    assert len(form.token) >= 20


def test_a_visitor_becomes_a_lead_without_cookies_or_session(world, form, visitor):
    page = visitor.get(address(form))
    assert page.status_code == 200
    assert "How can we help?" in page.content.decode()
    assert not page.cookies
    assert page["Cache-Control"].count("no-store")
    sent = fill_in(visitor, form, ANN | {"message": "Call me in May"})
    assert sent.status_code == 302
    assert not sent.cookies
    thanks = visitor.get(sent["Location"])
    assert "Thank you. We have your message" in thanks.content.decode()
    (lead,) = leads(world)
    assert (lead.contact.first_name, lead.contact.email) == ("Ann", "ann@example.com")
    assert (lead.source, lead.source_workflow, lead.notes) == (
        "website",
        "Contact form",
        "Call me in May",
    )
    with world.scope():
        entry = Interaction.objects.get()
    assert (entry.type, entry.via, entry.actor_user) == ("form_submission", "form", None)


def test_the_lead_is_nobody_elses(world, form, visitor):
    fill_in(visitor, form)
    with scope(world.abroad.pk):
        assert Lead.objects.count() == 0


def test_where_the_visitor_came_from_is_kept_with_the_lead(world, form, visitor):
    fill_in(visitor, form, query=CLICKS)
    (lead,) = leads(world)
    assert {name: getattr(lead, name) for name in CLICKS} == CLICKS
    with world.scope():
        touch = Touch.objects.get()
    assert (touch.gclid, touch.source) == (CLICKS["gclid"], "website")


def test_attribution_and_answers_survive_an_error(world, form, visitor):
    page = visitor.get(address(form), CLICKS)
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=True):
        wrong = visitor.post(
            address(form),
            hidden(page) | {"first_name": "Ann", "email": "ann@", "message": "Hi <b>"},
        )
        assert wrong.status_code == 422
        text = wrong.content.decode()
        assert "Enter an e-mail address such as" in text
        assert 'value="Ann"' in text
        assert "Hi &lt;b&gt;" in text
        assert leads(world) == []
        again = visitor.post(address(form), hidden(wrong) | ANN)
    assert again.status_code == 302
    (lead,) = leads(world)
    assert {name: getattr(lead, name) for name in CLICKS} == CLICKS


def test_the_hosted_page_is_its_own_landing_page(world, form, visitor):
    page = visitor.get(
        address(form), {"gclid": "x"}, headers={"referer": "https://search.example/"}
    )
    kept = hidden(page)
    assert kept["landing_page"] == f"http://testserver{address(form)}?gclid=x"
    assert kept["referrer"] == "https://search.example/"


def test_an_endless_address_costs_no_lead(world, form, visitor):
    fill_in(visitor, form, query={"gclid": "x" * 3000, "landing_page": "https://a.example/" * 300})
    (lead,) = leads(world)
    assert (len(lead.gclid), len(lead.landing_page)) == (512, 2000)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"first_name": "Ann", "email": ""}, "This field is required"),
        ({"first_name": "Ann", "email": "nonsense"}, "Enter an e-mail address such as"),
        (ANN | {"phone": "12"}, "Enter a phone number with all its digits"),
        (ANN | {"first_name": "x" * 201}, "at most 200 characters"),
    ],
)
def test_errors_stand_beside_their_field(world, form, visitor, answers, message):
    response = fill_in(visitor, form, answers)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert leads(world) == []


def test_somebody_who_cannot_be_reached_is_asked_how(world, form, change, visitor):
    change(
        fields=[
            {"name": "first_name", "label": "Name", "required": False},
            {"name": "phone", "label": "Mobile", "required": False},
        ]
    )
    response = fill_in(visitor, form, {"first_name": "Ann"})
    assert response.status_code == 422
    assert "How can we reach you?" in response.content.decode()
    assert fill_in(visitor, form, {"phone": "(212) 555-0123"}).status_code == 302
    (lead,) = leads(world)
    assert lead.contact.phone_e164 == "+12125550123"


def test_the_trap_catches_programs_and_loses_nobody(world, form, visitor):
    caught = fill_in(visitor, form, ANN | {"homepage": "https://spam.example"})
    assert caught.status_code == 422
    assert leads(world) == []
    text = caught.content.decode()
    assert "https://spam.example" not in text
    assert 'value="ann@example.com"' in text


def test_faster_than_people_is_asked_again(world, form, visitor):
    page = visitor.get(address(form))
    quick = visitor.post(address(form), hidden(page) | ANN)
    assert quick.status_code == 422
    assert "That was very quick" in quick.content.decode()
    assert leads(world) == []
    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=True):
        assert visitor.post(address(form), hidden(quick) | ANN).status_code == 302
    assert len(leads(world)) == 1


@pytest.mark.parametrize("ticket", ["", "nonsense", "a:b:c"])
def test_a_post_that_never_saw_the_page_gets_the_page(world, form, visitor, ticket):
    answer = visitor.post(address(form), ANN | {"ticket": ticket})
    assert answer.status_code == 422
    assert leads(world) == []
    assert hidden(answer)["ticket"] not in ("", ticket)


def test_the_ticket_of_another_form_does_not_count(world, form, visitor):
    with world.scope():
        other = lead_forms.create(actor=world.actor("manager"))
    ticket = hidden(visitor.get(address(other)))["ticket"]
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=True):
        assert visitor.post(address(form), ANN | {"ticket": ticket}).status_code == 422


def test_a_page_open_for_days_is_renewed_with_what_was_typed(world, form, visitor):
    late = fill_in(visitor, form, after=3 * 86_400)
    assert late.status_code == 422
    assert 'value="ann@example.com"' in late.content.decode()


@pytest.mark.django_db(transaction=True)
def test_sending_twice_is_one_lead_with_one_entry(committed_world, visitor):
    world = committed_world
    with world.scope():
        form = LeadForm.objects.get()
    page = visitor.get(address(form), {"gclid": "x"})
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=True):
        for _click in range(2):
            assert visitor.post(address(form), hidden(page) | ANN).status_code == 302
        changed = hidden(page) | ANN | {"message": "One more thing"}
        assert visitor.post(address(form), changed).status_code == 302
    assert len(leads(world)) == 1
    with world.scope():
        assert Contact.objects.count() == 1
        assert Interaction.objects.count() == 2
        assert Touch.objects.count() == 2


def test_without_redis_sending_twice_is_still_one_lead(world, form, visitor, monkeypatch):
    monkeypatch.setattr(_Pause, "until", 0.0)
    for question in ("get", "set", "add"):
        monkeypatch.setattr(RedisCacheClient, question, mock.Mock(side_effect=RedisGone))
    for _click in range(2):
        assert fill_in(visitor, form).status_code == 302
    assert len(leads(world)) == 1


def test_one_address_may_not_flood_one_form(world, form, visitor):
    with time_machine.travel("2026-03-02 10:00:01Z", tick=False):
        for _attempt in range(form_limits.MOST_IN_WINDOW):
            assert visitor.post(address(form), {}).status_code == 422
        refused = visitor.post(address(form), ANN)
        assert refused.status_code == 429
        assert refused["Retry-After"]
        assert "Too much came from your connection" in refused.content.decode()
        assert 'value="ann@example.com"' in refused.content.decode()
        elsewhere = visitor.post(address(form), {}, REMOTE_ADDR="198.51.100.7")
        assert elsewhere.status_code == 422
    with time_machine.travel("2026-03-02 10:20:00Z", tick=False):
        assert visitor.post(address(form), {}).status_code == 422


def test_the_limit_holds_per_process_when_redis_is_gone(world, form, visitor, monkeypatch):
    gone = mock.Mock(side_effect=RedisGone)
    monkeypatch.setattr(throttling, "_client", gone)
    with time_machine.travel("2026-03-02 10:00:01Z", tick=False):
        for _attempt in range(form_limits.MOST_IN_WINDOW):
            assert visitor.post(address(form), {}).status_code == 422
        assert visitor.post(address(form), {}).status_code == 429
    assert gone.call_count == 1


def test_neighbours_in_one_ipv6_network_share_a_limit(world, form, visitor):
    with time_machine.travel("2026-03-02 10:00:01Z", tick=False):
        for attempt in range(form_limits.MOST_IN_WINDOW):
            visitor.post(address(form), {}, REMOTE_ADDR=f"2001:db8::{attempt + 1:x}")
        again = visitor.post(address(form), {}, REMOTE_ADDR="2001:db8::ffff")
        assert again.status_code == 429
        other = visitor.post(address(form), {}, REMOTE_ADDR="2001:db8:1::1")
        assert other.status_code == 422


def test_permissions_are_unticked_and_kept_with_their_wording(world, form, change, visitor):
    change(consent_texts={"email": "You may write to me.", "ad_user_data": "Measure ads."})
    text = visitor.get(address(form)).content.decode()
    assert "You may write to me." in text
    assert "checked" not in text
    fill_in(visitor, form, ANN | {"consent_email": "on"})
    (lead,) = leads(world)
    assert lead.contact.consent == {"email": True, "ad_user_data": False}
    with world.scope():
        note = Interaction.objects.get(type="note")
    assert "You may write to me." in note.text
    assert "Measure ads." not in note.text


def test_a_form_that_asks_no_permission_decides_none(world, form, visitor):
    fill_in(visitor, form)
    assert leads(world)[0].contact.consent == {}


def test_after_sending_on_to_the_customers_page(world, form, change, visitor):
    change(redirect_url="https://shop.example/thanks?x=1")
    sent = fill_in(visitor, form)
    assert sent["Location"] == "https://shop.example/thanks?x=1"
    policy = visitor.get(address(form))["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example;" in f"{policy};"


def test_in_a_frame_the_surrounding_page_goes_on(world, form, change, visitor):
    change(redirect_url="https://shop.example/thanks", allowed_origins=["https://shop.example"])
    page = visitor.get(address(form), {"embed": "1"})
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=True):
        sent = visitor.post(f"{address(form)}?embed=1&theme=dark", hidden(page) | ANN)
    assert sent["Location"] == f"{address(form)}thanks/?embed=1&theme=dark"
    text = visitor.get(sent["Location"]).content.decode()
    assert 'data-continue="https://shop.example/thanks"' in text
    assert 'data-theme="dark"' in text


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "ftp://files.example/x",
        "//evil.example",
        "/relative",
        "data:text/html,x",
        "https://user;x:y@shop.example/",
        "https://",
    ],
)
def test_redirects_lead_to_http_and_https_only(world, form, change, target):
    with pytest.raises(InvalidForm) as refused:
        change(redirect_url=target)
    assert refused.value.errors[0][0] == "redirect_url"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.example.com/some/page?x=1", "https://www.example.com"),
        ("www.Example.com", "https://www.example.com"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("https://*.example.com", "https://*.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_sites_are_kept_as_origins(world, change, typed, kept):
    assert change(allowed_origins=[typed, typed]).allowed_origins == [kept]


@pytest.mark.parametrize(
    "typed", ["*", "https://*", "javascript:x", "https://a b", "https://a;b", "'self'", "x:y:z"]
)
def test_what_is_no_site_is_refused(world, change, typed):
    with pytest.raises(InvalidForm) as refused:
        change(allowed_origins=[typed])
    assert refused.value.errors[0][0] == "allowed_origins"


def test_only_named_sites_may_frame_it(world, form, change, visitor):
    closed = visitor.get(address(form))
    assert "frame-ancestors 'none'" in closed["Content-Security-Policy"]
    change(allowed_origins=["https://shop.example", "https://*.partner.example"])
    for page in ("", "thanks/"):
        opened = visitor.get(f"{address(form)}{page}")
        policy = opened["Content-Security-Policy"]
        assert "frame-ancestors https://shop.example https://*.partner.example" in policy
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "X-Frame-Options" not in opened
    assert visitor.get("/accounts/login/")["X-Frame-Options"] == "DENY"


def test_the_script_is_small_cacheable_and_the_same_for_all(world, form, visitor):
    script = visitor.get(f"{address(form)}embed.js")
    assert script["Content-Type"].startswith("text/javascript")
    assert "public" in script["Cache-Control"]
    assert len(script.content) < 6000
    assert not script.cookies
    again = visitor.get(f"{address(form)}embed.js", headers={"if-none-match": script["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("page", ["", "thanks/", "embed.js"])
def test_unknown_and_closed_forms_are_not_there(world, form, change, visitor, page):
    change(is_active=False)
    for path in (f"/f/unknown-token/{page}", f"{address(form)}{page}"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert "This form is not here" in answer.content.decode()
    assert visitor.post(address(form), ANN).status_code == 404
    assert leads(world) == []


def test_what_a_form_asks_is_checked(world, change):
    email = {"name": "email", "label": "", "required": True}
    for wrong in (
        [{"name": "first_name", "label": "Name", "required": True}],
        [email, email],
        [email, {"name": "password", "label": "x", "required": True}],
        [email | {"label": "x" * 121}],
        "email",
    ):
        with pytest.raises(InvalidForm) as refused:
            change(fields=wrong)
        assert refused.value.errors[0][0] == "fields"
    assert change(fields=[email]).fields == [{"name": "email", "label": "E-mail", "required": True}]


def test_permissions_asked_for_are_checked(world, change):
    for wrong in ({"fax": "x"}, {"email": "x" * 1001}, ["email"]):
        with pytest.raises(InvalidForm):
            change(consent_texts=wrong)
    assert change(consent_texts={"email": " ", "sms": "Yes "}).consent_texts == {"sms": "Yes"}


# --- The pages of managers ----------------------------------------------------------------------


def editor_data(form, **changes):
    """What the editor's page would send, as it stands."""
    editor = LeadFormEditor(lead_form=form)
    data = {}
    for name in editor.fields:
        value = editor.initial.get(name, "")
        if value is not False:
            data[name] = "on" if value is True else value
    return {name: value for name, value in (data | changes).items() if value is not None}


def test_a_manager_makes_changes_and_deletes_a_form(world, form, client):
    client.force_login(world.manager)
    made = client.post("/w/home/forms/")
    assert made.status_code == 302
    edit = made["Location"]
    with world.scope():
        new = LeadForm.objects.exclude(pk=form.pk).get()
    assert new.name == "Contact form 2"
    assert "Contact form 2" in client.get("/w/home/forms/").content.decode()
    saved = client.post(
        edit,
        editor_data(
            new,
            name="Spring offer",
            title="Ask for the <offer>",
            phone_required="on",
            phone_label="Mobile",
            phone_place="1",
            last_name_asked=None,
            consent_sms="Text me.",
            allowed_origins="https://shop.example\nblog.example",
            redirect_url="https://shop.example/thanks",
        ),
    )
    assert saved.status_code == 302, saved.context["form"].errors
    with world.scope():
        new.refresh_from_db()
    assert new.name == "Spring offer"
    assert [row["name"] for row in new.fields] == ["phone", "first_name", "email", "message"]
    assert new.fields[0] == {"name": "phone", "label": "Mobile", "required": True}
    assert new.consent_texts == {"sms": "Text me."}
    assert new.allowed_origins == ["https://shop.example", "https://blog.example"]
    page = client.get(edit).content.decode()
    snippet = html.unescape(
        re.search(r"<textarea[^>]*id=.snippet.*?>(.*?)</textarea>", page, re.S)[1]
    )
    assert f'/f/{new.token}/embed.js" async></script>' in snippet
    assert ">Ask for the &lt;offer&gt;</a>" in snippet
    assert client.post(f"{edit}delete/").status_code == 302
    with world.scope():
        assert LeadForm.objects.get() == form


def test_moving_a_field_down_puts_it_where_it_was_sent(world, form, client):
    client.force_login(world.manager)
    client.post(f"/w/home/forms/{form.pk}/", editor_data(form, first_name_place="3"))
    with world.scope():
        form.refresh_from_db()
    assert [row["name"] for row in form.fields][:3] == ["last_name", "email", "first_name"]


def test_a_refused_change_keeps_what_was_typed(world, form, client):
    client.force_login(world.manager)
    answer = client.post(
        f"/w/home/forms/{form.pk}/",
        editor_data(
            form,
            title="Typed",
            redirect_url="javascript:alert(1)",
            email_asked=None,
            phone_asked=None,
        ),
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Typed"' in text
    assert "Ask for an e-mail address or a phone number" in text
    with world.scope():
        form.refresh_from_db()
    assert form.title != "Typed"


@pytest.mark.parametrize("role", ["viewer", "rep"])
def test_members_who_do_not_manage_are_refused(world, form, client, role):
    client.force_login(getattr(world, role))
    for path in ("forms/", f"forms/{form.pk}/", f"forms/{form.pk}/delete/"):
        for method in (client.get, client.post):
            assert method(f"/w/home/{path}").status_code == 403
    assert ">Forms<" not in client.get("/w/home/leads/").content.decode()
    with world.scope():
        assert LeadForm.objects.count() == 1


def test_a_stranger_finds_no_form(world, form, client):
    client.force_login(world.stranger)
    for slug in ("home", "abroad"):
        for path in (f"forms/{form.pk}/", f"forms/{form.pk}/delete/"):
            assert client.get(f"/w/{slug}/{path}").status_code == 404
            assert client.post(f"/w/{slug}/{path}", editor_data(form)).status_code == 404
    with world.scope():
        assert LeadForm.objects.filter(pk=form.pk).exists()


def test_the_admin_keeps_the_same_rules(world, form, client):
    staff(world.manager)
    client.force_login(world.manager)
    address = f"/admin/leads/leadform/{form.pk}/change/"
    data = {
        **{name: getattr(form, name) for name in lead_forms.TEXT_FIELDS},
        "fields": json.dumps(form.fields),
        "consent_texts": "{}",
        "allowed_origins": '["shop.example"]',
        "is_active": "on",
    }
    refused = client.post(address, data | {"redirect_url": "https://user:x@shop.example/"})
    assert refused.status_code == 200
    assert "is not a site" in refused.content.decode()
    assert client.post(address, data).status_code == 302
    with world.scope():
        form.refresh_from_db()
    assert form.allowed_origins == ["https://shop.example"]
    added = client.post(
        "/admin/leads/leadform/add/", data | {"workspace": world.home.pk, "name": "From the admin"}
    )
    assert added.status_code == 302
    with world.scope():
        assert LeadForm.objects.filter(name="From the admin").count() == 1
