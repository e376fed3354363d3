"""Heat's settings: points, levels and decay, with their effect before they are saved."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads import heat_preview, heat_settings, rescoring
from leads.errors import LeadError
from leads.heat_form import HeatForm


@requires(Permission.RULE_EDIT)
def settings(request: MemberRequest, slug: str) -> HttpResponse:
    """The form; its preview button asks for the effect and saves nothing."""
    form = HeatForm(request.POST or None, row=heat_settings.current(request.workspace.pk))
    effect, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if "preview" in request.POST:
                    effect = heat_preview.preview(actor=request.actor, changes=form.changes())
                    status = 200
                else:
                    heat_settings.save(actor=request.actor, changes=form.changes())
                    messages.success(request, _("Saved. Every lead is being scored again."))
                    return redirect("leads:heat_settings", slug=slug)
            except LeadError as error:
                form.refuse(error)
    context = {
        "form": form,
        "effect": effect,
        "is_under_way": rescoring.is_under_way(request.workspace.pk),
    }
    return render(request, "leads/heat/settings.html", context, status=status)


@requires(Permission.RULE_EDIT)
def preview(request: MemberRequest, slug: str) -> HttpResponse:
    """The effect of the values typed, as they are typed."""
    if request.method != "POST":
        return redirect("leads:heat_settings", slug=slug)
    form = HeatForm(request.POST, row=heat_settings.current(request.workspace.pk))
    effect = None
    if form.is_valid():
        try:
            effect = heat_preview.preview(actor=request.actor, changes=form.changes())
        except LeadError as error:
            form.refuse(error)
    context = {"form": form, "effect": effect}
    return render(request, "leads/heat/effect.html", context)
