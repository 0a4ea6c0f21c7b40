"""An authority for certificates, made for one test; who trusts another does not trust it."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

A_DAY = timedelta(days=1)


class Authority:
    """Its certificate is a file; it signs those of servers."""

    def __init__(self, folder: Path, name: str = "tests") -> None:
        self.folder, self._key = folder, generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        only = x509.BasicConstraints(ca=True, path_length=None)
        self.file.write_bytes(self._signed(self._name, self._key, only, critical=True))

    def server(self, *names: str) -> tuple[Path, Path]:
        """The files of a certificate for these names and of its key."""
        key, subject = generate_private_key(SECP256R1()), x509.Name([])
        files = self.folder / "server.pem", self.folder / "server.key"
        files[0].write_bytes(self._signed(subject, key, x509.SubjectAlternativeName(list(map(_name, names)))))
        files[1].write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        )
        return files

    def _signed(
        self,
        subject: x509.Name,
        key: EllipticCurvePrivateKey,
        about: x509.ExtensionType,
        *,
        critical: bool = False,
    ) -> bytes:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        dated = made.not_valid_before(now - A_DAY).not_valid_after(now + A_DAY)
        signed = dated.add_extension(about, critical=critical).sign(self._key, SHA256())
        return signed.public_bytes(Encoding.PEM)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
