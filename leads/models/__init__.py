"""People, their inquiries and everything that happened with them."""

from .appointment import Appointment
from .attribution import ATTRIBUTION_FIELDS, CLICK_FIELDS, Attribution, Touch
from .company import Company
from .contact import Contact, ContactTag
from .custom_field import ContactFieldValue, CustomField, FieldValue, LeadFieldValue
from .interaction import MANUAL_TYPES, Direction, Interaction, InteractionType, Platform
from .lead import OPEN_STATUSES, Heat, Lead, QualityRating, Source, Status
from .lead_form import ConsentKind, FormField, LeadForm
from .reason import Reason

__all__ = [
    "ATTRIBUTION_FIELDS",
    "CLICK_FIELDS",
    "MANUAL_TYPES",
    "OPEN_STATUSES",
    "Appointment",
    "Attribution",
    "Company",
    "ConsentKind",
    "Contact",
    "ContactFieldValue",
    "ContactTag",
    "CustomField",
    "Direction",
    "FieldValue",
    "FormField",
    "Heat",
    "Interaction",
    "InteractionType",
    "Lead",
    "LeadFieldValue",
    "LeadForm",
    "Platform",
    "QualityRating",
    "Reason",
    "Source",
    "Status",
    "Touch",
]
