"""The WSGI application that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.database_login import refuse_privileged  # noqa: E402 - needs Django's settings

refuse_privileged()

# What start-up made lives as long as the process. To look through it for garbage again and again,
# every 700 objects, took a sixth of the CPU of a batch of a thousand rows. Every 50,000 is too
# seldom: every request of the process waited 50 to 120 ms while that many were taken apart.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)
