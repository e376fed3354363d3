"""The three demo businesses: what they sell, where, to whom, and who works there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.permissions import Role

ORGANIZATION = "Northlight Group"
RATE_LIMIT_PER_HOUR = 100_000


@dataclass(frozen=True)
class Member:
    email: str
    name: str
    role: str
    # Staff may open the admin, where they see their own workspaces.
    is_staff: bool = False


@dataclass(frozen=True)
class Product:
    """What people ask for; `prices` is the range of a sale."""

    name: str
    tag: str
    prices: tuple[int, int]


@dataclass(frozen=True)
class Business:
    slug: str
    name: str
    country: str
    time_zone: str
    currency: str
    website: str
    leads: int
    # How often a lead comes with a company.
    company_share: float
    products: tuple[Product, ...]
    # source → weight
    sources: dict[str, int]
    campaigns: tuple[str, ...]
    locations: tuple[str, ...]
    members: tuple[Member, ...]
    final_conversion_types: tuple[str, ...] = ()
    # A conversion short of the sale, such as a deposit.
    early_conversion: str = ""
    # Its own points and levels, as `leads.scoring.heat_settings` takes them; else the default.
    heat: Mapping[str, Any] = field(default_factory=dict)


OWNER = Member("owner@northlight.example", "Helen Novak", Role.OWNER, is_staff=True)

DENTAL = Business(
    slug="brightsmile",
    name="Brightsmile Dental",
    country="US",
    time_zone="America/Chicago",
    currency="USD",
    website="https://www.brightsmile.example",
    leads=1300,
    company_share=0.05,
    products=(
        Product("Invisible aligners", "aligners", (3200, 6400)),
        Product("Dental implant", "implants", (2800, 9800)),
        Product("Teeth whitening", "whitening", (350, 900)),
        Product("New patient exam", "new-patient", (120, 420)),
    ),
    sources={
        "website": 38,
        "facebook": 20,
        "instagram": 12,
        "phone": 14,
        "referral": 8,
        "import": 4,
        "direct": 4,
    },
    campaigns=("spring-aligners", "implants-search", "whitening-stories", "brand"),
    locations=("Lincoln Park office", "Oak Lawn office", "Video consultation"),
    members=(
        OWNER,
        Member("manager@brightsmile.example", "Maya Torres", Role.MANAGER, is_staff=True),
        Member("rep@brightsmile.example", "Jordan Lee", Role.REP),
        Member("priya@brightsmile.example", "Priya Nair", Role.REP),
        Member("marcus@brightsmile.example", "Marcus Webb", Role.REP),
        Member("viewer@brightsmile.example", "Dana Kim", Role.VIEWER),
    ),
    early_conversion="deposit",
)

SOLAR = Business(
    slug="solwerk",
    name="Solwerk Energie",
    country="DE",
    time_zone="Europe/Berlin",
    currency="EUR",
    website="https://www.solwerk.example",
    leads=750,
    company_share=0.25,
    # A roof takes months to decide about: visits to the site say little, one on the roof says all.
    heat={
        "weights": {
            "social_follow": 1,
            "social_like": 1,
            "website_visit": 2,
            "info_request": 5,
            "price_quote": 8,
            "site_visit": 16,
            "form_submission": 3,
        },
        "caps": {"website_visit": 6, "social_like": 3},
        "warm_from": 7,
        "hot_from": 20,
    },
    products=(
        Product("Photovoltaic system", "solar", (11500, 24800)),
        Product("Battery storage", "storage", (5200, 9900)),
        Product("Heat pump", "heat-pump", (14800, 31500)),
        Product("Wallbox", "wallbox", (900, 2400)),
    ),
    sources={"website": 44, "facebook": 16, "email": 10, "phone": 10, "referral": 12, "import": 8},
    campaigns=("solar-search", "heat-pump-grant", "remarketing", "brand"),
    locations=("On-site survey", "Showroom Leipzig", "Video call"),
    members=(
        OWNER,
        Member("manager@solwerk.example", "Jonas Hartmann", Role.MANAGER, is_staff=True),
        Member("lena@solwerk.example", "Lena Vogt", Role.REP),
        Member("emre@solwerk.example", "Emre Yılmaz", Role.REP),
    ),
    final_conversion_types=("contract_signed",),
    early_conversion="site_survey",
)

OFFICES = Business(
    slug="fernhill",
    name="Fernhill Workplace",
    country="GB",
    time_zone="Europe/London",
    currency="GBP",
    website="https://www.fernhill.example",
    leads=450,
    company_share=0.95,
    products=(
        Product("Office fit-out", "fit-out", (18000, 96000)),
        Product("Furniture package", "furniture", (4500, 28000)),
        Product("Meeting pods", "pods", (6800, 19500)),
    ),
    sources={"linkedin": 30, "website": 30, "email": 14, "referral": 16, "api": 6, "phone": 4},
    campaigns=("fit-out-search", "linkedin-facilities", "brand"),
    locations=("Site walk", "Showroom Clerkenwell", "Video call"),
    members=(
        OWNER,
        Member("manager@fernhill.example", "Oliver Grant", Role.MANAGER, is_staff=True),
        Member("amelia@fernhill.example", "Amelia Shah", Role.REP),
        Member("tom@fernhill.example", "Tom Barclay", Role.REP),
    ),
)

# The first is the one whose key and slug `demo` prints.
BUSINESSES = (DENTAL, SOLAR, OFFICES)
SUPERUSER = Member("admin@leadloop.example", "Alex Admin", "", is_staff=True)
# Whose passwords `demo` prints, in this order.
LOGINS = (SUPERUSER.email, "manager@brightsmile.example", "rep@brightsmile.example")
