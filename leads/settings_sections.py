"""What of leads is set: the sections of the settings page."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from accounts.settings_sections import SettingsSection

SECTIONS = (
    SettingsSection(
        title=_("Assignment"),
        about=_("Who gets new leads: turns, rules, territories, and how many each may have."),
        icon="user-round-check",
        url_name="leads:assignment",
        permission=Permission.RULE_EDIT,
    ),
    SettingsSection(
        title=_("First response"),
        about=_("How soon a new lead is to be contacted; business hours and holidays."),
        icon="hourglass",
        url_name="leads:response",
        permission=Permission.RULE_EDIT,
    ),
    SettingsSection(
        title=_("Heat"),
        about=_("What a touchpoint is worth, and from when a lead is warm or hot."),
        icon="thermometer",
        url_name="leads:heat_settings",
        permission=Permission.RULE_EDIT,
    ),
    SettingsSection(
        title=_("Custom fields"),
        about=_("What your business knows of its leads and contacts beside the usual."),
        icon="sliders-horizontal",
        url_name="leads:fields",
        permission=Permission.RULE_EDIT,
    ),
    SettingsSection(
        title=_("Lead forms"),
        about=_("What visitors of your website are asked, and where the forms stand."),
        icon="file-text",
        url_name="leads:forms",
        permission=Permission.RULE_EDIT,
    ),
    SettingsSection(
        title=_("E-mail"),
        about=_("In whose name this workspace writes, and where answers arrive."),
        icon="mail",
        url_name="leads:email_sender",
        permission=Permission.RULE_EDIT,
    ),
    SettingsSection(
        title=_("Notifications"),
        about=_("Whether you are told of your leads by e-mail, too."),
        icon="bell",
        url_name="leads:notifications",
        permission=Permission.VIEW,
        is_personal=True,
    ),
)
