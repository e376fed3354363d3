"""What can go wrong with conversions and uploads."""

from accounts.problems import ProblemError


class ConversionError(ProblemError):
    status = 422
    code = "invalid"


class NotFound(ConversionError):
    status = 404
    code = "not_found"


class Conflict(ConversionError):
    status = 409
    code = "conflict"
