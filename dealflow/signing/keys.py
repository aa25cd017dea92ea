"""The platform's signing key: made on first start in `instance/keys/signing`, or named by settings.

`DEALFLOW_SIGNING_KEY` and `DEALFLOW_SIGNING_CERT` name PEM files (the certificate first, then its chain up to the root);
`DEALFLOW_SIGNING_PASSWORD_FILE` names a file with the key's passphrase. A key that never leaves its device is named by a
URI of RFC 7512 in place of the file, `pkcs11:token=NAME;object=LABEL?module-path=/usr/lib/…/module.so`, the passphrase
being its PIN. `DEALFLOW_TSA_URL` names a time-stamp server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dealflow.core import clock
from dealflow.settings import Settings, SettingsError

YEARS = timedelta(days=3650)
KEY, CERTIFICATES = "key.pem", "certificates.pem"
ROOT = "Dealflow signing root"


@dataclass(frozen=True)
class SigningKey:
    """Where key and certificates lie; they are read when something is signed or checked. `key`: a file or a PKCS#11 URI."""

    key: Path | str
    certificates: Path
    passphrase: bytes | None = None
    tsa_url: str | None = None

    @contextmanager
    def signer(self) -> Iterator[Any]:
        """A pyHanko signer, for as long as its device is open. SettingsError when key or certificates cannot be used."""
        from pyhanko.sign import signers
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        leaf, *others = self._certificates()
        if isinstance(self.key, str):
            with self._device() as (session, label):
                from pyhanko.sign.pkcs11 import PKCS11Signer

                # Every device signs a digest; not every one makes it by itself.
                yield PKCS11Signer(
                    session, signing_cert=leaf, ca_chain=set(others), key_label=label, use_raw_mechanism=True
                )
            return
        store = SimpleCertificateStore()
        store.register_multiple(others)
        yield signers.SimpleSigner(signing_cert=leaf, signing_key=self._key(self.key), cert_registry=store)

    @contextmanager
    def _device(self) -> Iterator[tuple[Any, str | None]]:
        """An open session with the device that the URI names, and the label of the key in it."""
        from pkcs11.exceptions import PKCS11Error
        from pyhanko.config.errors import ConfigurationError
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import open_pkcs11_session

        address = urlsplit(str(self.key))
        named = {
            name: unquote(value)
            for name, _, value in (part.partition("=") for part in address.path.split(";"))
        }
        module = parse_qs(address.query).get("module-path", [""])[0]
        if not module or not named.get("token"):
            raise SettingsError(
                "DEALFLOW_SIGNING_KEY: a pkcs11 URI names token=… and, after the question mark, module-path=…"
            )
        pin = self.passphrase.decode() if self.passphrase else None
        try:
            session = open_pkcs11_session(
                module, token_criteria=TokenCriteria(label=named["token"]), user_pin=pin
            )
        except (PKCS11Error, ConfigurationError, RuntimeError, OSError) as error:
            raise SettingsError(
                f"the device of the signing key cannot be used: {error or type(error).__name__}"
            ) from None
        with session:
            yield session, named.get("object")

    def timestamper(self) -> Any:
        """The time-stamp server's client, or None."""
        if not self.tsa_url:
            return None
        from dealflow.signing.stamping import time_stamper

        return time_stamper(self.tsa_url)

    def trust(self) -> Any:
        """What a signature must lead to: the last certificate of the chain, and nothing fetched from anywhere."""
        from pyhanko_certvalidator import ValidationContext

        return ValidationContext(trust_roots=[self._certificates()[-1]], allow_fetching=False)

    def _certificates(self) -> list[Any]:
        from pyhanko.keys import load_certs_from_pemder

        try:
            found = list(load_certs_from_pemder([str(self.certificates)]))
        except (OSError, ValueError) as error:
            raise SettingsError(f"the signing certificates cannot be read: {error}") from None
        if not found:
            raise SettingsError(f"{self.certificates.name} holds no certificate")
        return found

    def _key(self, file: Path) -> Any:
        from pyhanko.keys import load_private_key_from_pemder

        try:
            return load_private_key_from_pemder(str(file), passphrase=self.passphrase)
        except (OSError, ValueError) as error:
            raise SettingsError(f"the signing key cannot be read: {error}") from None


def of(settings: Settings) -> SigningKey:
    """The key in force; made now when none is named and none is there."""
    if settings.signing_key:
        if not settings.signing_cert:
            raise SettingsError("DEALFLOW_SIGNING_KEY needs DEALFLOW_SIGNING_CERT beside it")
        secret = (
            Path(settings.signing_password_file).read_bytes().strip()
            if settings.signing_password_file
            else None
        )
        on_device = settings.signing_key.startswith("pkcs11:")
        key = settings.signing_key if on_device else Path(settings.signing_key)
        return SigningKey(key, Path(settings.signing_cert), secret, settings.tsa_url)
    folder = settings.instance / "keys" / "signing"
    if not (folder / CERTIFICATES).exists():
        make(folder, settings.base_url)
    return SigningKey(folder / KEY, folder / CERTIFICATES, None, settings.tsa_url)


def make(folder: Path, name: str) -> None:
    """A P-256 key with a certificate of an authority made for it, which signs nothing else and whose key is thrown away.

    Two processes may make it at once: the first to put the certificates in place wins, whole.
    """
    from cryptography.hazmat.primitives import serialization

    pem = serialization.Encoding.PEM
    key, chain = _key_and_chain(name)
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    folder.parent.mkdir(parents=True, exist_ok=True)
    # The whole folder appears at once, so that key and certificates always belong together.
    made = folder.with_name(f".{folder.name}-{os.getpid()}")
    made.mkdir(mode=0o700)
    (made / KEY).touch(mode=0o600)
    (made / KEY).write_bytes(private)
    (made / CERTIFICATES).write_bytes(b"".join(certificate.public_bytes(pem) for certificate in chain))
    try:
        made.rename(folder)
    except OSError:
        if not (folder / CERTIFICATES).exists():
            raise
        for path in made.iterdir():
            path.unlink()
        made.rmdir()


def _key_and_chain(name: str) -> tuple[Any, list[Any]]:
    """A private key, its certificate and the root that issued it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    leaf = _certificate(f"Dealflow platform seal, {name}", key, root_key, authority=False)
    return key, [leaf, _certificate(ROOT, root_key, root_key, authority=True)]


def _certificate(name: str, key: Any, root_key: Any, *, authority: bool) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    usage = x509.KeyUsage(
        digital_signature=not authority, content_commitment=not authority, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    start = clock.now() - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_title(name))
        .issuer_name(_title(ROOT))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + YEARS)
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True
        )
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
    )
    return builder.sign(root_key, hashes.SHA256())


def _title(name: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    parts = {NameOID.ORGANIZATION_NAME: "Dealflow", NameOID.COMMON_NAME: name[:64]}
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts.items()])
