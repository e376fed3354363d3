"""Heat's settings: points, levels and decay, with their effect before they are saved."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.errors import LeadError
from leads.scoring import heat_preview, heat_settings, rescoring
from leads.scoring.heat_form import HeatForm
from leads.views.saving import is_saved, status_of


@requires(Permission.RULE_EDIT)
def settings(request: MemberRequest, slug: str) -> HttpResponse:
    """The form; its preview button asks for the effect and saves nothing."""
    form = HeatForm(request.POST or None, row=heat_settings.current(request.workspace.pk))
    effect = None
    if "preview" in request.POST:
        effect = _effect(request, form)
    elif is_saved(request, form):
        messages.success(request, _("Saved. Every lead is being scored again."))
        return redirect("leads:heat_settings", slug=slug)
    status = 200 if effect else status_of(request)
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
    context = {"form": form, "effect": _effect(request, form)}
    return render(request, "leads/heat/effect.html", context)


def _effect(request: MemberRequest, form: HeatForm) -> heat_preview.Effect | None:
    """What the typed values would change; None where the form has come to say what is wrong."""
    if form.is_valid():
        try:
            return heat_preview.preview(actor=request.actor, changes=form.changes())
        except LeadError as error:
            form.refuse(error)
    return None
