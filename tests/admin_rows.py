"""One row of every model in a workspace, for tests that walk through the whole admin."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.actors import user_actor
from accounts.api_keys import create_key
from accounts.models import HistoryEvent, Membership, User, Workspace
from accounts.permissions import Role, Scope
from accounts.tenancy import scope
from conversions.models import Activity, Conversion, ConversionRule, Upload, UploadAttempt
from conversions.recording import ConversionInput, log_conversion
from integrations import outbox
from integrations.models import Connection, OutboxEvent
from leads import custom_fields, lifecycle
from leads.intake import LeadInput, receive
from leads.models import (
    Appointment,
    Company,
    Contact,
    ContactFieldValue,
    ContactTag,
    CustomField,
    Interaction,
    Lead,
    LeadFieldValue,
    LeadForm,
    Reason,
    Touch,
)

SECRET = "a-secret-nobody-may-read"


def rows_of_every_model(workspace: Workspace, *, name: str) -> dict[type, Any]:
    """The newest row of each model, told apart from other workspaces' by `name`."""
    owner = Membership.objects.filter(workspace=workspace, role=Role.OWNER).get()
    actor = user_actor(owner.user, workspace, Role.OWNER, via="page")
    key, _clear = create_key(
        organization=workspace.organization,
        workspace=workspace,
        name=f"{name} key",
        scopes=list(Scope),
    )
    with scope(workspace.pk):
        connection = Connection(workspace=workspace, provider="meta", name=f"{name} Meta")
        connection.settings = {"dataset_id": "123456"}
        connection.secrets = {"access_token": SECRET}
        connection.is_active = False
        connection.save()
        ConversionRule.objects.create(
            workspace=workspace,
            trigger="converted",
            connection=connection,
            external_action=f"{name} sale",
        )
        arrival = LeadInput(
            first_name=name,
            last_name="Person",
            email=f"{name.lower()}@example.com",
            phone="+13125550123",
            company=f"{name} Company",
            tags=[f"{name}-tag"],
            attribution={"gclid": f"{name}-click"},
            custom_fields={f"{name} note": f"{name} word", f"{name} plan": "big"},
        )
        custom_fields.define(actor=actor, label=f"{name} plan", subject="lead")
        lead = receive(arrival, actor=actor).lead
        lifecycle.schedule(lead, actor=actor, scheduled_for=timezone.now())
        log_conversion(
            ConversionInput(
                contact_ref=str(lead.contact_id),
                type="sale",
                converted_by=name,
                value=Decimal(100),
            ),
            actor=actor,
        )
    outbox.drain()
    with scope(workspace.pk):
        upload = Upload.objects.in_workspace(workspace.pk).get()
        UploadAttempt.objects.create(
            workspace=workspace,
            upload=upload,
            number=1,
            started_at=timezone.now(),
            finished_at=timezone.now(),
            outcome="temporary",
            explanation=f"{name} was busy",
        )
        tenant_models = (
            *(Activity, Appointment, Company, Connection, Contact, ContactTag, Conversion),
            *(ConversionRule, Interaction, Lead, LeadForm, OutboxEvent, Reason, Touch, Upload),
            *(UploadAttempt, HistoryEvent, CustomField, ContactFieldValue, LeadFieldValue),
        )
        found = {
            model: model.objects.in_workspace(workspace.pk).order_by("-created_at", "-id").first()
            for model in tenant_models
        }
    return found | {
        type(key): key,
        Membership: owner,
        User: owner.user,
        Workspace: workspace,
        type(workspace.organization): workspace.organization,
    }


def staff(*users: User) -> None:
    """Let people open the admin."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(is_staff=True)
