"""What was made of rows is used again as long as they have the same version."""

from accounts.row_versions import KeptByVersion


def test_what_was_made_is_kept_for_its_version_only():
    kept: KeptByVersion[str] = KeptByVersion(10)
    assert kept.get("a", 1) is None
    kept.keep("a", 1, "one")
    assert kept.get("a", 1) == "one"
    assert kept.get("a", 2) is None
    kept.keep("a", 2, "two")
    assert (kept.get("a", 1), kept.get("a", 2)) == (None, "two")


def test_there_are_at_most_so_many():
    kept: KeptByVersion[int] = KeptByVersion(2)
    for number in range(5):
        kept.keep(number, 1, number)
        assert len(kept) <= 2
    assert kept.get(4, 1) == 4


def test_what_is_not_known_is_made_once_and_nothing_is_not_kept():
    kept: KeptByVersion[str] = KeptByVersion(10)
    made = iter([None, "one", "two"])
    answers = [kept.get_or_make("a", version, lambda: next(made)) for version in (1, 1, 1, 2, 2)]
    assert answers == [None, "one", "one", "two", "two"]
