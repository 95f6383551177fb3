"""The arguments of `fawran-process`."""

from __future__ import annotations

import pytest

from reference_app.serving.host_process.__main__ import main
from tests.reference_app.serving.host_process.conftest import FolderHost


@pytest.mark.parametrize(
    "arguments",
    [[], ["unknown"], ["stop"], ["stop", "one"], ["stop", "-1"], ["settle", "/a", "some"]],
)
def test_wrong_arguments_are_refused(
    arguments: list[str], host: FolderHost, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--root", str(host.root), "--site", "localhost", *arguments])
    assert refused.value.code == 2
    assert "usage: fawran-process" in capsys.readouterr().err
    assert host.systemctl_calls() == []
