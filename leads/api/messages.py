"""The conversation of a lead."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import one_by_id
from accounts.api_input import JsonObject, StrictSerializer, Text
from accounts.api_lists import OWN_WORKSPACE, Listing, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import rendering
from leads.api import examples
from leads.api.leads import LeadView
from leads.api.listings import any_of, period
from leads.listing.filter_fields import CommaListFilter, MomentFilter
from leads.listing.filters import ActorFilterSet
from leads.messaging import messages
from leads.models import LONGEST_BODY, LONGEST_SUBJECT, Channel, Direction, Message, MessageStatus

TAG = "Messages"

NEW_MESSAGE = {
    "channel": "email",
    "direction": "outbound",
    "subject": "Your kitchen",
    "body": "Dear Ann,\n\nhere are the plans.",
}
MESSAGE = {
    "id": "0198f3ca-3e4f-7a51-9c6d-7e8f9a0b1c2d",
    "lead_id": examples.LEAD["id"],
    "contact_id": examples.LEAD["contact_id"],
    **NEW_MESSAGE,
    "meta": {},
    "at": "2026-03-02T10:25:00Z",
    "by": "Rita Rep",
    "user_id": "0198f3c2-7d4e-7b10-9a53-3f1d2c6b8e90",
    "status": "queued",
    "error": "",
    "attempts": 0,
    "next_attempt_at": "2026-03-02T10:25:00Z",
    "sent_at": None,
    "message_id": "<0198f3ca-3e4f-7a51-9c6d-7e8f9a0b1c2d@reply.example.com>",
    "in_reply_to": "",
    "created_at": "2026-03-02T10:25:00Z",
    "updated_at": "2026-03-02T10:25:00Z",
}

MESSAGES = Listing(
    orderings=("at",),
    default="-at",
    filters=(
        any_of("channel", Channel.values, "How it was written."),
        any_of("direction", Direction.values, "Who wrote it."),
        any_of("status", MessageStatus.values, "What became of it."),
        *period("Written"),
        *OWN_WORKSPACE,
    ),
)
# `from` cannot be a class attribute, hence the dict.
MessageFilter = type(
    "MessageFilter",
    (ActorFilterSet,),
    {
        "channel": CommaListFilter(field_name="channel", choices=Channel.choices),
        "direction": CommaListFilter(field_name="direction", choices=Direction.choices),
        "status": CommaListFilter(field_name="status", choices=MessageStatus.choices),
        "from": MomentFilter(field_name="at"),
        "to": MomentFilter(field_name="at", end=True),
        "Meta": type("Meta", (), {"model": Message, "fields": []}),
    },
)


class MessageInput(StrictSerializer):
    """An outbound e-mail without `at` is sent; with it, it was sent elsewhere."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    direction = serializers.ChoiceField(choices=Direction.choices)
    subject = Text(
        max_length=LONGEST_SUBJECT,
        help_text="Of an e-mail. Left out of an answer: that of the thread.",
    )
    body = serializers.CharField(max_length=LONGEST_BODY, trim_whitespace=False)
    meta = JsonObject(help_text="Anything of yours, such as the id at the platform.")
    at = serializers.DateTimeField(
        required=False, help_text="When it was written; left out: now, and an e-mail is sent."
    )


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    lead_id = serializers.UUIDField()
    contact_id = serializers.UUIDField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    direction = serializers.ChoiceField(choices=Direction.choices)
    subject = serializers.CharField(allow_blank=True)
    body = serializers.CharField(allow_blank=True, help_text="Plain text.")
    meta = JsonObject()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_blank=True)
    user_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(
        choices=MessageStatus.choices,
        help_text="`recorded` was sent elsewhere; `queued` is tried until `sent` or `failed`.",
    )
    error = serializers.CharField(allow_blank=True, help_text="Why it is not sent, or not yet.")
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    message_id = serializers.CharField(allow_blank=True, help_text="The e-mail's `Message-ID`.")
    in_reply_to = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LeadMessagesView(LeadView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LEAD_EDIT}
    listing = MESSAGES

    @documented(
        tag=TAG,
        summary="List a lead's messages",
        response=page_of(MessageSerializer),
        answer=page_answer(MESSAGE),
    )
    def get(self, request: Request, lead: str) -> Response:
        rows = Message.objects.of_lead(self.workspace.pk, self.lead.pk)
        found = narrowed(MessageFilter(request.query_params, queryset=rows, actor=self.actor))
        return MESSAGES.answer(request, found, rendering.message)

    @documented(
        tag=TAG,
        summary="Send or write down a message",
        description=(
            "An outbound e-mail is queued and sent after the answer, in the thread of what was"
            " written before; with `at` it was sent elsewhere and is written down, like every"
            " message of another channel. It counts as contact or reply and may move the lead."
            " 422 `no_email`, `email_refused` or `email_off` say why nothing can be sent."
        ),
        request=MessageInput,
        example=NEW_MESSAGE,
        response=MessageSerializer,
        answer=MESSAGE,
        status=201,
        conflicts=True,
    )
    def post(self, request: Request, lead: str) -> Response:
        row = messages.add(self.lead, actor=self.actor, **self.parsed(MessageInput))
        return Response(rendering.message(row), status=201)


class RetryView(LeadView):
    """One message of the lead that was not sent."""

    needs = {"POST": Permission.LEAD_EDIT}
    message: Message

    def look_up(self, **kwargs: str) -> None:
        super().look_up(**kwargs)
        self.message = one_by_id(Message.objects.visible_to(self.actor), kwargs["message"])
        if self.message.lead_id != self.lead.pk:
            raise Http404

    @documented(
        tag=TAG,
        summary="Send a failed message again",
        description="Under the same `message_id`. What was sent already is 409 `not_failed`.",
        response=MessageSerializer,
        answer=MESSAGE,
        conflicts=True,
    )
    def post(self, request: Request, lead: str, message: str) -> Response:
        row = messages.retry(self.message.pk, actor=self.actor)
        return Response(rendering.message(row))
