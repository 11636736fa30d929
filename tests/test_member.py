"""The files that `make member` writes: one for each role, whatever its path."""

from pathlib import Path

import pytest

from operate.member import main, write_templates

ALIKE = """\
watches:
  a: {source: sesv2.import-jobs, accounts: [{id: "111122223333", role: ops/reader}]}
  b: {source: sesv2.export-jobs, accounts: [{id: "111122223333", role: ops-reader}]}
"""


@pytest.fixture
def watches(tmp_path: Path) -> Path:
    file = tmp_path / "watches.yaml"
    file.write_text(ALIKE, encoding="utf-8")
    return file


def test_roles_whose_names_differ_by_their_path_have_a_file_each(
    watches: Path, tmp_path: Path
) -> None:
    """P11: both were written to ops-reader.template.yaml, and the last one won."""
    files = {file.name: file.read_text() for file in write_templates(watches, "Jobwatch", tmp_path)}
    assert sorted(files) == ["ops-reader.template.yaml", "ops~reader.template.yaml"]
    assert "ListImportJobs" in files["ops~reader.template.yaml"]
    assert "ListExportJobs" in files["ops-reader.template.yaml"]


def test_the_command_names_the_files_as_they_are(
    watches: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("operate.member.BUILD", tmp_path / "build")
    assert main(["-c", f"watches={watches}"]) == 0
    said = capsys.readouterr().out
    assert "Wrote build/ops~reader.template.yaml:" in said
    assert "Wrote build/ops-reader.template.yaml:" in said
