"""A form that shows what the verb behind it refused."""

from django import forms

from accounts.problems import ProblemError


class RefusableForm(forms.Form):
    # What a verb calls a field, where the form calls it otherwise.
    verb_fields: dict[str, str] = {}

    def refuse(self, error: ProblemError) -> None:
        """Show what the verb refused beside its field, or above all."""
        for name, _code, message in error.errors or [("", error.code, error.detail)]:
            field = self.verb_fields.get(name, name)
            self.add_error(field if field in self.fields else None, message)
