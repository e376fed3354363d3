"""The Ad spend page: what was spent, entering a day's, and taking in a report."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from conversions import ad_spend
from conversions.ad_spend import Spend
from conversions.ad_spend_files import MOST_BYTES, read_csv
from conversions.errors import ConversionError
from conversions.models import AdSpend
from leads.models import Source

ROWS = 50


class SpendForm(forms.ModelForm):
    """One campaign's day, by hand."""

    source = forms.ChoiceField(
        label=gettext_lazy("Source of its leads"),
        required=False,
        choices=[("", gettext_lazy("The platform's usual")), *Source.choices],
    )

    class Meta:
        model = AdSpend
        fields = ("day", "platform", "campaign", "source", "amount", "currency")
        widgets = {"day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: object, currency: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["currency"].required = False
        self.fields["currency"].widget.attrs["placeholder"] = currency
        self.fields["platform"] = forms.CharField(
            label=gettext_lazy("Platform"),
            max_length=40,
            help_text=gettext_lazy("Such as google_ads or meta."),
        )

    def spend(self) -> Spend:
        return Spend(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "The first line names the columns: day, platform, campaign, source, amount, currency."
            " Day, platform and amount are needed."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    platform = forms.CharField(
        label=gettext_lazy("Platform"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("For files without such a column."),
    )

    def clean_file(self) -> bytes:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB. Send it in parts."))
        return bytes(uploaded.read())


@requires(Permission.METRICS_ALL)
def spend(request: MemberRequest, slug: str) -> HttpResponse:
    """What was spent, newest day first, with both ways to add to it."""
    by_hand, by_file = _forms(request)
    status = 200
    if request.method == "POST":
        form = by_file if "file" in request.FILES or "upload" in request.POST else by_hand
        if form.is_valid() and _record(request, form):
            return redirect("conversions:ad_spend", slug=slug)
        status = 422
    rows = AdSpend.objects.in_workspace(request.workspace.pk)
    try:
        page = paginate(rows, ordering="-day", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect("conversions:ad_spend", slug=slug)
    context = {"page": page, "by_hand": by_hand, "by_file": by_file}
    return render(request, "conversions/metrics/ad_spend.html", context, status=status)


def _forms(request: MemberRequest) -> tuple[SpendForm, FileForm]:
    is_file = "file" in request.FILES or "upload" in request.POST
    is_post = request.method == "POST"
    return (
        SpendForm(
            request.POST if is_post and not is_file else None,
            currency=request.workspace.currency,
            prefix="day",
        ),
        FileForm(
            request.POST if is_post and is_file else None,
            request.FILES if is_post and is_file else None,
        ),
    )


def _record(request: MemberRequest, form: SpendForm | FileForm) -> bool:
    """Whether it was taken; else the form says why not."""
    try:
        if isinstance(form, SpendForm):
            given = [form.spend()]
        else:
            content = form.cleaned_data["file"]
            given = read_csv(content, platform=form.cleaned_data["platform"])
        recorded = ad_spend.record(given, actor=request.actor)
    except ConversionError as error:
        form.add_error(_field_of(error, form), error.detail)
        return False
    messages.success(
        request,
        _("%(created)d new and %(replaced)d replaced.")
        % {"created": recorded.created, "replaced": recorded.replaced},
    )
    return True


def _field_of(error: ConversionError, form: forms.BaseForm) -> str:
    if isinstance(form, FileForm):
        return "file"
    named = error.errors[0][0].rpartition(".")[2] if error.errors else ""
    return named if named in form.fields else "day"


@requires(Permission.IMPORT)
def delete_spend(request: MemberRequest, slug: str, spend_id: UUID) -> HttpResponse:
    """Take one row away."""
    row = get_object_or_404(AdSpend.objects.in_workspace(request.workspace.pk), pk=spend_id)
    if request.method == "POST":
        ad_spend.delete(row.pk, actor=request.actor)
        messages.success(request, _("The row is deleted."))
    return redirect("conversions:ad_spend", slug=slug)
