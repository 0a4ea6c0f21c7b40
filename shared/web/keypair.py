"""Makes the pair of keys that signs and verifies identities, once: `python -m shared.web.keypair PRIVATE PUBLIC`."""

import json
import sys
from pathlib import Path

from joserfc.jwk import OKPKey


def make() -> tuple[str, str]:
    """A new pair (private, public), each a JWK as JSON."""
    pair = OKPKey.generate_key("Ed25519")
    return json.dumps(pair.as_dict(private=True)), json.dumps(pair.as_dict(private=False))


def write(private: Path, public: Path) -> None:
    """Write `signing_key` into one folder and `verify_key` into the other; an existing pair stays."""
    if (private / "signing_key").exists() and (public / "verify_key").exists():
        return
    signing_key, verify_key = make()
    (private / "signing_key").write_text(signing_key)
    (public / "verify_key").write_text(verify_key)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
