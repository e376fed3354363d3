"""Settings, URLs, Celery and what composes the apps into one product."""

from .celery import app as celery_app

__all__ = ["celery_app"]
