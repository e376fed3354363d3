"""The Campaigns page, the page of one with its lists and progress, its leads, and the figures."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.problems import ProblemError
from accounts.requests import MemberRequest
from campaigns import list_stats, running, stats
from campaigns.campaign_filters import CampaignLeadsFilter, CampaignsFilter
from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList
from campaigns.outcomes import labels_of
from campaigns.rule_words import RuleWords
from leads.models import QualityRating
from leads.scoring.quality import quality
from leads.views.filter_row import errors_of, given_filters, without

ROWS = 50
MOST_COMPARED = 100


def found_campaign(request: MemberRequest, campaign_id: UUID) -> Campaign:
    """The campaign with its totals; raises `Http404`."""
    rows = Campaign.objects.visible_to(request.actor).with_totals().select_related("workspace")
    found: Campaign | None = rows.filter(pk=campaign_id).first()
    if found is None:
        raise Http404
    return found


@requires(Permission.VIEW)
def index(request: MemberRequest, slug: str) -> HttpResponse:
    """Every campaign, newest first, with how far it is."""
    given = given_filters(request.GET)
    narrowing = without(given, "cursor")
    rows = Campaign.objects.visible_to(request.actor).with_totals()
    filters = CampaignsFilter(narrowing, queryset=rows, actor=request.actor)
    found = filters.qs if filters.is_valid() else rows.none()
    try:
        page = paginate(found, ordering="-created_at", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect("campaigns:campaigns", slug=slug)
    context = {
        "page": page,
        "numbers": _numbers_of_lists(page.rows),
        "given": given,
        "errors": errors_of(filters),
        "is_filtered": bool(narrowing),
        "statuses": Campaign.Status.choices,
    }
    return render(request, "campaigns/campaigns/index.html", context)


def _numbers_of_lists(campaigns: list[Campaign]) -> dict[UUID, int]:
    rows = CampaignLeadList.objects.attached().filter(campaign__in=campaigns).order_by()
    return dict(rows.values_list("campaign_id").annotate(n=Count("*")))


@requires(Permission.VIEW)
def campaign(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """One campaign."""
    return render_campaign(request, found_campaign(request, campaign_id))


def render_campaign(
    request: MemberRequest, row: Campaign, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Its page, with a dialog where `more` brings one."""
    words = RuleWords(request.workspace)
    attached = list(stats.lists_of(row))
    context = {
        "campaign": row,
        "attached": [(one, words.sentence(one.filter_criteria)) for one in attached],
        "outcomes": stats.outcomes_of(row),
        "rate": stats.rate(row.successful_leads, row.contacted_leads),  # type: ignore[attr-defined]
        "may_change": request.actor.can(Permission.CAMPAIGN_EDIT)
        and row.status != Campaign.Status.COMPLETED,
        **more,
    }
    return render(request, "campaigns/campaigns/detail.html", context, status=status)


@requires(Permission.CAMPAIGN_EDIT)
def move(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """Start, pause or complete."""
    row = found_campaign(request, campaign_id)
    told = {
        Campaign.Status.ACTIVE: _("The campaign is running: callers get its leads."),
        Campaign.Status.PAUSED: _("The campaign is paused: nobody is called."),
        Campaign.Status.COMPLETED: _("The campaign is completed."),
    }
    status = request.POST.get("status", "")
    if request.method == "POST" and status in told:
        try:
            running.change(row.pk, actor=request.actor, changes={"status": status})
        except ProblemError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, told[Campaign.Status(status)])
    return redirect("campaigns:campaign", slug=slug, campaign_id=row.pk)


@requires(Permission.VIEW)
def by_quality(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """The campaign's leads by a person's judgement of them."""
    row = found_campaign(request, campaign_id)
    context = {"campaign": row, "shares": stats.quality_of(row)}
    return render(request, "campaigns/campaigns/quality.html", context)


@requires(Permission.VIEW)
def leads(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """Who is in the campaign, as far as one sees them, and how far each is."""
    row = found_campaign(request, campaign_id)
    given = given_filters(request.GET)
    narrowing = without(given, "cursor")
    rows = CampaignLead.objects.visible_to(request.actor).filter(campaign=row)
    filters = CampaignLeadsFilter(
        narrowing,
        queryset=rows.select_related("source__lead_list", "lead__contact"),
        actor=request.actor,
    )
    found = filters.qs if filters.is_valid() else rows.none()
    try:
        page = paginate(found, ordering="-id", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect("campaigns:campaign_leads", slug=slug, campaign_id=row.pk)
    labels = labels_of(request.workspace.pk)
    context = {
        "campaign": row,
        "page": page,
        "rows": [(one, labels.get(one.outcome, one.outcome)) for one in page.rows],
        "given": given,
        "errors": errors_of(filters),
        "is_filtered": bool(narrowing),
        "statuses": CampaignLead.Status.choices,
        "outcomes": [(code, label) for code, label in labels.items()],
        "lists": [(str(one.lead_list_id), one.lead_list.name) for one in stats.lists_of(row)],
    }
    return render(request, "campaigns/campaigns/leads.html", context)


@requires(Permission.VIEW)
def figures(request: MemberRequest, slug: str) -> HttpResponse:
    """How good the leads are, and which lists are used again and bring most."""
    rows = LeadList.objects.visible_to(request.actor).filter(uses__isnull=False).distinct()
    compared = list_stats.with_results(rows).order_by(
        "-campaigns_used_in", "-successful_leads", "name", "id"
    )[:MOST_COMPARED]
    context = {
        # Of a million leads it takes a while: the page asks for it once it is shown.
        "quality": _all_quality(request) if request.GET.get("quality") == "yes" else None,
        "lists": [(one, list_stats.rate_of(one)) for one in compared],
        "most": MOST_COMPARED,
    }
    return render(request, "campaigns/campaigns/figures.html", context)


def _all_quality(request: MemberRequest) -> list[tuple[str, dict[str, float]]]:
    found = quality(request.actor)["quality_rating"]
    return [(str(QualityRating(rating).label), one) for rating, one in found.items()]
