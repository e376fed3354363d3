"""An upload as the provider-neutral event that crosses the border."""

from conversions.models import Upload
from integrations.contracts import Click, Consent, ConversionEvent, Person
from leads.models import CLICK_FIELDS, Contact, Lead


def conversion_event(upload: Upload) -> ConversionEvent:
    """Who, which click and what, read from the rows as they are now (late consent counts)."""
    contact = upload.contact
    return ConversionEvent(
        event_id=upload.event_id,
        action=upload.external_action,
        occurred_at=upload.occurred_at,
        person=_person(contact),
        click=_click(upload.lead),
        consent=Consent(
            ad_user_data=contact.consent.get("ad_user_data"),
            ad_personalization=contact.consent.get("ad_personalization"),
        ),
        value=upload.value,
        currency=upload.currency,
        source=upload.lead.source if upload.lead else "",
        contact_ref=str(contact.pk),
    )


def _person(contact: Contact) -> Person:
    address = contact.address
    return Person(
        email=contact.email_normalized,
        phone_e164=contact.phone_e164,
        first_name=contact.first_name,
        last_name=contact.last_name,
        city=str(address.get("city", "")),
        region=str(address.get("region", "")),
        postal_code=str(address.get("postal_code", "")),
        country=str(address.get("country", "")),
    )


def _click(lead: Lead | None) -> Click:
    if lead is None:
        return Click()
    ids = {name: getattr(lead, name) for name in CLICK_FIELDS}
    return Click(**ids, clicked_at=lead.created_at)
