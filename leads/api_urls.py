"""The addresses of leads, beneath `/api/v1/`."""

from accounts.api_base import route
from leads.api import custom_fields, heat, leads, moves, people, tasks, timeline

app_name = "leads-api"

urlpatterns = [
    route("leads", leads.LeadsView.as_view()),
    route("leads/dashboard", leads.DashboardView.as_view()),
    route("leads/quality", heat.QualityView.as_view()),
    route("leads/<lead>", leads.LeadDetailView.as_view()),
    route("leads/<lead>/restore", leads.RestoreView.as_view()),
    route("leads/<lead>/enrich", moves.EnrichView.as_view()),
    route("leads/<lead>/contacted", moves.ContactedView.as_view()),
    route("leads/<lead>/contact", moves.ContactView.as_view()),
    route("leads/<lead>/converse", moves.ConverseView.as_view()),
    route("leads/<lead>/qualify", moves.QualifyView.as_view()),
    route("leads/<lead>/schedule", moves.ScheduleView.as_view()),
    route("leads/<lead>/complete", moves.CompleteView.as_view()),
    route("leads/<lead>/convert", moves.ConvertView.as_view()),
    route("leads/<lead>/lost", moves.LoseView.as_view()),
    route("leads/<lead>/reopen", moves.ReopenView.as_view()),
    route("leads/<lead>/assign", moves.AssignView.as_view()),
    route("leads/<lead>/auto-assign", moves.AutoAssignView.as_view()),
    route("leads/<lead>/interactions", timeline.LeadInteractionsView.as_view()),
    route("leads/<lead>/appointments", timeline.LeadAppointmentsView.as_view()),
    route("leads/<lead>/appointments/<appointment>", timeline.AppointmentView.as_view()),
    route("leads/<lead>/tasks", tasks.LeadTasksView.as_view()),
    route("leads/<lead>/tasks/<task>", tasks.TaskView.as_view()),
    route("tasks", tasks.TasksView.as_view()),
    route("tasks/<task>", tasks.TaskView.as_view()),
    route("interactions", timeline.FeedView.as_view()),
    route("interactions/stats", heat.EngagementView.as_view()),
    route("appointments", timeline.CalendarView.as_view()),
    route("appointments/<appointment>", timeline.AppointmentView.as_view()),
    route("contacts", people.ContactsView.as_view()),
    route("contacts/<contact>", people.ContactDetailView.as_view()),
    route("custom-fields", custom_fields.FieldsView.as_view()),
    route("custom-fields/<custom_field>", custom_fields.FieldView.as_view()),
    route("users", people.MembersView.as_view()),
    route("reasons", people.ReasonsView.as_view()),
]
