"""What happens to a lead: chances and delays that add up to a believable funnel."""

import contextlib
from datetime import timedelta
from decimal import Decimal

from config.demo.businesses import Business, Product
from config.demo.stories import NotYet, Story
from leads.models import Appointment, InteractionType, Platform, Status

MINUTES, HOURS, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

_FIRST_CALLS = (
    "Introduced ourselves, asked what they are looking for.",
    "Left a voicemail and said we would try again tomorrow.",
    "Sent the brochure and asked for a good time to talk.",
    "Thanked them for the inquiry and offered two dates.",
)
_UNANSWERED = (
    "No answer, left a voicemail.",
    "Line busy.",
    "Sent a short follow-up.",
    "Asked whether they are still interested.",
)
_REPLIES = (
    "Yes, still interested. Could you call me after work?",
    "What would it cost roughly, and how soon could we start?",
    "Thanks for getting back to me so fast.",
    "I have compared two other offers and would like to see yours.",
)
_NOTES = (
    "Decides together with a partner; call in the evening.",
    "Budget is there, wants to start this quarter.",
    "Asked for references nearby.",
    "Compares us with a competitor; price matters less than the date.",
    "Prefers messages to calls.",
    "Has bought from us before and was happy.",
)
_TOUCHPOINTS = (
    (InteractionType.WEBSITE_VISIT, Platform.WEBSITE, 46),
    (InteractionType.INFO_REQUEST, Platform.WEBSITE, 13),
    (InteractionType.PRICE_QUOTE, Platform.EMAIL, 12),
    (InteractionType.SOCIAL_LIKE, Platform.INSTAGRAM, 12),
    (InteractionType.SOCIAL_FOLLOW, Platform.FACEBOOK, 7),
    (InteractionType.SOCIAL_COMMENT, Platform.FACEBOOK, 5),
    (InteractionType.STORY_VIEW, Platform.INSTAGRAM, 5),
)
_LOSS_REASONS = ("price", "competitor", "timing", "not_interested", "bad_fit")
_UNQUALIFIED_REASONS = (
    "no_budget",
    "no_authority",
    "no_need",
    "outside_area",
    "wrong_contact_details",
    "spam",
)


