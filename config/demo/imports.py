"""The demo's imports: one that a manager took in, with rows that were refused, one to be mapped."""

from campaigns.imports import imports, work
from config.demo.stories import Cast

_GUESTS = (
    "First name;Last name;E-mail;Phone;T-shirt;Tags",
    "Nora;Lindqvist;nora.lindqvist@example.com;+1 415 555 0142;M;open day",
    "Theo;Okonkwo;theo.okonkwo@example.com;(415) 555-0143;L;open day, vip",
    "Ivy;Baptiste;ivy.baptiste(at)example.com;;S;open day",
    "Ruben;Castellanos;ruben.castellanos@example.com;415.555.0144;XL;open day",
    ";;;;M;",
    "Nora;Lindqvist;nora.lindqvist@example.com;;;again",
    'Mila;"Novak;mila.novak@example.com;;M;',
    "Jonas;Weiss;jonas.weiss@example.com;4.15552E+10;L;open day",
)
_FAIR = (
    "Name,Mail,Mobile,City",
    "Ada Brandt,ada.brandt@example.com,+1 415 555 0171,Oakland",
    "Sam Ferreira,sam.ferreira@example.com,+1 415 555 0172,Berkeley",
)


def load(cast: Cast) -> None:
    """A file is read, mapped, tried out and taken in as its page does it; another one waits."""
    actor = cast.manager
    row = imports.receive(
        [_bytes(_GUESTS)],
        actor=actor,
        file_name="open-day-guests.csv",
        size=len(_bytes(_GUESTS)),
        settings={"new_list_name": "Open day cards", "duplicates": "fill"},
    )
    imports.save_mapping(row.pk, actor=actor)
    work.work_off()
    imports.run(row.pk, actor=actor)
    work.work_off()
    imports.receive(
        [_bytes(_FAIR)], actor=actor, file_name="spring-fair.csv", size=len(_bytes(_FAIR))
    )


def _bytes(lines: tuple[str, ...]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
