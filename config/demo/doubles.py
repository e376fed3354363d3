"""People of the demo who came in twice: suggestions to merge them."""

import random

from config.demo.stories import Cast
from leads.merges import duplicates
from leads.models import Contact

PAIRS = 5
_OTHER_MAIL = "post.example"


def fill(cast: Cast) -> list[tuple[Contact, Contact]]:
    """Make, before anything is written, some people somebody else's second self."""
    known = [one for one in cast.rows.contacts if one.email_normalized and one.last_name]
    # Its own dice: everybody else stays who they were without it.
    rng = random.Random(f"doubles of {cast.workspace.slug}")
    drawn = rng.sample(known, k=min(2 * PAIRS, len(known) // 2 * 2))
    taken = {one.email_normalized for one in known}
    pairs = []
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        email = f"{one.email_normalized.partition('@')[0]}@{_OTHER_MAIL}"
        if email not in taken:
            taken.add(email)
            _make_double(one, other, email)
            pairs.append((one, other))
    # The last two have a line in common as well.
    for one, other in pairs[-2:]:
        other.phone, other.phone_e164 = one.phone, one.phone_e164
    return pairs


def _make_double(one: Contact, other: Contact, email: str) -> None:
    other.first_name, other.last_name = one.first_name, one.last_name
    other.display_name = one.display_name
    other.company, other.job_title = one.company, ""
    other.email = other.email_normalized = email


def load(cast: Cast, pairs: list[tuple[Contact, Contact]]) -> None:
    """Suggest them, for somebody to merge."""
    duplicates.look_for(cast.workspace.pk, [other.pk for _one, other in pairs])
