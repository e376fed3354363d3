"""What is shown of a person, wherever they are shown."""

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _

from leads.models import Contact

register = template.Library()


@register.inclusion_tag("leads/social_profiles.html")
def social_profiles(contact: Contact) -> dict[str, list[dict[str, str]]]:
    """The profiles of a person, as terms of a definition list."""
    return {"profiles": [_profile(one) for one in contact.social_profiles]}


def _profile(profile: Mapping[str, str]) -> dict[str, str]:
    """A profile as it is shown; never a link to a script, whatever is stored."""
    url = str(profile.get("url") or "")
    is_link = url.startswith(("http://", "https://"))
    name = profile.get("handle") or url.removeprefix("https://").removeprefix("http://")
    platform = profile.get("platform") or _("Profile")
    return {"platform": platform, "name": name, "link": url if is_link else ""}
