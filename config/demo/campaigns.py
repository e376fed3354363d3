"""The campaigns of the demo: one that is called through, one that is over, one in preparation."""

from datetime import timedelta
from decimal import Decimal

from campaigns import attempts, enrolment, queue, running
from campaigns.models import Campaign, LeadList, Outcome
from config.demo.stories import Cast

_SCRIPT = (
    "Hello, this is … from …. You asked us about your project a while ago.\n\n"
    "Is it still on your mind? What has kept you from going on with it?\n\n"
    "May I propose a short visit? We have an hour free on Tuesday and on Thursday."
)
# How calls end, and how long they take: most reach nobody.
_ENDINGS = (
    (Outcome.NO_ANSWER, 0),
    (Outcome.VOICEMAIL, 25),
    (Outcome.INTERESTED, 240),
    (Outcome.NO_ANSWER, 0),
    (Outcome.NOT_INTERESTED, 70),
    (Outcome.CALLBACK, 45),
    (Outcome.BUSY, 0),
    (Outcome.PLEDGED, 310),
    (Outcome.NO_ANSWER, 0),
    (Outcome.INTERESTED, 190),
)
_CALLS, _PAUSE = 24, timedelta(minutes=4)
_PLEDGE = Decimal(250)


def load(cast: Cast) -> None:
    """Three campaigns over the manager's lists, which are there already."""
    lists = {row.name: row for row in LeadList.objects.in_workspace(cast.workspace.pk).alive()}
    quiet, guests = lists["Warm and gone quiet"], lists["Open day guests"]
    spring = _made(cast, "Open day follow-up", [guests])
    _call(cast, spring, calls=len(_ENDINGS), days_ago=20)
    running.complete(spring, actor=cast.manager)
    active = _made(cast, "Wake up warm leads", [guests, quiet], script=_SCRIPT)
    _call(cast, active, calls=_CALLS, days_ago=0)
    draft = running.create(
        actor=cast.manager,
        values={
            "name": "Second try",
            "description": "Those who never answered, once more before the year ends.",
            "calling_hours": {"start": "10:00", "end": "19:00", "days": [0, 1, 2, 3, 4]},
        },
    )
    enrolment.attach(draft, lists["Never answered"], actor=cast.manager)


def _made(cast: Cast, name: str, groups: list[LeadList], *, script: str = "") -> Campaign:
    values = {"name": name, "script": script, "status": Campaign.Status.ACTIVE}
    row = running.create(actor=cast.manager, values=values)
    for place, group in enumerate(groups, start=1):
        enrolment.attach(row, group, actor=cast.manager, priority=place)
    return row


def _call(cast: Cast, campaign: Campaign, *, calls: int, days_ago: int) -> None:
    """The reps in turn, a call every few minutes until the moment of loading."""
    at = cast.now - timedelta(days=days_ago) - calls * _PAUSE
    for number in range(calls):
        at += _PAUSE
        rep = cast.reps[number % len(cast.reps)]
        found = queue.next_lead(campaign, actor=rep)
        if found is None:
            return
        outcome, seconds = _ENDINGS[number % len(_ENDINGS)]
        amount = _PLEDGE if outcome == Outcome.PLEDGED else None
        call = attempts.Call(outcome, duration=seconds, pledged_amount=amount)
        # Nobody is called before they were there, nor in the midst of what is told of them.
        when = max(at, found.lead.last_activity_at)
        attempts.record(found.pk, actor=rep, call=call, now=when)
