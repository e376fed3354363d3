"""What stands around the leads of a run: what was sent, what is planned, said, told and asked for.

Each is one INSERT … SELECT of what was loaded before, as the system role.
"""

from uuid import UUID

from django.db import connection

from accounts.models import Workspace
from conversions.models import ConversionRule
from integrations.models import Connection
from leads.models import Heat, Job, Lead

# The lead that everybody has written to and about for years.
LONG_MESSAGES = 400
LONG_TIMELINE = 1_000
NOTIFICATIONS = 300
SUGGESTIONS = 3_000
JOBS = 80
REFUSALS = 100

# A lead's times lie within these many days from now, by its number, so that each run has the same.
_APPOINTMENTS = """
    INSERT INTO leads_appointment (id, workspace_id, created_at, updated_at, lead_id, scheduled_for,
        status, matched_via, external_ref, location)
    SELECT gen_random_uuid(), workspace_id, created_at, created_at, id,
        CASE status
            WHEN 'scheduled' THEN now() + (number %% 3000 - 20) * interval '10 minutes'
            ELSE last_activity_at
        END,
        CASE status WHEN 'scheduled' THEN 'scheduled' ELSE 'attended' END, 'manual', '', 'Showroom'
    FROM leads_lead
    WHERE workspace_id = %(workspace)s AND status IN ('scheduled', 'completed', 'converted')
"""
_TASKS = """
    INSERT INTO leads_task (id, workspace_id, created_at, updated_at, lead_id, title, notes, due_at,
        owner_id, done_at, done_by, closed_with_lead, created_by)
    SELECT gen_random_uuid(), workspace_id, created_at, created_at, id, 'Call back', '',
        coalesce(next_task_at, last_activity_at), assigned_to_id,
        CASE WHEN next_task_at IS NULL THEN last_activity_at END, '', false, ''
    FROM leads_lead
    WHERE workspace_id = %(workspace)s
        AND (next_task_at IS NOT NULL OR status = 'completed')
"""
_MESSAGES = """
    INSERT INTO leads_message (id, workspace_id, created_at, updated_at, lead_id, contact_id,
        channel, direction, subject, body, meta, at, author, status, error, message_id, in_reply_to,
        "references", reply_token, attempts)
    SELECT gen_random_uuid(), workspace_id, created_at, created_at, id, contact_id,
        CASE nth %% 3 WHEN 0 THEN 'sms' ELSE 'email' END,
        CASE nth %% 2 WHEN 0 THEN 'outbound' ELSE 'inbound' END,
        CASE nth %% 3 WHEN 0 THEN '' ELSE 'Your offer' END,
        repeat('Thank you for the offer, we shall think about it. ', 1 + nth %% 7), '{}',
        last_activity_at - nth * interval '1 hour', '',
        CASE nth %% 2 WHEN 0 THEN 'sent' ELSE 'received' END, '', '', '', '', '', 0
    FROM leads_lead CROSS JOIN LATERAL generate_series(1, %(each)s) AS nth
    WHERE workspace_id = %(workspace)s
        AND CASE WHEN %(lead)s::uuid IS NULL THEN status = 'conversing' ELSE id = %(lead)s END
"""
_LONG_TIMELINE = """
    INSERT INTO leads_interaction (id, workspace_id, created_at, lead_id, type, platform, direction,
        at, actor_label, via, payload)
    SELECT gen_random_uuid(), workspace_id, created_at, id,
        CASE nth %% 3 WHEN 0 THEN 'note' WHEN 1 THEN 'call_outbound' ELSE 'website_visit' END, '',
        '', last_activity_at - nth * interval '1 hour', 'Somebody', 'page',
        '{"notes": "Asked for a price once more."}'
    FROM leads_lead CROSS JOIN LATERAL generate_series(1, %(each)s) AS nth
    WHERE workspace_id = %(workspace)s AND id = %(lead)s
"""
_NOTIFICATIONS = """
    INSERT INTO leads_notification (id, workspace_id, created_at, user_id, kind, lead_id, event_id,
        by, read_at, email_attempts, email_error)
    SELECT gen_random_uuid(), workspace_id, created_at, assigned_to_id, 'assigned', id,
        gen_random_uuid(), 'Round robin', CASE WHEN nth > 20 THEN created_at END, 0, ''
    FROM (
        SELECT *, row_number() OVER (PARTITION BY assigned_to_id ORDER BY created_at DESC) AS nth
        FROM (
            SELECT * FROM leads_lead
            WHERE workspace_id = %(workspace)s AND assigned_to_id IS NOT NULL
                AND deleted_at IS NULL
            ORDER BY created_at DESC LIMIT %(each)s * 20
        ) AS latest
    ) AS lead
"""
_SUGGESTIONS = """
    INSERT INTO leads_duplicatesuggestion (id, workspace_id, created_at, first_id, second_id,
        reasons, dismissed_by)
    SELECT gen_random_uuid(), workspace_id, created_at, least(id, other), greatest(id, other),
        '{name}', ''
    FROM (
        SELECT id, workspace_id, created_at, lead(id) OVER (ORDER BY number) AS other
        FROM leads_contact WHERE workspace_id = %(workspace)s ORDER BY number LIMIT %(each)s
    ) AS pair
    WHERE other IS NOT NULL
"""


