"""People, their inquiries and everything that happened with them."""

from .appointment import Appointment
from .assignment import (
    MOST_CAP,
    AssignmentMember,
    AssignmentPolicy,
    AssignmentRule,
    Territory,
    WaitingLead,
)
from .attribution import ATTRIBUTION_FIELDS, CLICK_FIELDS, Attribution, Touch
from .company import Company
from .contact import Contact, ContactTag
from .custom_field import ContactFieldValue, CustomField, FieldValue, LeadFieldValue
from .heat import MOST_POINTS, HeatSettings, HeatStretch
from .interaction import (
    ENGAGEMENT_TYPES,
    MANUAL_TYPES,
    SOCIAL_TYPES,
    Direction,
    Interaction,
    InteractionType,
    Platform,
)
from .lead import OPEN_STATUSES, Heat, Lead, QualityRating, Source, Status
from .lead_form import ConsentKind, FormField, LeadForm
from .metrics import MetricsDocument, MetricsMark
from .notification import Notification
from .reason import Reason
from .response import MOST_HOLIDAYS, ResponseSettings
from .task import LONGEST_TITLE, Task

__all__ = [
    "ATTRIBUTION_FIELDS",
    "CLICK_FIELDS",
    "ENGAGEMENT_TYPES",
    "LONGEST_TITLE",
    "MANUAL_TYPES",
    "MOST_CAP",
    "MOST_HOLIDAYS",
    "MOST_POINTS",
    "OPEN_STATUSES",
    "SOCIAL_TYPES",
    "Appointment",
    "AssignmentMember",
    "AssignmentPolicy",
    "AssignmentRule",
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
    "HeatSettings",
    "HeatStretch",
    "Interaction",
    "InteractionType",
    "Lead",
    "LeadFieldValue",
    "LeadForm",
    "MetricsDocument",
    "MetricsMark",
    "Notification",
    "Platform",
    "QualityRating",
    "Reason",
    "ResponseSettings",
    "Source",
    "Status",
    "Task",
    "Territory",
    "Touch",
    "WaitingLead",
]
