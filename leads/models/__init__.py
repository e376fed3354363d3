"""People, their inquiries and everything that happened with them."""

from .appointment import Appointment
from .attribution import ATTRIBUTION_FIELDS, CLICK_FIELDS, Attribution, Touch
from .company import Company
from .contact import Contact, ContactTag
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
    "ContactTag",
    "Direction",
    "FormField",
    "Heat",
    "Interaction",
    "InteractionType",
    "Lead",
    "LeadForm",
    "Platform",
    "QualityRating",
    "Reason",
    "Source",
    "Status",
    "Touch",
]
