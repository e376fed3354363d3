"""The Uploads page: who was told what, what waits, and what a person must look at."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor, requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from conversions import delivery
from conversions.errors import ConversionError
from conversions.models import Upload
from integrations.models import Connection

ROWS = 50
Status = Upload.Status

# What a person asks for → (its name, the states it covers).
GROUPS = {
    "accepted": (gettext_lazy("Accepted"), (Status.ACCEPTED, Status.CONFIRMED)),
    "waiting": (gettext_lazy("Waiting"), Upload.WAITING),
    "held": (gettext_lazy("Held"), (Status.HELD,)),
    "failed": (gettext_lazy("Failed"), (Status.FAILED, Status.EXPIRED)),
    "dry_run": (gettext_lazy("Dry run"), (Status.DRY_RUN,)),
    "skipped": (gettext_lazy("Skipped"), (Status.SKIPPED,)),
}
_GROUP_OF = {state: name for name, (_label, states) in GROUPS.items() for state in states}


@dataclass(frozen=True)
class GroupCount:
    """One figure of a destination; `name` narrows the table below."""

    name: str
    label: str
    uploads: int


@dataclass
class Destination:
    """A connection with its figures."""

    connection: Connection
    uploads: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))
    oldest_waiting: datetime | None = None

    @property
    def counts(self) -> list[GroupCount]:
        return [
            GroupCount(name, str(label), self.uploads[name])
            for name, (label, _states) in GROUPS.items()
        ]


@requires(Permission.VIEW)
def uploads(request: MemberRequest, slug: str) -> HttpResponse:
    """Every destination's figures and the uploads, newest first."""
    workspace_id = request.workspace.pk
    connections = list(
        Connection.objects.in_workspace(workspace_id).filter(
            deleted_at__isnull=True, inbound_token=""
        )
    )
    status = request.GET.get("status", "")
    chosen = next((c for c in connections if str(c.pk) == request.GET.get("connection")), None)
    rows = Upload.objects.visible_to(request.actor).for_table()
    if status in GROUPS:
        rows = rows.filter(status__in=GROUPS[status][1])
    if chosen is not None:
        rows = rows.filter(connection=chosen)
    try:
        page = paginate(rows, ordering="-created_at", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect("conversions:uploads", slug=slug)
    context = {
        "page": page,
        "destinations": _destinations(request.actor, connections),
        "connections": connections,
        "groups": [(name, label) for name, (label, _states) in GROUPS.items()],
        "status": status if status in GROUPS else "",
        "chosen": chosen,
    }
    return render(request, "conversions/uploads.html", context)


def _destinations(actor: Actor, connections: list[Connection]) -> list[Destination]:
    visible = Upload.objects.visible_to(actor)
    since = visible.waiting_since()
    destinations = {
        connection.pk: Destination(connection, oldest_waiting=since.get(connection.pk))
        for connection in connections
    }
    for (connection_id, status), number in visible.counted().items():
        if connection_id in destinations:
            destinations[connection_id].uploads[_GROUP_OF[Status(status)]] += number
    return list(destinations.values())


@requires(Permission.UPLOAD_RETRY)
def retry(request: MemberRequest, slug: str, upload_id: UUID) -> HttpResponse:
    """Send an upload again; then back to the page it was asked from."""
    if not Upload.objects.visible_to(request.actor).filter(pk=upload_id).exists():
        raise Http404
    if request.method == "POST":
        try:
            delivery.retry(upload_id, actor=request.actor)
        except ConversionError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("The upload is on its way again."))
    return redirect(_return_address(request, slug))


def _return_address(request: MemberRequest, slug: str) -> str:
    """The page the button was on (a lead, or a filtered list), never an address elsewhere."""
    asked = request.POST.get("next", "")
    own = {request.get_host()}
    if url_has_allowed_host_and_scheme(asked, allowed_hosts=own, require_https=request.is_secure()):
        return asked
    return reverse("conversions:uploads", kwargs={"slug": slug})
