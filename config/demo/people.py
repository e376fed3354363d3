"""Invented people: names, addresses, and numbers that are reserved for fiction."""

import random
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

_FIRST_NAMES = {
    "US": "Ava Liam Sofia Noah Isabella Mateo Grace Ethan Chloe Daniel Naomi Caleb Aaliyah Owen "
    "Camila Lucas Hannah Isaiah Zoe Andrew Ruby Diego Leah Nathan Jasmine Miles Elena Gavin "
    "Brianna Wyatt",
    "DE": "Anna Lukas Marie Paul Lea Jonas Sophie Finn Laura Felix Katharina Moritz Julia Tim "
    "Nele Sebastian Greta Florian Ayşe Mehmet Franziska Stefan Heike Jürgen Sabine Uwe Petra "
    "Dirk Monika Rainer",
    "GB": "Olivia George Isla Harry Freya Arthur Poppy Oscar Imogen Rhys Priyanka Callum Eilidh "
    "Declan Beatrice Rohan Florence Hamish Nadia Toby Harriet Idris Rosalind Gareth Zainab "
    "Alistair Bronwen Kieran Matilda Ewan",
}
_LAST_NAMES = {
    "US": "Johnson Ramirez Nguyen Walker Patel Brooks Kowalski Hayes Morales Bennett Foster Kim "
    "Sullivan Ortiz Reed Coleman Fischer Watson Delgado Price Murphy Jenkins Park Greene Barnes "
    "Hoffman Castillo Wells Burke Simmons",
    "DE": "Müller Schneider Weber Wagner Becker Schulz Hoffmann Koch Richter Klein Wolf Neumann "
    "Schwarz Zimmermann Braun Krüger Hartung Lange Krause Lehmann Köhler Maier Kaya Böhm Seidel "
    "Brandt Haas Schreiber Graf Dietrich",
    "GB": "Smith Evans Patel Wright Thompson Hughes Campbell Murray Begum Clarke Fraser Doyle "
    "Whitfield Okafor Sinclair Pryce Hargreaves Ahmed Lowe Penrose Ashworth Kaur Bradshaw Nolan "
    "Redfern Mistry Chambers Trevelyan Osborne Quinn",
}
# city, region, the start of its postal codes
_CITIES = {
    "US": (
        ("Chicago", "IL", "606"),
        ("Evanston", "IL", "602"),
        ("Oak Park", "IL", "603"),
        ("Naperville", "IL", "605"),
        ("Cicero", "IL", "608"),
    ),
    "DE": (
        ("Leipzig", "Sachsen", "041"),
        ("Halle", "Sachsen-Anhalt", "061"),
        ("Dresden", "Sachsen", "010"),
        ("Erfurt", "Thüringen", "990"),
        ("Berlin", "Berlin", "101"),
    ),
    "GB": (
        ("London", "", "EC1V "),
        ("Reading", "", "RG1 "),
        ("Bristol", "", "BS1 "),
        ("Manchester", "", "M1 "),
        ("Leeds", "", "LS1 "),
    ),
}
# Ranges the regulators keep for films and examples; {} is the part that varies, with its digits.
_PHONES = {
    "US": (
        *(
            (f"({area}) 555-01{{:02d}}", 100)
            for area in ["312", "773", "708", "847", "630", "815", "224", "872"]
        ),
        *((f"({area}) 555-01{{:02d}}", 100) for area in ["414", "219", "317", "608", "563", "314"]),
    ),
    "DE": (
        ("030 23125{:03d}", 1000),
        ("040 66969{:03d}", 1000),
        ("069 90009{:03d}", 1000),
        ("089 99998{:03d}", 1000),
    ),
    "GB": (
        ("020 7946 0{:03d}", 1000),
        ("07700 900{:03d}", 1000),
        ("0161 496 0{:03d}", 1000),
        ("0117 496 0{:03d}", 1000),
    ),
}
_COMPANY_WORDS = {
    "US": (
        "Lakeside Prairie Summit Union Harbor Maple Beacon Ironwood",
        "Logistics Studio Supply Partners",
    ),
    "DE": (
        "Elster Saale Pleiße Nordring Lindenau Auwald Rosental Mulde",
        "Metallbau Logistik Hausverwaltung Holzbau Gartencenter",
    ),
    "GB": (
        "Calder Thornbury Westgate Ashdown Merriott Kestrel Blackfriars Linden Harrow Severn "
        "Halcyon Redcliffe Orchard Copperfield Larkhill Wharfside",
        "Legal Analytics Architects Insurance Biotech Media Advisory Software",
    ),
}
_JOBS = (
    "Office manager",
    "Head of facilities",
    "Operations director",
    "Managing director",
    "Finance director",
    "People lead",
    "Project manager",
)


@dataclass(frozen=True)
class Person:
    first_name: str
    last_name: str
    email: str
    phone: str
    company: str
    job_title: str
    linkedin_url: str
    address: dict[str, Any]


_SPELLED = str.maketrans("äöüßı", "aousi")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPELLED))
    return re.sub(r"[^a-z0-9]+", "", plain.encode("ascii", "ignore").decode())


class Crowd:
    """People of one country, no two with the same e-mail or phone."""

    def __init__(self, country: str, rng: random.Random) -> None:
        self._country = country
        self._rng = rng
        self._first_names = _FIRST_NAMES[country].split()
        self._last_names = _LAST_NAMES[country].split()
        self._phones = [
            pattern.format(number) for pattern, size in _PHONES[country] for number in range(size)
        ]
        rng.shuffle(self._phones)
        firsts, seconds = _COMPANY_WORDS[country]
        self._companies = [f"{a} {b}" for a in firsts.split() for b in seconds.split()]
        self._emails: set[str] = set()

    def person(self, *, company_share: float) -> Person:
        rng = self._rng
        first, last = rng.choice(self._first_names), rng.choice(self._last_names)
        company = rng.choice(self._companies) if rng.random() < company_share else ""
        city, region, postal = rng.choice(_CITIES[self._country])
        suffix = (
            f"{rng.randrange(100):02d}" if self._country != "GB" else f"{rng.randrange(1, 9)}AB"
        )
        # Nearly everybody leaves an e-mail address or a phone number, most leave both.
        given = rng.choices(("both", "email", "phone"), (72, 18, 10))[0]
        return Person(
            first_name=first,
            last_name=last,
            email=self._email(first, last, company) if given != "phone" else "",
            phone=self._phones.pop() if given != "email" else "",
            company=company,
            job_title=rng.choice(_JOBS) if company else "",
            linkedin_url=f"https://www.linkedin.com/in/{_ascii(first)}-{_ascii(last)}-{rng.randrange(10**6):06d}"
            if company and rng.random() < 0.6
            else "",
            address={
                "city": city,
                "region": region,
                "postal_code": f"{postal}{suffix}",
                "country": self._country,
            }
            if rng.random() < 0.7
            else {},
        )

    def _email(self, first: str, last: str, company: str) -> str:
        domain = f"{_ascii(company)}.example" if company else self._rng.choice(_MAIL_DOMAINS)
        name = f"{_ascii(first)}.{_ascii(last)}"
        email, count = f"{name}@{domain}", 1
        while email in self._emails:
            count += 1
            email = f"{name}{count}@{domain}"
        self._emails.add(email)
        return email


_MAIL_DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example")
