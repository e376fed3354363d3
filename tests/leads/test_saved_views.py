"""Views of the Leads page that are kept: whose they are, who may what, and what cannot be."""

import pytest
from django.db import IntegrityError, transaction
from django.http import QueryDict

from accounts.permissions import PermissionRefused
from leads.errors import Conflict
from leads.fields import custom_fields
from leads.listing import saved_views
from leads.listing.saved_views import InvalidView, ViewNotFound, values_in
from leads.models import MOST_PINS, PinnedView, SavedView

HOT = {"name": "Hot", "filters": {"heat": "HOT"}}


def make(world, role="rep", **values):
    return saved_views.create(actor=world.actor(role), values={**HOT, **values})


@pytest.fixture(autouse=True)
def _at_home(world):
    with world.scope():
        yield


def test_a_rep_keeps_views_that_nobody_else_sees(world):
    view = make(world, ordering="-heat_score", columns=["status", "owner"])
    assert (view.is_shared, view.created_by) == (False, "Rep")
    assert view.state.urlencode(safe=",") == "heat=HOT&ordering=-heat_score&columns=status,owner"
    for role, seen in (("rep", 1), ("other_rep", 0), ("manager", 0)):
        assert SavedView.objects.visible_to(world.actor(role)).count() == seen
    with pytest.raises(ViewNotFound):
        saved_views.change(view, actor=world.actor("manager"), changes={"name": "Mine now"})
    with pytest.raises(ViewNotFound):
        saved_views.delete(view.pk, actor=world.actor("other_rep"))
    saved_views.delete(view, actor=world.actor("rep"))
    assert not SavedView.objects.exists()


def test_managers_share_and_everybody_sees(world):
    with pytest.raises(PermissionRefused):
        make(world, is_shared=True)
    view = make(world, "manager", is_shared=True)
    assert view.owner is None
    for role in ("rep", "viewer"):
        actor = world.actor(role)
        assert SavedView.objects.visible_to(actor).get() == view
        with pytest.raises(PermissionRefused):
            saved_views.change(view, actor=actor, changes={"name": "Mine"})
        with pytest.raises(PermissionRefused):
            saved_views.delete(view, actor=actor)
    with pytest.raises(PermissionRefused):
        make(world, "viewer")
    renamed = saved_views.change(view, actor=world.actor("owner"), changes={"name": "Hottest"})
    assert renamed.name == "Hottest"


def test_what_is_taken_back_from_the_workspace_leaves_the_others_sidebars(world):
    view = make(world, "manager", is_shared=True)
    for role in ("rep", "manager"):
        saved_views.set_pinned(view, actor=world.actor(role), is_pinned=True)
    saved_views.change(view, actor=world.actor("manager"), changes={"is_shared": False})
    assert saved_views.pinned_of(world.actor("rep")) == []
    assert saved_views.pinned_of(world.actor("manager")) == [view]


def test_a_name_is_taken_once_by_each_owner(world):
    make(world)
    with pytest.raises(Conflict) as refused:
        make(world, name=" Hot ")
    assert (refused.value.code, refused.value.errors[0][0]) == ("name_exists", "name")
    make(world, "other_rep")
    shared = make(world, "manager", is_shared=True)
    again = SavedView(workspace=world.home, name=shared.name)
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"filters": {"heat": "LUKEWARM"}}, "filters.heat"),
        ({"filters": {"colour": "red"}}, "filters.colour"),
        ({"filters": {"attr.nothing": "1"}}, "filters.attr.nothing"),
        ({"filters": {"q": {"a": 1}}}, "filters.q"),
        ({"filters": {"q": "x" * 9000}}, "filters"),
        ({"ordering": "name"}, "ordering"),
        ({"columns": ["status", "colour"]}, "columns"),
        ({"columns": ["attr.nothing"]}, "columns"),
    ],
)
def test_what_cannot_be_names_its_field(world, values, field):
    with pytest.raises(InvalidView) as refused:
        make(world, **values)
    assert field in [name for name, _code, _message in refused.value.errors]
    assert not SavedView.objects.exists()


def test_custom_fields_are_filters_and_columns(world):
    custom_fields.define(actor=world.actor(), label="City")
    view = make(world, filters={"attr.city": "Rome", "open": True}, columns=["attr.city"])
    assert view.filters == {"attr.city": ["Rome"], "open": ["true"]}
    assert view.columns == ["attr.city"]


def test_pins_have_so_many_places(world, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_PINS", 2)
    actor = world.actor("rep")
    views = [make(world, name=f"View {number}") for number in range(3)]
    for _again in range(2):
        for view in views[:2]:
            saved_views.set_pinned(view, actor=actor, is_pinned=True)
    with pytest.raises(InvalidView, match="at most 2"):
        saved_views.set_pinned(views[2], actor=actor, is_pinned=True)
    saved_views.set_pinned(views[0], actor=actor, is_pinned=False)
    saved_views.set_pinned(views[2], actor=actor, is_pinned=True)
    assert saved_views.pinned_of(actor) == [views[2], views[1]]
    pin = PinnedView(workspace=world.home, view=views[0], user=world.rep, place=MOST_PINS + 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        pin.save()


def test_there_are_only_so_many_views(world, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_OWN", 1)
    view = make(world)
    with pytest.raises(InvalidView) as refused:
        make(world, name="Another")
    assert refused.value.code == "too_many_views"
    saved_views.change(view, actor=world.actor("rep"), changes={"name": "Renamed"})


def test_an_address_and_a_view_are_compared_by_what_they_show(world):
    view = make(
        world,
        filters={"status": ["new", "enriched"], "q": "ann"},
        ordering="-created_at",
        columns=list(values_in(QueryDict("columns="))["columns"]),
    )
    same = "q=ann&status=enriched,new&ordering=-created_at&cursor=x&view=y"
    assert saved_views.shows(view, QueryDict(same))
    for other in ("q=ann", f"{same}&heat=HOT", "q=ann&status=new,enriched&columns=status"):
        assert not saved_views.shows(view, QueryDict(other))
