"""The composer of the Lead page: where people are written to, and what happened is written down."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads import lifecycle, timeline
from leads.errors import LeadError
from leads.forms import LocalDateTime, VerbForm
from leads.messaging import messages
from leads.messaging.email_sender import sender_of
from leads.models import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    MANUAL_TYPES,
    Channel,
    Direction,
    InteractionType,
    Lead,
    Message,
    MessageStatus,
    Platform,
)

# The kinds whose text is a message of the conversation.
CHANNELS = {
    "email": Channel.EMAIL,
    "sms": Channel.SMS,
    "linkedin": Channel.LINKEDIN_MSG,
    "messenger": Channel.FB_MSG,
    "instagram": Channel.IG_MSG,
}
SEND, RECORD = "send", "record"
_OUTCOMES = {"yes": True, "no": False}


class ComposerForm(VerbForm):
    """A note, a contact, a message, any touchpoint."""

    KINDS = (
        ("note", _("Note")),
        ("call", _("Call")),
        ("email", _("E-mail")),
        ("sms", _("SMS")),
        ("linkedin", _("LinkedIn")),
        ("messenger", _("Messenger")),
        ("instagram", _("Instagram")),
        ("other", _("Other contact")),
        ("touchpoint", _("Touchpoint")),
    )
    OUTCOMES = (("", _("Not said")), ("yes", _("Reached them")), ("no", _("Did not reach them")))

    kind = forms.ChoiceField(choices=KINDS, initial="note")
    delivery = forms.ChoiceField(
        label=_("What to do"),
        choices=[(SEND, _("Send it now")), (RECORD, _("Write down what was sent elsewhere"))],
        required=False,
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[
            (Direction.OUTBOUND.value, _("From us to them")),
            (Direction.INBOUND.value, _("From them to us")),
        ],
        required=False,
    )
    successful = forms.ChoiceField(label=_("Outcome"), choices=OUTCOMES, required=False)
    subject = forms.CharField(
        label=_("Subject"),
        max_length=LONGEST_SUBJECT,
        required=False,
        widget=forms.TextInput({"data-draft-field": True}),
    )
    type = forms.ChoiceField(
        label=_("Touchpoint"),
        choices=[
            ("", _("Choose…")),
            *((t.value, t.label) for t in MANUAL_TYPES if t != InteractionType.NOTE),
        ],
        required=False,
    )
    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("Not said")), *Platform.choices], required=False
    )
    at = forms.DateTimeField(
        label=_("When"), required=False, widget=LocalDateTime(), help_text=_("Empty means now.")
    )
    text = forms.CharField(
        label=_("What happened?"),
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea(
            {
                "rows": 2,
                "class": "input",
                "placeholder": _("What happened, or what do you want to write?"),
                "data-draft-field": True,
            }
        ),
    )

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead = lead
        # As code and words; two blanks when an e-mail can be sent.
        self.obstacle, self.why_not_send = messages.why_not_email(
            lead.contact, sender=sender_of(lead.workspace)
        )
        if self.why_not_send:
            self.initial["delivery"] = RECORD

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == "touchpoint" and not cleaned.get("type"):
            self.add_error("type", _("Choose what kind of touchpoint it was."))
        return cleaned

    def record(self, *, actor: Actor) -> Message | None:
        """Send it or put it on the timeline; raises `LeadError` with its errors on the fields."""
        try:
            return self._record(actor)
        except LeadError as error:
            self.refuse(error)
            for name, _code, message in error.errors:
                if name in ("body", "channel"):
                    self.add_error("text" if name == "body" else None, message)
            raise

    @property
    def sends(self) -> bool:
        """Whether it is an e-mail to be sent, rather than something to be written down."""
        return self["kind"].value() == "email" and self["delivery"].value() == SEND

    def _record(self, actor: Actor) -> Message | None:
        entry = self.cleaned_data
        if entry["kind"] == "note":
            timeline.add_note(self.lead, actor=actor, text=entry["text"])
        elif entry["kind"] == "touchpoint":
            timeline.record(
                self.lead,
                actor=actor,
                type=entry["type"],
                platform=entry["platform"],
                at=entry["at"],
                payload={"text": entry["text"]} if entry["text"] else {},
            )
        elif entry["kind"] in CHANNELS and (entry["text"].strip() or self.sends):
            return self._write(actor)
        else:
            self._log_contact(actor)
        return None

    def _write(self, actor: Actor) -> Message:
        entry = self.cleaned_data
        direction = entry["direction"] or Direction.OUTBOUND.value
        successful = _OUTCOMES.get(entry["successful"])
        return messages.add(
            self.lead,
            actor=actor,
            channel=CHANNELS[entry["kind"]],
            direction=Direction.OUTBOUND.value if self.sends else direction,
            subject=entry["subject"] if entry["kind"] == "email" else "",
            body=entry["text"],
            meta={} if successful is None or self.sends else {"successful": successful},
            at=None if self.sends else entry["at"],
            is_sent_elsewhere=not self.sends,
        )

    def _log_contact(self, actor: Actor) -> None:
        """A contact of which nothing is known but that it was."""
        entry = self.cleaned_data
        is_method = entry["kind"] not in ("messenger", "instagram")
        lifecycle.log_contact(
            self.lead,
            actor=actor,
            method=entry["kind"] if is_method else "other",
            direction=entry["direction"] or Direction.OUTBOUND.value,
            subject=entry["subject"] if entry["kind"] == "email" else "",
            notes=entry["text"],
            successful=_OUTCOMES.get(entry["successful"]),
            at=entry["at"],
        )


def was_queued(message: Message | None) -> bool:
    return message is not None and message.status == MessageStatus.QUEUED
