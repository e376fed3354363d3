"""How leads are given away: one page for the policy, the members, the rules and the territories."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import requires
from accounts.models import Membership
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.assigning import assignment_policy, auto_assignment, duty, territories
from leads.assigning.assignment import assignable_members, workload
from leads.assigning.assignment_forms import (
    CapsForm,
    PolicyForm,
    RuleForm,
    SettingForm,
    TerritoryForm,
)
from leads.assigning.turns import policy_of
from leads.errors import LeadError
from leads.models import AssignmentMember, AssignmentRule, Source, Territory


@dataclass(frozen=True)
class MemberRow:
    """One line of the table of members."""

    member: Membership
    load: int
    # The most they may have; None: any number.
    cap: int | None
    # What a full bar stands for.
    scale: int
    field: forms.BoundField

    @property
    def is_full(self) -> bool:
        return self.cap is not None and self.load >= self.cap


@dataclass(frozen=True)
class RuleRow:
    """One line of the table of rules, its ids in words."""

    rule: AssignmentRule
    sources: list[str]
    members: list[str]


def _members(request: MemberRequest) -> list[Membership]:
    return assignable_members(request.workspace.pk)


def _rows(request: MemberRequest, caps: CapsForm, members: list[Membership]) -> list[MemberRow]:
    workspace_id = request.workspace.pk
    ids = [member.user_id for member in members]
    loads = workload(workspace_id, ids)
    default = policy_of(workspace_id).default_cap
    own = {user_id: caps.initial_cap(user_id) for user_id in ids}
    limits = {pk: default if own[pk] is None else own[pk] for pk in ids}
    most = max([1, *loads.values()])
    return [
        MemberRow(
            member,
            loads.get(member.user_id, 0),
            limits[member.user_id],
            limits[member.user_id] or most,
            caps.of(member),
        )
        for member in members
    ]


def _rules(request: MemberRequest, members: list[Membership]) -> list[RuleRow]:
    names = {member.user_id: member.user.get_full_name() for member in members}
    labels = dict(Source.choices)
    rows = AssignmentRule.objects.in_workspace(request.workspace.pk).select_related("territory")
    return [
        RuleRow(
            rule,
            [str(labels.get(source, source)) for source in rule.sources],
            [names[pk] for pk in rule.member_ids if pk in names],
        )
        for rule in rows.order_by("position", "id")
    ]


def _caps_form(request: MemberRequest, members: list[Membership], *, bound: bool) -> CapsForm:
    own = AssignmentMember.objects.in_workspace(request.workspace.pk)
    known = {row.user_id: row for row in own}
    return CapsForm(request.POST if bound else None, members=members, own=known)


def _page(
    request: MemberRequest, *, policy: PolicyForm | None = None, caps: CapsForm | None = None
) -> HttpResponse:
    workspace_id = request.workspace.pk
    members = _members(request)
    shown = caps or _caps_form(request, members, bound=False)
    waiting = auto_assignment.waiting_leads(workspace_id)
    context = {
        "form": policy or PolicyForm(policy=policy_of(workspace_id)),
        "caps": shown,
        "members": _rows(request, shown, members),
        "rules": _rules(request, members),
        "territories": [
            (row, territories.sentence(row)) for row in Territory.objects.in_workspace(workspace_id)
        ],
        "waiting": waiting.count(),
        "waits_longest": waiting.select_related("lead__contact").first(),
    }
    refused = policy or caps
    return render(request, "leads/assignment/page.html", context, status=422 if refused else 200)


@requires(Permission.RULE_EDIT)
def settings(request: MemberRequest, slug: str) -> HttpResponse:
    """Everything about assignment; a post sets the policy."""
    if request.method != "POST":
        return _page(request)
    form = PolicyForm(request.POST, policy=policy_of(request.workspace.pk))
    if not (form.is_valid() and form.save(actor=request.actor)):
        return _page(request, policy=form)
    messages.success(request, _("The policy is saved."))
    return redirect("leads:assignment", slug=slug)


@requires(Permission.RULE_EDIT)
def caps(request: MemberRequest, slug: str) -> HttpResponse:
    """Set the numbers of the members."""
    if request.method != "POST":
        return redirect("leads:assignment", slug=slug)
    form = _caps_form(request, _members(request), bound=True)
    if not (form.is_valid() and form.save(actor=request.actor)):
        return _page(request, caps=form)
    messages.success(request, _("The members' numbers are saved."))
    return redirect("leads:assignment", slug=slug)


@requires(Permission.LEAD_EDIT)
def set_duty(request: MemberRequest, slug: str) -> HttpResponse:
    """Put a member on duty or off: anybody themselves, a manager everybody."""
    if request.method != "POST":
        return redirect("leads:home", slug=slug)
    on_duty = request.POST.get("on_duty") == "yes"
    try:
        user_id = UUID(request.POST.get("user_id") or str(request.user.pk))
        row = duty.set_duty(user_id, actor=request.actor, on_duty=on_duty)
    except ValueError as error:
        raise Http404 from error
    except LeadError as error:
        messages.error(request, error.detail)
    else:
        text = _("%(name)s is on duty.") if on_duty else _("%(name)s is off duty.")
        if user_id == request.user.pk:
            text = (
                _("You are on duty: new leads may be yours.") if on_duty else _("You are off duty.")
            )
        messages.success(request, text % {"name": row.user.get_full_name()})
    return redirect(_came_from(request, slug))


def _came_from(request: MemberRequest, slug: str) -> str:
    """The page of this workspace that the form stood on."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    home = reverse("leads:home", kwargs={"slug": slug})
    return address if is_ours and address.startswith(home) else home


