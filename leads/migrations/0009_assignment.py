"""Who is given leads by themselves, and by which rules."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_room_on_contact_pages")]

    operations = []
