"""The accent of the admin, in the steps that unfold asks for."""

PRIMARY = {
    "50": "#eef3fe",
    "100": "#dfe8fc",
    "200": "#c3d3f9",
    "300": "#a0b9f4",
    "400": "#7396ea",
    "500": "#4a75df",
    "600": "#2f5bd3",
    "700": "#254bb3",
    "800": "#1f3e92",
    "900": "#1b3376",
    "950": "#122046",
}
