"""The settings page: each role finds what it may change, and nothing else."""

from django.urls import reverse

MANAGED = ("assignment", "response", "heat_settings", "fields", "forms", "email_sender")


def test_each_role_finds_what_it_may_change(world, client):
    address = f"/w/{world.home.slug}/settings/"
    own = reverse("leads:notifications", args=[world.home.slug])
    of_workspace = [reverse(f"leads:{name}", args=[world.home.slug]) for name in MANAGED]
    for role, may in (("owner", True), ("manager", True), ("rep", False), ("viewer", False)):
        client.force_login(getattr(world, role))
        page = client.get(address)
        assert page.status_code == 200
        text = page.content.decode().partition('<main class="content"')[2]
        assert [path for path in of_workspace if f'href="{path}"' in text] == (
            of_workspace if may else []
        ), role
        assert f'href="{own}"' in text
        # One entry of the navigation leads here; the single pages are not in it.
        sidebar = page.content.decode().partition("<main")[0]
        assert f'href="{address}" aria-current="page"' in " ".join(sidebar.split())
        assert not any(f'href="{path}"' in sidebar for path in of_workspace)
        for path in of_workspace:
            assert client.get(path).status_code == (200 if may else 403), path
    client.force_login(world.stranger)
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302
