"""Lists and searches at scale, over HTTP."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from django.db import connection

from accounts.api_keys import create_key
from accounts.models import Workspace
from accounts.tenancy import scope
from benchmarks import clients
from benchmarks.results import Result
from leads.listing.search import lead_condition
from leads.models import Contact

FILTERS = {
    "newest": "",
    "status": "status=qualified,scheduled",
    "hottest": "heat=HOT&ordering=-heat_score",
    "source and status": "source=website&status=new",
    "never contacted": "never_contacted=true",
    "follow-ups due": "follow_up_due=true",
    "rare tag": "tag=rare",
    "common tag": "tag=newsletter",
    "rare custom field": "attr.segment=rare",
    "common custom field": "attr.segment=common",
    "with count": "count=true",
}
MUST_BY_CLIENTS = {4: 50, 16: 150}
ROUNDS = 30
# Enough that one hiccup of the machine is not the slowest twentieth.
LIST_ROUNDS = 60


def measure(port: int, workspace: Workspace) -> Iterator[Result]:
    """Every row of the table that is about lists."""
    _row, key = create_key(
        organization=workspace.organization, workspace=workspace, name="Bench", scopes=["read"]
    )
    yield from _lists(port, workspace, {"X-API-Key": key})
    yield from _searches(port, workspace, {"X-API-Key": key})


def _lists(port: int, workspace: Workspace, headers: dict[str, str]) -> Iterator[Result]:
    least = _bare(
        workspace,
        "SELECT id FROM leads_lead WHERE workspace_id = %s AND deleted_at IS NULL"
        " ORDER BY created_at DESC, id DESC LIMIT 51",
        [workspace.pk],
    )
    for name, query in FILTERS.items():
        for count, limit in MUST_BY_CLIENTS.items():
            call = clients.get(f"/api/v1/leads/?{query}", headers)
            # Each connection plans a filter once; what is measured is the hours after that.
            clients.together(port, call, clients=count, requests=64)
            times = clients.together(port, call, clients=count, requests=count * LIST_ROUNDS)
            yield Result(
                f"lead list, {name}, {count} clients",
                f"p95 {times.p95:.0f} ms",
                f"≤ {limit} ms",
                holds=times.p95 <= limit,
                beside=f"bare SQL {least:.2f} ms; median {times.median:.0f} ms; {times.rate:.0f}/s",
            )


def _searches(port: int, workspace: Workspace, headers: dict[str, str]) -> Iterator[Result]:
    with scope(workspace.pk):
        someone = Contact.objects.in_workspace(workspace.pk).order_by("number")[4242]
    searches = {
        "full name": f"{someone.first_name} {someone.last_name}",
        "last name": someone.last_name,
        "e-mail": someone.email,
        "part of an e-mail": someone.email.partition("@")[0][2:],
        "phone": f"({someone.phone[2:5]}) {someone.phone[5:8]}-{someone.phone[8:]}",
        "last digits of a phone": someone.phone[-7:],
    }
    for name, text in searches.items():
        with scope(workspace.pk):
            least = _median(partial(lead_condition, workspace, text))
        call = clients.get(clients.address("/api/v1/leads/", q=text), headers)
        times = clients.together(port, call, clients=1, requests=ROUNDS)
        yield Result(
            f"search by {name}",
            f"p95 {times.p95:.0f} ms",
            "≤ 60 ms",
            holds=times.p95 <= 60,
            beside=f"the index alone {least:.1f} ms; median {times.median:.0f} ms",
        )


def _bare(workspace: Workspace, sql: str, parameters: list[object]) -> float:
    """Milliseconds (median) of a statement under the policies: the least the answer can take."""
    with scope(workspace.pk), connection.cursor() as cursor:

        def run() -> None:
            cursor.execute(sql, parameters)
            cursor.fetchall()

        return _median(run)


def _median(call: Callable[[], object]) -> float:
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]
