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
from .background import BackgroundWork
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
from .job import Job
from .lead import Lead
from .lead_form import ConsentKind, FormField, LeadForm
from .lead_words import OPEN_STATUSES, Heat, QualityRating, Source, Status
from .merge import DuplicateScan, DuplicateSuggestion, Merge
from .message import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    Channel,
    EmailSender,
    Message,
    MessageStatus,
)
from .metrics import MetricsDocument, MetricsMark
from .notification import Notification
from .reason import Reason
from .response import MOST_HOLIDAYS, ResponseSettings
from .saved_view import (
    LONGEST_COLUMN,
    LONGEST_VIEW_NAME,
    MOST_PINS,
    PinnedView,
    SavedView,
)
from .task import LONGEST_TITLE, Task

__all__ = [
    "ATTRIBUTION_FIELDS",
    "CLICK_FIELDS",
    "ENGAGEMENT_TYPES",
    "LONGEST_BODY",
    "LONGEST_COLUMN",
    "LONGEST_SUBJECT",
    "LONGEST_TITLE",
    "LONGEST_VIEW_NAME",
    "MANUAL_TYPES",
    "MOST_CAP",
    "MOST_HOLIDAYS",
    "MOST_PINS",
    "MOST_POINTS",
    "OPEN_STATUSES",
    "SOCIAL_TYPES",
    "Appointment",
    "AssignmentMember",
    "AssignmentPolicy",
    "AssignmentRule",
    "Attribution",
    "BackgroundWork",
    "Channel",
    "Company",
    "ConsentKind",
    "Contact",
    "ContactFieldValue",
    "ContactTag",
    "CustomField",
    "Direction",
    "DuplicateScan",
    "DuplicateSuggestion",
    "EmailSender",
    "FieldValue",
    "FormField",
    "Heat",
    "HeatSettings",
    "HeatStretch",
    "Interaction",
    "InteractionType",
    "Job",
    "Lead",
    "LeadFieldValue",
    "LeadForm",
    "Merge",
    "Message",
    "MessageStatus",
    "MetricsDocument",
    "MetricsMark",
    "Notification",
    "PinnedView",
    "Platform",
    "QualityRating",
    "Reason",
    "ResponseSettings",
    "SavedView",
    "Source",
    "Status",
    "Task",
    "Territory",
    "Touch",
    "WaitingLead",
]