class Plot:
    """The course of one story, until it ends or comes to the present."""

    def __init__(self, story: Story, business: Business, product: Product) -> None:
        self.story = story
        self.business = business
        self.product = product
        self.rng = story.cast.rng

    def play(self) -> None:
        with contextlib.suppress(NotYet):
            self._work()
        self.story.end()

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _drift(self) -> None:
        """Now and then the person is seen on the website or on social media."""
        while self._chance(0.36):
            self.story.wait(20 * MINUTES, 2 * DAYS, office=False)
            kind, platform, _weight = self.rng.choices(
                _TOUCHPOINTS, [weight for *_rest, weight in _TOUCHPOINTS]
            )[0]
            self.story.touchpoint(kind, platform)

    def _method(self) -> str:
        contact = self.story.lead.contact
        methods = ["email"] * bool(contact.email) + ["call", "call", "sms"] * bool(contact.phone)
        return self.rng.choice(methods + ["linkedin"] * bool(contact.linkedin_url))

    def _work(self) -> None:
        story = self.story
        self._drift()
        if self._chance(0.86):
            story.wait(10 * MINUTES, 14 * HOURS)
            story.assign()
        if self._chance(0.45):
            story.wait(2 * MINUTES, 5 * HOURS, office=False)
            story.enrich(self._findings())
        if self._chance(0.07):
            return  # Forgotten: the timer closes it.
        story.wait(10 * MINUTES, 30 * HOURS)
        if story.lead.assigned_to is None:
            story.assign()
        reached = self._chance(0.45)
        story.contact(self._method(), self.rng.choice(_FIRST_CALLS), reached=reached)
        if self._try_until_reply():
            self._converse()
        elif self._chance(0.7):
            story.wait(8 * DAYS, 24 * DAYS)
            story.lose("no_contact", "no_contact", actor=story.owner)
            self._perhaps_reopen()

    def _try_until_reply(self) -> bool:
        for _attempt in range(self.rng.randrange(1, 5)):
            if self._chance(0.42):
                self._drift()
                self.story.wait(1 * HOURS, 3 * DAYS, office=False)
                self.story.reply(self._method(), self.rng.choice(_REPLIES))
                return True
            self.story.wait(1 * DAYS, 5 * DAYS)
            self.story.contact(self._method(), self.rng.choice(_UNANSWERED), reached=False)
        return False

    def _converse(self) -> None:
        story = self.story
        if self._chance(0.5):
            story.wait(5 * MINUTES, 4 * HOURS)
            story.note(self.rng.choice(_NOTES))
        self._drift()
        story.wait(4 * HOURS, 6 * DAYS)
        story.contact(self._method(), "Talked through what they need.", reached=True)
        if self._chance(0.66):
            self._rate("hot", "warm")
            story.move("qualify", actor=story.owner)
            self._sell()
        elif self._chance(0.75):
            self._rate("cold", "unrated")
            story.wait(2 * DAYS, 20 * DAYS)
            story.lose(
                self.rng.choice(_LOSS_REASONS),
                self.rng.choice(_UNQUALIFIED_REASONS),
                actor=story.owner,
            )
            self._perhaps_reopen()

    def _sell(self) -> None:
        story = self.story
        if self._chance(0.2):
            return  # Stalls; a month without activity closes it.
        story.wait(1 * HOURS, 6 * DAYS)
        if self._chance(0.1):
            story.lose(self.rng.choice(_LOSS_REASONS), actor=story.owner)
            self._perhaps_reopen()
            return
        for _visit in range(3):
            appointment = self._appointment()
            story.go_to(appointment.scheduled_for + 30 * MINUTES)
            if self._chance(0.84):
                break
            missed = (
                Appointment.Status.NO_SHOW if self._chance(0.6) else Appointment.Status.CANCELED
            )
            story.miss(appointment, missed)
            story.wait(3 * HOURS, 4 * DAYS)
            story.contact(self._method(), "Offered a new date.", reached=True)
        else:
            story.lose("timing", actor=story.owner)
            return
        story.attend(appointment)
        self._close()

    def _appointment(self) -> Appointment:
        story = self.story
        day = story.clock + self.rng.uniform(1, 12) * DAYS
        local = story.cast.in_office_hours(day).astimezone(story.cast.zone)
        visit = local.replace(minute=self.rng.choice((0, 15, 30, 45)), second=0, microsecond=0)
        if visit <= story.clock:
            visit += 1 * DAYS
        return story.schedule(visit, self.rng.choice(self.business.locations))

    def _close(self) -> None:
        story = self.story
        if self.business.early_conversion and self._chance(0.3):
            story.wait(10 * MINUTES, 1 * DAYS)
            deposit = Decimal(self.rng.randrange(50, 301, 25))
            story.convert(self.business.early_conversion, deposit)
        if not self._chance(0.64):
            return  # Visited and did not buy: completed.
        story.wait(1 * HOURS, 12 * DAYS)
        final = self.rng.choice(("sale", *self.business.final_conversion_types))
        low, high = self.product.prices
        price = Decimal(self.rng.randrange(low, high, 10)) - Decimal("0.05")
        story.convert(final, price, f"INV-{self.rng.randrange(16**6):06X}-{story.lead.pk.hex[-4:]}")

    def _perhaps_reopen(self) -> None:
        story = self.story
        if not self._chance(0.06):
            return
        story.wait(2 * DAYS, 12 * DAYS, office=False)
        story.move("reopen", actor=story.owner, notes="Called back by themselves.")
        story.wait(1 * HOURS, 2 * DAYS)
        story.contact(self._method(), "Picked the conversation up again.", reached=True)
        if story.lead.status == Status.CONTACTED:
            story.wait(1 * HOURS, 2 * DAYS)
            story.reply(self._method(), self.rng.choice(_REPLIES))

    def _rate(self, *ratings: str) -> None:
        if self._chance(0.6):
            self.story.lead.quality_rating = self.rng.choice(ratings)

    def _findings(self) -> dict[str, object]:
        contact = self.story.lead.contact
        if contact.company is None:
            return {"household": self.rng.choice(("owner", "tenant")), "confidence": 0.8}
        return {
            "company_size": self.rng.choice(("11-50", "51-200", "201-500")),
            "industry": self.rng.choice(("Services", "Manufacturing", "Retail", "Technology")),
            "confidence": round(self.rng.uniform(0.6, 0.98), 2),
        }
