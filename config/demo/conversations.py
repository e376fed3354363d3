"""What the demo's people wrote to each other: the words of the contacts that their stories have."""

import random

from config.demo.stories import Cast
from leads.messaging.messages import excerpt
from leads.models import Channel, Direction, Interaction, Lead, Message, MessageStatus

_WRITTEN = {
    "outbound": (
        "Hello {first},\n\nthank you for your inquiry. When would be a good time for a short call?"
        "\n\nKind regards\n{by}",
        "Hi {first}, I tried to reach you. Does tomorrow morning suit you?\n\n{by}",
        "Hello {first},\n\nas promised, here is what we talked about. Let me know what you think."
        "\n\nKind regards\n{by}",
    ),
    "inbound": (
        "Thanks for getting back so quickly! Tomorrow after 10 would be fine.",
        "That sounds good. What would it cost, roughly?",
        "Thank you, I have read it. Could we meet next week?",
    ),
}
_SUBJECT = "Your inquiry"
# Of what was sent lately, so much came back.
_REFUSED = 0.04


def fill(cast: Cast) -> list[Message]:
    """The messages of `cast.rows`: one for each contact in writing, which then names it.

    It draws by itself, so that the stories stay the same with and without.
    """
    rng = random.Random(f"{cast.workspace.slug} messages")
    before: dict[object, Message] = {}
    messages = []
    for entry in sorted(cast.rows.interactions, key=lambda entry: entry.at):
        if entry.type in Channel.values and entry.direction:
            message = _message(cast, entry, rng, before.get(entry.lead.pk))
            before[entry.lead.pk] = message
            messages.append(message)
    return messages


def _message(
    cast: Cast, entry: Interaction, rng: random.Random, answers: Message | None
) -> Message:
    lead: Lead = entry.lead
    is_email = entry.type == Channel.EMAIL
    is_ours = entry.direction == Direction.OUTBOUND
    choice = _WRITTEN[entry.direction]
    words = rng.choice(choice[1:] if answers else choice[:1])
    first = lead.contact.first_name or lead.contact.name
    message = Message(
        workspace=cast.workspace,
        lead=lead,
        contact=lead.contact,
        channel=entry.type,
        direction=entry.direction,
        subject=(f"Re: {_SUBJECT}" if answers else _SUBJECT) if is_email else "",
        body=words.format(first=first, by=entry.actor_label),
        at=entry.at,
        created_at=entry.at,
        author=entry.actor_label if is_ours else lead.contact.name,
        author_user=entry.actor_user if is_ours else None,
        status=_status(is_email, is_ours),
    )
    if is_email:
        message.message_id = f"<{message.pk}@{cast.workspace.slug}.example>"
        message.in_reply_to = answers.message_id if answers else ""
    if message.status == MessageStatus.SENT:
        message.sent_at, message.attempts = entry.at, 1
        if rng.random() < _REFUSED:
            message.status, message.sent_at = MessageStatus.FAILED, None
            message.error = "The mail server refuses this e-mail or its address (550)."
    entry.payload |= {"message_id": str(message.pk), "text": excerpt(message.body)}
    return message


def _status(is_email: bool, is_ours: bool) -> str:
    if not is_email:
        return MessageStatus.RECORDED
    return MessageStatus.SENT if is_ours else MessageStatus.RECEIVED
