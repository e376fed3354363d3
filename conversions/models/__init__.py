"""Business results, who was told of them, and the audit of what workspaces did with contacts."""

from .conversion import Activity, Conversion
from .rule import ConversionRule
from .upload import Upload, UploadAttempt

__all__ = ["Activity", "Conversion", "ConversionRule", "Upload", "UploadAttempt"]
