"""How the OpenAPI schema is made from the views."""

from drf_spectacular.openapi import AutoSchema


class LeadloopSchema(AutoSchema):
    """The default, until views say more."""
