"""The key that signs: made once, named by files, or kept in a device that never gives it away."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dealflow.core import pdf
from dealflow.settings import Settings, SettingsError
from dealflow.signing import keys, pades

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so")


def settings(instance: Path, **more: str) -> Settings:
    return Settings(instance=instance, database_url="sqlite:///x", **more)


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    here = settings(tmp_path)
    first = keys.of(here)
    assert keys.of(here).certificates.read_bytes() == first.certificates.read_bytes()
    assert Path(first.key).stat().st_mode & 0o077 == 0
    with first.signer() as signer:
        assert signer.signing_cert.subject.native["organization_name"] == "Dealflow"


def test_a_key_of_ones_own_can_be_named(tmp_path: Path) -> None:
    keys.make(tmp_path / "own", "https://own.example")
    own = settings(
        tmp_path, signing_key=str(tmp_path / "own" / keys.KEY),
        signing_cert=str(tmp_path / "own" / keys.CERTIFICATES),
    )  # fmt: skip
    with keys.of(own).signer() as signer:
        assert signer.signing_cert is not None
    with pytest.raises(SettingsError, match="DEALFLOW_SIGNING_CERT"):
        keys.of(settings(tmp_path, signing_key="key.pem"))
    none = str(tmp_path / "none.pem")
    with (
        pytest.raises(SettingsError),
        keys.of(settings(tmp_path, signing_key=none, signing_cert=none)).signer(),
    ):
        pass


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name a key in a software token, the file of which is gone."""
    module = next(name for name in MODULES if Path(name).exists())
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\n", "utf-8")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    keys.make(tmp_path / "made", "https://own.example")
    util = shutil.which("softhsm2-util") or "softhsm2-util"
    token = ["--label", "park seal", "--pin", "4711", "--so-pin", "0815"]
    subprocess.run([util, "--init-token", "--free", *token], check=True, capture_output=True)
    there = ["--token", "park seal", "--label", "term sheets", "--id", "A1", "--pin", "4711"]
    subprocess.run(
        [util, "--import", str(tmp_path / "made" / keys.KEY), *there], check=True, capture_output=True
    )
    (tmp_path / "made" / keys.KEY).unlink()
    (tmp_path / "pin").write_text("4711\n", "utf-8")
    return settings(
        tmp_path, signing_key=f"pkcs11:token=park%20seal;object=term%20sheets?module-path={module}",
        signing_cert=str(tmp_path / "made" / keys.CERTIFICATES), signing_password_file=str(tmp_path / "pin"),
    )  # fmt: skip


def test_a_key_in_a_device_signs_and_stays_there(device: Settings, tmp_path: Path) -> None:
    html = "<p>Terms <a href='#signature-1'>1</a></p><div id='signature-1' style='height: 4cm'></div>"
    drawn = pdf.render("<p>镕喆</p>", title="x", lang="zh-CN", identifier=b"x")
    base = pdf.render(html, title="x", lang="en", identifier=b"y")
    block = pades.Block("signature-1", drawn, 60, 20, "镕喆", "signed", "https://own.example/verify/X")
    signed = pades.sign(base, [block], keys.of(device))
    (found,) = pades.check(signed, keys.of(device))
    assert (found.name, found.genuine) == ("镕喆", True)
    other = settings(tmp_path, signing_key="pkcs11:token=x", signing_cert=device.signing_cert or "")
    with pytest.raises(SettingsError, match="module-path"), keys.of(other).signer():
        pass
    (tmp_path / "pin").write_text("0000", "utf-8")
    with pytest.raises(SettingsError, match="device"), keys.of(device).signer():
        pass
