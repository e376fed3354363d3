"""Calling the platform for a claimed batch, with no transaction open: a verdict for each upload.

What one upload breaks, it breaks for itself: an error of ours is traced to the uploads that cause
it, by halving the batch, and the others go their way.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from conversions.events import conversion_event
from conversions.models import Upload
from integrations.contracts import (
    ConnectionData,
    ConversionEvent,
    EventResult,
    Outcome,
    ProviderError,
    TemporaryError,
)
from integrations.models import Connection
from integrations.providers.base import Provider
from integrations.registry import provider_for

logger = logging.getLogger(__name__)

# An upload that our own error keeps from being sent is then set aside for a person.
MOST_TRIES = 8

Status = Upload.Status
_STATUS_OF = {
    Outcome.ACCEPTED: Status.ACCEPTED,
    Outcome.TEMPORARY: Status.RETRYING,
    Outcome.PERMANENT: Status.FAILED,
    Outcome.CONFIGURATION: Status.HELD,
}


@dataclass(frozen=True)
class Verdict:
    """What to write on one upload; `outcome` goes to the attempt log."""

    status: str
    outcome: str
    code: str = ""
    explanation: str = ""
    retry_after: float | None = None
    platform_ref: str = ""
    # The call failed as a whole, and not this event alone: a matter of the connection.
    whole_call: bool = False


def send(connection: Connection, uploads: Sequence[Upload], *, now: datetime) -> dict[str, Verdict]:
    """Call the platform; a verdict for each event id. Raises nothing."""
    batch = _Batch(uploads)
    try:
        provider = provider_for(
            ConnectionData(
                id=str(connection.pk),
                provider=connection.provider,
                settings=connection.settings,
                secrets=connection.secrets,
            )
        )
        batch.upload(provider, batch.sendable(provider, now))
    except ProviderError as error:
        retry_after = error.retry_after if isinstance(error, TemporaryError) else None
        batch.decide_rest(
            Verdict(
                _STATUS_OF[error.outcome],
                error.outcome,
                error.code,
                str(error),
                retry_after,
                whole_call=True,
            )
        )
    except Exception as error:
        logger.exception("delivery for connection %s failed", connection.pk)
        batch.blame([upload.event_id for upload in uploads], error)
    return batch.verdicts


class _Batch:
    """The uploads of one claim, and what was decided about them so far, by event id."""

    def __init__(self, uploads: Sequence[Upload]) -> None:
        self.uploads = {upload.event_id: upload for upload in uploads}
        self.verdicts: dict[str, Verdict] = {}

    def sendable(self, provider: Provider, now: datetime) -> list[ConversionEvent]:
        """The events that the provider would take; about the others it is decided here."""
        events = []
        for event_id, upload in self.uploads.items():
            try:
                event = conversion_event(upload)
                refusal = provider.refusal(event, now)
            except Exception as error:
                logger.exception("upload %s cannot be prepared", upload.pk)
                self.blame([event_id], error)
                continue
            if refusal is None:
                events.append(event)
            else:
                self.verdicts[event_id] = Verdict(
                    refusal.kind, refusal.kind, refusal.code, refusal.explanation
                )
        return events

    def upload(self, provider: Provider, events: list[ConversionEvent]) -> None:
        """Send them; an error of ours is narrowed down. Raises `ProviderError`."""
        if not events:
            return
        try:
            if provider.is_live:
                decided = {r.event_id: _verdict(r) for r in provider.upload(events)}
            else:
                provider.payload_preview(events)
                explanation = _("The connection has no secrets: everything was done but the call.")
                dry = Verdict(Status.DRY_RUN, Status.DRY_RUN, "", explanation)
                decided = {event.event_id: dry for event in events}
        except ProviderError:
            raise
        except Exception as error:
            if len(events) == 1:
                logger.exception("upload %s failed", self.uploads[events[0].event_id].pk)
                self.blame([events[0].event_id], error)
                return
            middle = len(events) // 2
            self.upload(provider, events[:middle])
            self.upload(provider, events[middle:])
        else:
            self.verdicts |= decided

    def blame(self, event_ids: list[str], error: Exception) -> None:
        """A fault of ours: keep the work and try again later, though not for ever."""
        for event_id in event_ids:
            is_last = self.uploads[event_id].attempts >= MOST_TRIES
            self.verdicts.setdefault(
                event_id,
                Verdict(
                    Status.FAILED if is_last else Status.RETRYING,
                    "internal",
                    type(error).__name__,
                    _("An internal error."),
                ),
            )

    def decide_rest(self, verdict: Verdict) -> None:
        """The same about all that nothing is decided about yet."""
        self.verdicts = dict.fromkeys(self.uploads, verdict) | self.verdicts


def _verdict(result: EventResult) -> Verdict:
    return Verdict(
        _STATUS_OF[result.outcome],
        result.outcome,
        result.code,
        result.explanation,
        result.retry_after,
        result.platform_ref,
    )