@requires(Permission.RULE_EDIT)
def waiting(request: MemberRequest, slug: str) -> HttpResponse:
    """Leave those that wait without an owner."""
    if request.method == "POST":
        count = duty.stop_waiting(actor=request.actor)
        text = ngettext("%(count)d lead waits no more.", "%(count)d leads wait no more.", count)
        messages.success(request, text % {"count": count})
    return redirect("leads:assignment", slug=slug)


def _found(model: Any, request: MemberRequest, row_id: UUID) -> Any:
    row = model.objects.in_workspace(request.workspace.pk).filter(pk=row_id).first()
    if row is None:
        raise Http404
    return row


def _edit(
    request: MemberRequest, slug: str, form: SettingForm, template: str, saved: str, row: Any
) -> HttpResponse:
    status = 200
    if request.method == "POST":
        if form.is_valid() and form.save(actor=request.actor):
            messages.success(request, saved)
            return redirect("leads:assignment", slug=slug)
        status = 422
    return render(request, template, {"form": form, "row": row}, status=status)


@requires(Permission.RULE_EDIT)
def rule(request: MemberRequest, slug: str, rule_id: UUID | None = None) -> HttpResponse:
    """One rule, or a new one."""
    row = _found(AssignmentRule, request, rule_id) if rule_id else AssignmentRule()
    form = RuleForm(
        request.POST or None,
        rule=row,
        members=_members(request),
        territories=Territory.objects.in_workspace(request.workspace.pk),
    )
    return _edit(request, slug, form, "leads/assignment/rule.html", _("The rule is saved."), row)


@requires(Permission.RULE_EDIT)
def rule_move(request: MemberRequest, slug: str, rule_id: UUID) -> HttpResponse:
    """Ask the rule one place earlier or later."""
    row = _found(AssignmentRule, request, rule_id)
    if request.method == "POST":
        by = -1 if request.POST.get("to") == "earlier" else 1
        assignment_policy.move_rule(row, actor=request.actor, by=by)
    return redirect("leads:assignment", slug=slug)


@requires(Permission.RULE_EDIT)
def rule_delete(request: MemberRequest, slug: str, rule_id: UUID) -> HttpResponse:
    """Take a rule away."""
    row = _found(AssignmentRule, request, rule_id)
    if request.method == "POST":
        assignment_policy.delete_rule(row, actor=request.actor)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
    return redirect("leads:assignment", slug=slug)


@requires(Permission.RULE_EDIT)
def territory(request: MemberRequest, slug: str, territory_id: UUID | None = None) -> HttpResponse:
    """One territory, or a new one."""
    row = _found(Territory, request, territory_id) if territory_id else Territory()
    form = TerritoryForm(request.POST or None, territory=row)
    template = "leads/assignment/territory.html"
    return _edit(request, slug, form, template, _("The territory is saved."), row)


@requires(Permission.RULE_EDIT)
def territory_delete(request: MemberRequest, slug: str, territory_id: UUID) -> HttpResponse:
    """Take a territory away, unless a rule names it."""
    row = _found(Territory, request, territory_id)
    if request.method == "POST":
        try:
            assignment_policy.delete_territory(row, actor=request.actor)
        except LeadError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
    return redirect("leads:assignment", slug=slug)
