"""The Metrics page and its file: how leads do, and what they cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from conversions.exports import Cell, csv_file
from conversions.metrics_forms import MetricsForm
from conversions.metrics_links import leads_behind, leads_of_owner
from conversions.metrics_rendering import RATES, by_size, owner_names, share
from conversions.pricing import Price, Prices, prices
from leads.measuring.metrics import Figures, measure, sees_all
from leads.measuring.metrics_tally import MEASURES, STAGES, Duration, Tally
from leads.models import Lead, Reason, Source, Status


@dataclass(frozen=True)
class TimeTile:
    """One measure now and before."""

    label: str
    explanation: str
    now: Duration
    before: Duration | None


@dataclass(frozen=True)
class Step:
    """A state of the funnel: how many reached it, of all and of those in the state before."""

    status: str
    leads: int
    of_all: float
    of_previous: float | None
    # Which leads they are, for the address of the Leads page.
    query: str


@dataclass(frozen=True)
class Group:
    """A row of a table: a source, or an owner."""

    key: str
    name: str
    tally: Tally
    price: Price | None = None
    # Which leads they are; see `Step.query`.
    query: str = ""

    @property
    def rates(self) -> dict[str, tuple[float, str]]:
        """The share that reached each state, and which leads those are."""
        reached = self.tally.reached
        return {
            name: (share(reached[name], self.tally.leads), f"{self.query}&reached={name}")
            for name in RATES
        }

    @property
    def time_to_contact(self) -> Duration:
        return self.tally.duration("contact")

    @property
    def lost(self) -> int:
        return self.tally.by_status["lost"]


@dataclass(frozen=True)
class ReasonShare:
    label: str
    leads: int
    of_all: float
    query: str


@requires(Permission.VIEW)
def metrics(request: MemberRequest, slug: str) -> HttpResponse:
    """The figures of what the address asks for."""
    form = MetricsForm(request.GET, actor=request.actor)
    context: dict[str, Any] = {"form": form, "sees_all": sees_all(request.actor)}
    if form.is_valid():
        asked = form.question()
        figures = measure(asked)
        context |= {"asked": asked, "figures": figures, "is_narrowed": form.is_narrowed}
        if figures.total.leads:
            context |= _shown(request, figures, prices(figures))
        else:
            visible = Lead.objects.visible_to(request.actor)
            context["has_leads"] = visible.exists()
    return render(request, "conversions/metrics/page.html", context)


def _shown(request: MemberRequest, figures: Figures, priced: Prices) -> dict[str, Any]:
    total, before = figures.total, figures.before
    won = share(total.reached["converted"], total.leads)
    return {
        "times": [
            TimeTile(
                label,
                explanation,
                total.duration(measured),
                before.duration(measured) if before else None,
            )
            for measured, label, explanation in _measures()
        ],
        "won": won,
        "all_query": leads_behind(figures.question),
        "won_query": leads_behind(figures.question, reached="converted"),
        "won_before": share(before.reached["converted"], before.leads) if before else None,
        "price": priced.total,
        "price_before": priced.before,
        "steps": list(_steps(figures)),
        "reasons": [
            (_("Why leads were lost"), _reasons(request, figures, Reason.Kind.LOSS, "loss")),
            (
                _("Why they were not qualified"),
                _reasons(request, figures, Reason.Kind.UNQUALIFIED, "unqualified"),
            ),
        ],
        "sources": _sources(figures, priced),
        "owners": _owners(figures),
        "spend_is_known": figures.question.owner is None,
        "has_other_currencies": bool(priced.total.other_currencies),
    }


def _measures() -> tuple[tuple[str, str, str], ...]:
    labels = (
        (_("Time to contact"), _("from coming in to the first contact")),
        (_("Time to qualify"), _("from coming in to being qualified")),
        (_("Time to schedule"), _("from coming in to having an appointment")),
    )
    return tuple((name, *words) for name, words in zip(MEASURES, labels, strict=True))


def _steps(figures: Figures) -> Iterator[Step]:
    total = figures.total
    reached = total.reached
    previous: int | None = None
    for stage in STAGES:
        number = reached[stage.value]
        of_previous = None if previous is None else share(number, previous)
        query = leads_behind(figures.question, reached=stage.value)
        yield Step(stage.value, number, share(number, total.leads), of_previous, query)
        previous = number


def _reasons(request: MemberRequest, figures: Figures, kind: str, name: str) -> list[ReasonShare]:
    rows = Reason.objects.in_workspace(request.workspace.pk).filter(kind=kind)
    labels = dict(rows.values_list("code", "label"))
    found = figures.total.reasons_of(name)
    whole = sum(found.values())
    return [
        ReasonShare(
            labels.get(code, code),
            number,
            share(number, whole),
            leads_behind(figures.question, **{f"{name}_reason": code}),
        )
        for code, number in found.items()
    ]


def _sources(figures: Figures, priced: Prices) -> list[Group]:
    labels = dict(Source.choices)
    return [
        Group(
            source,
            str(labels.get(source, source)),
            tally,
            priced.by_source.get(source),
            leads_behind(figures.question, source=source),
        )
        for source, tally in by_size(figures.by_source)
    ]


def _owners(figures: Figures) -> list[Group]:
    names = owner_names(figures)
    return [
        Group(
            owner or "unassigned",
            names.get(owner) or _("Nobody"),
            tally,
            query=leads_of_owner(figures.question, owner),
        )
        for owner, tally in by_size(figures.by_owner)
    ]


@requires(Permission.EXPORT)
def export(request: MemberRequest, slug: str) -> HttpResponse:
    """What the page shows for the same address, as a CSV file."""
    form = MetricsForm(request.GET, actor=request.actor)
    if not form.is_valid():
        response = redirect("conversions:metrics", slug=slug)
        response["Location"] += f"?{request.GET.urlencode()}"
        return response
    figures = measure(form.question())
    priced = prices(figures)
    groups = [
        (_("All"), Group("", "", figures.total, priced.total)),
        *((_("Source"), group) for group in _sources(figures, priced)),
        *((_("Owner"), group) for group in _owners(figures)),
    ]
    rows = [_row(kind, group, whole=group.tally is figures.total) for kind, group in groups]
    for label, kind, name in (
        (_("Loss reason"), Reason.Kind.LOSS, "loss"),
        (_("Unqualified reason"), Reason.Kind.UNQUALIFIED, "unqualified"),
    ):
        reasons = _reasons(request, figures, kind, name)
        rows += [[label, reason.label, reason.leads] for reason in reasons]
    since, until = form.dates
    days = f"{since or ''}_{until or ''}" if since or until else "all"
    return csv_file(f"metrics-{slug}-{days}.csv", _header(figures), rows)


def _header(figures: Figures) -> list[str]:
    measured = [
        _("%(measure)s, %(figure)s") % {"measure": label, "figure": figure}
        for _name, label, _explanation in _measures()
        for figure in (
            _("n"),
            _("average in seconds"),
            _("median in seconds"),
            _("p90 in seconds"),
        )
    ]
    if not figures.exact:
        note = _("%(column)s (medians and p90 within 2.5 %%)")
        measured = [note % {"column": column} for column in measured]
    currency = figures.question.workspace.currency
    return [
        _("Group"),
        _("Name"),
        _("Leads"),
        *(_("Now %(status)s") % {"status": status.label} for status in Status),
        *(_("Reached %(status)s") % {"status": status.label} for status in STAGES),
        *measured,
        _("Ad spend in %(currency)s") % {"currency": currency},
        _("Cost per lead"),
        _("Cost per customer"),
    ]


def _row(kind: str, group: Group, *, whole: bool) -> list[Cell]:
    tally, price = group.tally, group.price
    row: list[Cell] = [kind, group.name, tally.leads]
    row += tally.by_status.values()
    row += tally.reached.values()
    for measured in MEASURES:
        if not whole and measured != "contact":
            # Only the time to contact is counted for each source and owner.
            row += ["", "", "", ""]
            continue
        known = tally.duration(measured)
        row += [known.n, *map(_rounded, (known.average, known.median, known.p90))]
    amounts: tuple[Decimal | None, ...] = (None, None, None)
    if price is not None:
        amounts = (price.spend, price.cpl, price.cac)
    return [*row, *amounts]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds)
