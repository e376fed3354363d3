"""What is to be done next with a lead, and how soon a new one is to be answered."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0011_open_leads_of_member")]

    operations = []
