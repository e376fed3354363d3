"""What of the machine's memory the embedded PostgreSQL is given."""

from pathlib import Path

from config.server_memory import memory_settings


def megabytes(settings: dict[str, str], name: str) -> int:
    return int(settings[name].removesuffix("MB"))


def given(tmp_path: Path, limit: str) -> dict[str, str]:
    limit_file = tmp_path / "memory.max"
    limit_file.write_text(limit)
    return memory_settings(limit_file)


def test_a_container_s_limit_counts_and_not_the_machine_s_memory(tmp_path: Path) -> None:
    settings = given(tmp_path, f"{2 * 1024**3}\n")

    assert settings == {"shared_buffers": "512MB", "effective_cache_size": "1024MB"}


def test_without_a_limit_it_is_the_machine_s(tmp_path: Path) -> None:
    unlimited = given(tmp_path, "max\n")

    assert unlimited == memory_settings(tmp_path / "there is no such file")
    assert 128 <= megabytes(unlimited, "shared_buffers") <= 4096


def test_a_very_small_machine_keeps_a_usable_cache(tmp_path: Path) -> None:
    settings = given(tmp_path, str(64 * 1024**2))

    assert settings == {"shared_buffers": "128MB", "effective_cache_size": "128MB"}
