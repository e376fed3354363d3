"""Connections without secrets, the rules on them, and what became of each upload so far.

Nothing here can call anybody: the first business's connections are dry runs; the second's had
credentials once, and show how accepted, failed and held uploads look.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.ids import new_id
from config.demo.businesses import DENTAL, SOLAR, Business
from config.demo.stories import Cast, Stage
from conversions.events import conversion_event
from conversions.fanout import worth
from conversions.models import ConversionRule, Upload, UploadAttempt
from integrations.contracts import ConnectionData, Outcome
from integrations.models import Connection
from integrations.registry import provider_for

_SET_UP = timedelta(days=70)
_DELAY = timedelta(seconds=7)
_CALL = timedelta(milliseconds=640)
# The first business hands its conversions over as dry runs; the second's access was taken away.
_ACCESS_LOST = timedelta(days=6)
_PAUSE = timedelta(hours=12)

_DRY_RUN = "The connection has no secrets: everything was done but the call."
_NO_PERMISSION = (
    "Google answered 403: The caller does not have permission (PERMISSION_DENIED)",
    "PERMISSION_DENIED",
)
_FAILURES = {
    "google_data_manager": (
        (
            "Google refused it: The click ID could not be decoded. (INVALID_GCLID)",
            "INVALID_GCLID",
        ),
        (
            "Google refused it: The event lies before the click. (EVENT_TIME_INVALID)",
            "EVENT_TIME_INVALID",
        ),
    ),
    "meta": (
        (
            "Meta refused it: The event has no usable customer information (100/2804050)",
            "100/2804050",
        ),
        ("Meta refused it: Invalid parameter (100)", "100"),
    ),
}
_UNAVAILABLE = ("Meta refused it: Service temporarily unavailable (2)", "2")


@dataclass
class Destination:
    """One connection, with trigger → (sent as, how it is valued)."""

    connection: Connection
    rules: dict[str, tuple[str, dict[str, Any]]]
    made: dict[str, ConversionRule] = field(default_factory=dict)


@dataclass
class Outbound:
    uploads: list[Upload] = field(default_factory=list)
    attempts: list[UploadAttempt] = field(default_factory=list)


_FULL_VALUE = {"value_strategy": ConversionRule.ValueStrategy.CONVERSION}


def _fixed(amount: int) -> dict[str, Any]:
    return {"value_strategy": ConversionRule.ValueStrategy.FIXED, "amount": Decimal(amount)}


def load(business: Business, cast: Cast) -> None:
    """The connections, rules and uploads of one business; the third has none yet."""
    destinations = _destinations(business, cast)
    if not destinations:
        return
    Connection.objects.bulk_create([destination.connection for destination in destinations])
    for destination in destinations:
        for trigger, (action, value) in destination.rules.items():
            destination.made[trigger] = ConversionRule(
                workspace=cast.workspace,
                connection=destination.connection,
                trigger=trigger,
                external_action=action,
                created_at=destination.connection.created_at,
                **value,
            )
    ConversionRule.objects.bulk_create(
        [rule for destination in destinations for rule in destination.made.values()]
    )
    outbound = Outbound()
    told: set[tuple[object, object]] = set()
    for stage in cast.stages:
        for destination in destinations:
            rule = destination.made.get(stage.name)
            if rule is None or stage.at < rule.created_at or (rule.pk, stage.lead.pk) in told:
                continue
            told.add((rule.pk, stage.lead.pk))
            _deliver(business, cast, rule, stage, outbound)
    Upload.objects.bulk_create(outbound.uploads, batch_size=1000)
    UploadAttempt.objects.bulk_create(outbound.attempts, batch_size=1000)


def _destinations(business: Business, cast: Cast) -> list[Destination]:
    made = {"workspace": cast.workspace, "created_at": cast.now - _SET_UP}
    if business.slug == DENTAL.slug:
        return [
            Destination(
                Connection(
                    provider="google_data_manager",
                    name="Google Ads",
                    settings={"customer_id": "417-555-0142"},
                    **made,
                ),
                {
                    "completed": ("6482019375", _fixed(150)),
                    "converted": ("6482019411", _FULL_VALUE),
                },
            ),
            Destination(
                Connection(
                    provider="meta",
                    name="Meta",
                    settings={"dataset_id": "870155512340042", "page_id": "102255501427788"},
                    **made,
                ),
                {"completed": ("Visit completed", _fixed(150)), "converted": ("Sale", _FULL_VALUE)},
            ),
        ]
    if business.slug == SOLAR.slug:
        return [
            Destination(
                Connection(
                    provider="google_data_manager",
                    name="Google Ads Germany",
                    settings={"customer_id": "938-555-0177", "login_customer_id": "120-555-0100"},
                    is_active=False,
                    last_success_at=cast.now - _ACCESS_LOST,
                    last_error_at=cast.now - timedelta(hours=5),
                    last_error=_NO_PERMISSION[0],
                    consecutive_failures=3,
                    **made,
                ),
                {
                    "qualified": ("7120553301", _fixed(40)),
                    "scheduled": ("7120553318", _fixed(120)),
                    "converted": ("7120553350", _FULL_VALUE),
                },
            ),
            Destination(
                Connection(
                    provider="meta",
                    name="Meta Germany",
                    settings={"dataset_id": "554010203040506", "require_consent": True},
                    last_success_at=cast.now - timedelta(hours=30),
                    last_error_at=cast.now - timedelta(minutes=20),
                    last_error=_UNAVAILABLE[0],
                    consecutive_failures=4,
                    paused_until=cast.now + _PAUSE,
                    **made,
                ),
                {
                    "converted": ("Contract", _FULL_VALUE),
                    "scheduled": ("Survey booked", _fixed(120)),
                },
            ),
        ]
    return []


def _deliver(
    business: Business, cast: Cast, rule: ConversionRule, stage: Stage, outbound: Outbound
) -> None:
    upload_id = new_id()
    value, currency = worth(rule, stage.conversion)
    upload = Upload(
        id=upload_id,
        workspace=cast.workspace,
        rule=rule,
        connection=rule.connection,
        contact=stage.lead.contact,
        lead=stage.lead,
        trigger=rule.trigger,
        event_id=f"ll-{upload_id}",
        external_action=rule.external_action,
        occurred_at=stage.at,
        created_at=stage.at,
        value=value,
        currency=currency,
    )
    _decide(business, cast, upload, outbound)
    outbound.uploads.append(upload)


def _decide(business: Business, cast: Cast, upload: Upload, outbound: Outbound) -> None:
    """The state an upload of its age is in, with the attempts that led there."""
    connection, sent_at = upload.connection, upload.created_at + _DELAY
    provider = provider_for(
        ConnectionData(str(connection.pk), connection.provider, connection.settings, {})
    )
    refusal = provider.refusal(conversion_event(upload), sent_at)
    if refusal is not None:
        _attempt(upload, outbound, sent_at, refusal.kind, refusal.code, refusal.explanation)
        _close(upload, refusal.kind, refusal.kind, refusal.code, refusal.explanation)
    elif business.slug == DENTAL.slug:
        _attempt(upload, outbound, sent_at, Upload.Status.DRY_RUN, "", _DRY_RUN)
        upload.status, upload.explanation = Upload.Status.DRY_RUN, _DRY_RUN
    elif connection.provider == "meta" and sent_at > cast.now - timedelta(hours=30):
        _keep_retrying(upload, cast, outbound, sent_at)
    elif connection.provider != "meta" and sent_at > cast.now - _ACCESS_LOST:
        explanation, code = _NO_PERMISSION
        _attempt(upload, outbound, sent_at, Outcome.CONFIGURATION, code, explanation)
        _close(upload, Upload.Status.HELD, Outcome.CONFIGURATION, code, explanation)
    elif cast.rng.random() < 0.07:
        explanation, code = cast.rng.choice(_FAILURES[connection.provider])
        _attempt(upload, outbound, sent_at, Outcome.PERMANENT, code, explanation)
        _close(upload, Upload.Status.FAILED, Outcome.PERMANENT, code, explanation)
    else:
        _accept(upload, cast, outbound, sent_at)


def _accept(upload: Upload, cast: Cast, outbound: Outbound, sent_at: datetime) -> None:
    if cast.rng.random() < 0.08:
        _attempt(upload, outbound, sent_at, Outcome.TEMPORARY, "http_503", "The platform is busy.")
        sent_at += timedelta(seconds=cast.rng.uniform(9, 14))
    _attempt(upload, outbound, sent_at, Outcome.ACCEPTED, "", "")
    is_confirmed = upload.connection.provider != "meta" and cast.rng.random() < 0.7
    upload.status = Upload.Status.CONFIRMED if is_confirmed else Upload.Status.ACCEPTED
    upload.accepted_at = sent_at + _CALL
    upload.platform_ref = f"{cast.rng.getrandbits(64):016x}"


def _keep_retrying(upload: Upload, cast: Cast, outbound: Outbound, sent_at: datetime) -> None:
    explanation, code = _UNAVAILABLE
    pause = timedelta(seconds=10)
    while sent_at < cast.now - pause:
        _attempt(upload, outbound, sent_at, Outcome.TEMPORARY, code, explanation)
        sent_at += pause
        pause = min(pause * 2, timedelta(hours=1))
    _close(upload, Upload.Status.RETRYING, Outcome.TEMPORARY, code, explanation)
    upload.next_attempt_at = cast.now + _PAUSE


def _close(upload: Upload, status: str, kind: str, code: str, explanation: str) -> None:
    upload.status = status
    upload.error_kind = kind
    upload.error_code = code
    upload.explanation = explanation


def _attempt(
    upload: Upload, outbound: Outbound, at: datetime, outcome: str, code: str, explanation: str
) -> None:
    upload.attempts += 1
    outbound.attempts.append(
        UploadAttempt(
            workspace_id=upload.workspace_id,
            upload=upload,
            number=upload.attempts,
            started_at=at,
            finished_at=at + _CALL,
            created_at=at + _CALL,
            outcome=outcome,
            code=code,
            explanation=explanation,
        )
    )