def surround(workspace: Workspace) -> None:
    """Everything there is beside people, leads and their tags."""
    _uploads(workspace)
    _touchpoints(workspace)
    _run(_APPOINTMENTS, workspace)
    _run(_TASKS, workspace)
    _run(_MESSAGES, workspace, each=2, lead=None)
    long = long_lead(workspace).pk
    _run(_MESSAGES, workspace, each=LONG_MESSAGES, lead=long)
    _run(_LONG_TIMELINE, workspace, each=LONG_TIMELINE, lead=long)
    _run(_NOTIFICATIONS, workspace, each=NOTIFICATIONS)
    _run(_SUGGESTIONS, workspace, each=SUGGESTIONS)
    _jobs(workspace, long)


def long_lead(workspace: Workspace) -> Lead:
    """Hot, and with more said and done than anybody reads."""
    rows: list[Lead] = list(
        Lead.objects.in_workspace(workspace.pk)
        .open()
        .filter(heat=Heat.HOT)
        .order_by("-heat_score", "-pk")[:1]
    )
    return rows[0]


def _run(sql: str, workspace: Workspace, **parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"workspace": workspace.pk, **parameters})


def _jobs(workspace: Workspace, lead_id: UUID) -> None:
    refused = {"lead_id": str(lead_id), "code": "illegal_move", "message": "It is lost already."}
    Job.objects.bulk_create(
        Job(
            workspace=workspace,
            action="tag",
            parameters={"tags": ["newsletter"]},
            filter={"status": ["new"]},
            status=Job.Status.COMPLETED,
            total=10_000,
            changed=10_000 - REFUSALS,
            failed=REFUSALS,
            errors=[refused] * REFUSALS,
            created_by="Somebody",
            via="page",
        )
        for _number in range(JOBS)
    )


def _uploads(workspace: Workspace) -> None:
    """An accepted upload for every lead that was completed or converted, told to one platform."""
    platform = Connection.objects.create(
        workspace=workspace, provider="google_data_manager", name="Google"
    )
    rule = ConversionRule.objects.create(
        workspace=workspace, connection=platform, trigger="completed", external_action="1"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversions_upload (id, workspace_id, created_at, updated_at, rule_id,"
            " connection_id, contact_id, lead_id, trigger, event_id, external_action, occurred_at,"
            " currency, status, attempts, error_kind, error_code, explanation, platform_ref)"
            " SELECT gen_random_uuid(), workspace_id, created_at, created_at, %s, %s, contact_id,"
            " id, 'completed', 'bench-' || id, '1', created_at, '', 'accepted', 1, '', '', '', ''"
            " FROM leads_lead WHERE workspace_id = %s AND status IN ('completed', 'converted')",
            [rule.pk, platform.pk, workspace.pk],
        )


def _touchpoints(workspace: Workspace) -> None:
    """What each lead's score is made of, some time between its arrival and its last activity."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_interaction (id, workspace_id, created_at, lead_id, type, platform,"
            " direction, at, actor_label, via, payload)"
            " SELECT gen_random_uuid(), workspace_id, created_at, id, kind.type, kind.platform, '',"
            " created_at + (last_activity_at - created_at) * random(), '', 'api', '{}'"
            " FROM leads_lead CROSS JOIN LATERAL (VALUES"
            " ('site_visit', 'other', heat_score / 10),"
            " ('price_quote', 'website', heat_score %% 10 / 8),"
            " ('info_request', 'email', heat_score %% 10 %% 8 / 5),"
            " ('website_visit', 'website', heat_score %% 10 %% 8 %% 5 / 2),"
            " (CASE WHEN number %% 2 = 0 THEN 'social_like' ELSE 'social_follow' END,"
            "  CASE WHEN number %% 3 = 0 THEN 'facebook' ELSE 'instagram' END,"
            "  heat_score %% 10 %% 8 %% 5 %% 2)"
            " ) AS kind(type, platform, times) CROSS JOIN generate_series(1, kind.times)"
            " WHERE workspace_id = %s",
            [workspace.pk],
        )
