"""The pages of leads, beneath `/w/<slug>/`."""

from django.urls import path

from leads.views import acting, contacts, detail, editing, home, lead_forms, listing

app_name = "leads"

urlpatterns = [
    path("", home.home, name="home"),
    path("leads/", listing.leads, name="list"),
    path("leads/new/", editing.create, name="create"),
    path("leads/<str:ref>/", detail.lead, name="detail"),
    path("leads/<str:ref>/edit/", editing.edit, name="edit"),
    path("leads/<str:ref>/delete/", editing.delete, name="delete"),
    path("leads/<str:ref>/restore/", editing.restore, name="restore"),
    path("leads/<str:ref>/log/", acting.log, name="log"),
    path("leads/<str:ref>/custom-fields/", acting.custom_fields, name="custom_fields"),
    path("leads/<str:ref>/assign/", acting.assign, name="assign"),
    path("leads/<str:ref>/move/<slug:move>/", acting.move, name="move"),
    path(
        "leads/<str:ref>/appointments/<uuid:appointment_id>/",
        acting.appointment,
        name="appointment",
    ),
    path("contacts/<str:ref>/", contacts.contact, name="contact"),
    path("forms/", lead_forms.forms, name="forms"),
    path("forms/<uuid:form_id>/", lead_forms.form, name="form"),
    path("forms/<uuid:form_id>/delete/", lead_forms.delete, name="form_delete"),
]
