"""Business results, who was told of them, and the audit of what workspaces did with contacts."""

from .ad_spend import AdSpend
from .conversion import Activity, Conversion
from .rule import ConversionRule
from .upload import Upload, UploadAttempt

__all__ = ["Activity", "AdSpend", "Conversion", "ConversionRule", "Upload", "UploadAttempt"]
