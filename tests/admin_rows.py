"""One row of every model in a workspace, for tests that walk through the whole admin."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.actors import Actor, user_actor
from accounts.api_keys import create_key
from accounts.ids import new_id
from accounts.models import HistoryEvent, Membership, User, Workspace
from accounts.permissions import Role, Scope
from accounts.tenancy import scope
from campaigns.models import (
    CallAttempt,
    CallOutcome,
    Campaign,
    CampaignLead,
    CampaignLeadList,
    Export,
    Import,
    ImportMapping,
    LeadList,
    LeadListMember,
)
from conversions import ad_spend
from conversions.models import (
    Activity,
    AdSpend,
    Conversion,
    ConversionRule,
    Upload,
    UploadAttempt,
)
from conversions.recording import ConversionInput, log_conversion
from integrations import outbox
from integrations.models import Connection, InboundDelivery, OutboxEvent
from leads import lifecycle
from leads.assigning import assignment_policy, auto_assignment, duty
from leads.diary import followups
from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from leads.listing import saved_views
from leads.merges import duplicates
from leads.merges.merging import merge
from leads.messaging import email_sender, messages
from leads.models import (
    Appointment,
    AssignmentMember,
    AssignmentPolicy,
    AssignmentRule,
    Company,
    Contact,
    ContactFieldValue,
    ContactTag,
    CustomField,
    DuplicateScan,
    DuplicateSuggestion,
    EmailSender,
    HeatSettings,
    HeatStretch,
    Interaction,
    Job,
    Lead,
    LeadFieldValue,
    LeadForm,
    Merge,
    Message,
    Notification,
    PinnedView,
    Reason,
    ResponseSettings,
    SavedView,
    Task,
    Territory,
    Touch,
    WaitingLead,
)
from leads.responding import response
from leads.scoring import heat_settings

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
        _assigned(lead, owner.user, actor, name=name)
        followups.add(lead, actor=actor, facts={"title": f"{name} task"})
        Job.objects.create(workspace=workspace, action="tag", parameters={"tags": [name]})
        messages.add(lead, actor=actor, channel="sms", direction="inbound", body=f"{name} words")
        email_sender.save(actor=actor, changes={"sender_name": f"{name} sender"})
        InboundDelivery.objects.create(
            workspace=workspace, connection=connection, kind="email", external_id=name, payload={}
        )
        _merged(lead, actor, name=name)
        response.save(actor=actor, changes={"target_minutes": 60})
        heat_settings.save(actor=actor, changes={"warm_from": 7})
        kept = {"name": f"{name} view", "is_shared": True, "filters": {"q": name}}
        view = saved_views.create(actor=actor, values=kept)
        saved_views.set_pinned(view, actor=actor, is_pinned=True)
        _in_a_campaign(lead, owner.user, name=name)
        cost = ad_spend.Spend(timezone.now().date(), "meta", Decimal(12), campaign=f"{name} ads")
        ad_spend.record([cost], actor=actor)
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
            *(AssignmentMember, AssignmentPolicy, AssignmentRule, Territory, WaitingLead),
            *(Message, EmailSender, InboundDelivery),
            *(Notification, Task, ResponseSettings, HeatSettings, HeatStretch, AdSpend),
            *(SavedView, PinnedView, Job),
            *(Merge, DuplicateSuggestion, DuplicateScan),
            *(LeadList, LeadListMember, Campaign, CampaignLeadList, CampaignLead, CallAttempt),
            *(CallOutcome, Import, ImportMapping, Export),
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


def _in_a_campaign(lead: Lead, caller: User, *, name: str) -> None:
    """Called once from a list, which an import filled and an export took away."""
    where = {"workspace": lead.workspace}
    group = LeadList.objects.create(**where, name=f"{name} list")
    LeadListMember.objects.create(**where, lead_list=group, lead=lead, added_by=caller)
    campaign = Campaign.objects.create(**where, name=f"{name} campaign", currency="USD")
    source = CampaignLeadList.objects.create(**where, campaign=campaign, lead_list=group)
    called = CampaignLead.objects.create(**where, campaign=campaign, lead=lead, source=source)
    CallAttempt.objects.create(
        **where, campaign=campaign, campaign_lead=called, user=caller, outcome="busy"
    )
    CallOutcome.objects.create(**where, code="asleep", label=f"{name} asleep", status="queued")
    Import.objects.create(**where, file_name=f"{name}.csv", lead_list=group, created_by=name)
    ImportMapping.objects.create(**where, headers_digest=name, headers=[f"{name} header"])
    Export.objects.create(**where, kind="list", lead_list=group, file_name=f"{name}.xlsx")


def _merged(lead: Lead, actor: Actor, *, name: str) -> None:
    """Somebody who was suggested, and merged into the lead's person."""
    before = timezone.now() - timedelta(days=1)
    twin = Contact.objects.create(
        workspace=lead.workspace, first_name=f"{name} twin", created_at=before
    )
    duplicates.raise_pair(lead.workspace_id, lead.contact_id, twin.pk, ["phone"])
    merge(lead.contact_id, twin.pk, actor=actor)
    DuplicateScan.objects.create(workspace=lead.workspace)


def _assigned(lead: Lead, owner: User, actor: Actor, *, name: str) -> None:
    """It waits for a rule's members, of whom one was told of it."""
    places = {"name": f"{name} land", "countries": ["DE"]}
    there = assignment_policy.create_territory(actor=actor, values=places)
    rule = {"name": f"{name} rule", "territory": there.pk, "member_ids": [owner.pk]}
    assignment_policy.create_rule(actor=actor, values=rule)
    assignment_policy.set_policy(actor=actor, changes={"default_cap": 0})
    duty.set_cap(owner.pk, actor=actor, cap=0)
    auto_assignment.auto_assign(lead, actor=actor)
    Notification.objects.create(
        workspace=lead.workspace, user=owner, kind="assigned", lead=lead, event_id=new_id()
    )


def staff(*users: User) -> None:
    """Let people open the admin."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(is_staff=True)
