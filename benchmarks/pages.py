"""Pages at scale, over HTTP: as a manager, a rep with leads of their own, and the operator."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import Membership, User, Workspace
from accounts.tenancy import scope
from benchmarks import clients
from benchmarks.results import Result
from benchmarks.surroundings import long_lead
from leads.models import Company, Job, Lead, Task

MUST = 150
ROUNDS = 30
# Every thread of the server has met a page, and PostgreSQL its tables, before it is measured: what
# is measured is the hours after that. Threads and connections are kept (see the operators' page).
# Four clients do not reach all threads: the first page that was measured met the new ones.
MEETING = {"clients": 32, "requests": 128}
WARMING = {"clients": 4, "requests": 64}

MANAGERS = {
    "Home": "",
    "Leads": "leads/",
    "Leads, filtered": "leads/?status=qualified&heat=HOT",
    "Leads, not contacted in 30 days": "leads/?open=true&last_contacted_before=30d",
    "Leads, three attempts without response": (
        "leads/?open=true&min_contact_count=3&never_responded=true"
    ),
    "Leads, last by LinkedIn": "leads/?last_contact_method=linkedin",
    "Pipeline": "pipeline/",
    "Pipeline, filtered": "pipeline/?heat=HOT&source=website",
    "Lead": "leads/{lead}/",
    "Lead with a long conversation": "leads/{long}/",
    "Contact": "contacts/{contact}/",
    "Contacts": "contacts/",
    "Contacts, searched": "contacts/?q={last_name}",
    "Companies": "companies/",
    "Companies, searched": "companies/?q=berg",
    "Company": "companies/{company}/",
    "Duplicates": "contacts/duplicates/",
    "Jobs": "jobs/",
    "Job": "jobs/{job}/",
    "Tasks and appointments, everybody": "tasks/?owner=all",
    "Uploads": "uploads/",
    "Heat": "heat/",
    "Metrics": "metrics/",
    "Metrics, all time": "metrics/?period=all",
    "Metrics of a source": "metrics/?period=90d&source=website",
    "Metrics of a rep": "metrics/?assigned_to={rep}",
}
REPS = {
    "Home of a rep": "",
    "Tasks and appointments": "tasks/",
    "Notifications": "notifications/",
}
OPERATORS = {
    "Admin, leads": "/admin/leads/lead/",
    "Admin, contacts": "/admin/leads/contact/",
}


def measure(port: int, workspace: Workspace) -> Iterator[Result]:
    """Every row of the table that is about pages."""
    manager = User.objects.create_user("bench@example.com", "unused-but-long")
    Membership.objects.create(user=manager, workspace=workspace, role="manager")
    operator = User.objects.create_superuser("operator@example.com", "unused-but-long")
    with scope(workspace.pk):
        task = Task.objects.in_workspace(workspace.pk).open().exclude(owner=None)
        rep = task.select_related("owner")[0].owner
    named = _named(workspace) | {"rep": str(rep.pk)}
    pages = f"/w/{workspace.slug}/"
    yield from _measured(port, manager, {n: pages + p for n, p in MANAGERS.items()}, named)
    yield from _measured(port, rep, {n: pages + p for n, p in REPS.items()}, named)
    yield from _measured(port, operator, OPERATORS, named)


def _named(workspace: Workspace) -> dict[str, str]:
    """What stands in braces in an address."""
    with scope(workspace.pk):
        lead = Lead.objects.select_related("contact").order_by("-created_at")[0]
        company = Company.objects.in_workspace(workspace.pk).exclude(contacts=None)[0]
        return {
            "lead": str(lead.number),
            "long": str(long_lead(workspace).number),
            "contact": str(lead.contact.number),
            "last_name": lead.contact.last_name,
            "company": str(company.pk),
            "job": str(Job.objects.in_workspace(workspace.pk)[0].pk),
        }


def _measured(
    port: int, user: User, pages: dict[str, str], named: dict[str, str]
) -> Iterator[Result]:
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_sign_in(user)}"}
    clients.together(port, clients.get(next(iter(pages.values())), headers), **MEETING)
    for name, path in pages.items():
        call = clients.get(path.format(**named), headers)
        clients.together(port, call, **WARMING)
        times = clients.together(port, call, clients=1, requests=ROUNDS)
        yield Result(
            f"page {name}",
            f"p95 {times.p95:.0f} ms",
            f"≤ {MUST} ms",
            holds=times.p95 <= MUST,
            beside=f"median {times.median:.0f} ms",
        )


def _sign_in(user: User) -> str:
    """A session of that person, as signing in makes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
