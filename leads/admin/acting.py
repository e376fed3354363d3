"""Doing an act to one lead or to many: the page that asks, the verbs, what came of them."""

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import action as bulk
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin_access import access
from accounts.admin_base import REFUSALS, ScopedAdmin, refused, tell_refusals
from accounts.admin_decorators import action
from accounts.admin_pages import change_page, question
from leads.admin.acts import ACTS, Act, ActForm
from leads.models import Lead

# More would keep the page waiting; filters make smaller portions.
MOST_AT_ONCE = 500
APPLY = "apply"


def bulk_actions() -> list[Any]:
    """The list's actions, for the leads that are ticked."""
    return [_bulk_action(name, act) for name, act in ACTS.items()]


def _bulk_action(name: str, act: Act) -> Any:
    def run(model_admin: Any, request: HttpRequest, queryset: QuerySet[Lead]) -> Any:
        leads = list(
            queryset.select_related("workspace", "contact", "contact__company")[: MOST_AT_ONCE + 1]
        )
        if len(leads) > MOST_AT_ONCE:
            messages.error(request, _("Choose at most %(count)d leads.") % {"count": MOST_AT_ONCE})
            return None
        hidden = {
            "action": [f"act_{name}"],
            APPLY: ["1"],
            ACTION_CHECKBOX_NAME: [lead.pk for lead in leads],
        }
        return _ask_or_act(model_admin, request, act, leads, hidden=hidden)

    run.__name__ = f"act_{name}"
    return bulk(description=act.label, permissions=[act.needs])(run)


def detail_action(name: str) -> Any:
    """The button on a lead's page."""
    act = ACTS[name]

    def run(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        lead = self.row(request, object_id)
        return _ask_or_act(self, request, act, [lead], hidden={APPLY: ["1"]}, one=True)

    run.__name__ = f"one_{name}"
    return action(description=act.label, url_path=name, permissions=[act.needs], icon=act.icon)(run)


def _ask_or_act(
    model_admin: ScopedAdmin,
    request: HttpRequest,
    act: Act,
    leads: list[Lead],
    *,
    hidden: dict[str, Any],
    one: bool = False,
) -> Any:
    applied = request.method == "POST" and APPLY in request.POST
    form = act.form(request.POST if applied else None, leads=leads)
    if not one and not act.asks:
        form = act.form({}, leads=leads)
    with _clock(leads):
        is_ready = form.is_valid()
    if is_ready:
        _perform(request, act, leads, form)
        if one:
            return change_page(model_admin, leads[0].pk)
        return redirect(request.get_full_path())
    with _clock(leads):
        return question(
            model_admin,
            request,
            title=str(act.label),
            button=str(act.label),
            rows=leads,
            form=form,
            hidden=hidden,
            cancel=".." if one else request.get_full_path(),
        )


def _clock(leads: list[Lead]) -> AbstractContextManager[None]:
    """Times are those of the leads' workspace, if it is one."""
    zones = {lead.workspace.time_zone for lead in leads}
    return timezone.override(zones.pop() if len(zones) == 1 else "UTC")


def _perform(request: HttpRequest, act: Act, leads: list[Lead], form: ActForm) -> None:
    if act.perform_many is not None:
        refusals = _perform_together(request, act, leads, form)
    else:
        refusals = refused(
            leads,
            lambda lead: act.perform(
                lead, access(request).actor(lead.workspace), dict(form.cleaned_data)
            ),
        )
    done = len(leads) - len(refusals)
    if done:
        text = ngettext("%(act)s: %(count)d lead.", "%(act)s: %(count)d leads.", done)
        messages.success(request, text % {"act": act.label, "count": done})
    tell_refusals(request, refusals)


def _perform_together(
    request: HttpRequest, act: Act, leads: list[Lead], form: ActForm
) -> list[tuple[object, Exception]]:
    """Workspace by workspace, all leads of each at once; a refusal is that of each of them."""
    by_workspace: dict[UUID, list[Lead]] = {}
    for lead in leads:
        by_workspace.setdefault(lead.workspace_id, []).append(lead)
    refusals: list[tuple[object, Exception]] = []
    for portion in by_workspace.values():
        actor = access(request).actor(portion[0].workspace)
        try:
            done = act.perform_many(portion, actor, dict(form.cleaned_data))  # type: ignore[misc]
        except REFUSALS as error:
            refusals += [(lead, error) for lead in portion]
        else:
            named = {lead.pk: lead for lead in portion}
            refusals += [(named[lead_id], error) for lead_id, error in done.refused.items()]
    return refusals
