"""Sessions of people who signed in and never came back."""

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.pruning import delete_all


def forget_expired() -> int:
    """Drop sessions that open nothing any more; returns how many."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    return delete_all(expired.order_by("expire_date"))
