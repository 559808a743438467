"""Key pairs and certificates, made by `openssl` in a temporary folder at start, and the check of a key-pair login's JWT."""

import base64
import hashlib
import json
import pathlib
import subprocess
import tempfile
import time

PASSPHRASE = "key passphrase"


def openssl(*arguments, stdin=b""):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def user_keys(folder):
    """Paths of the keys a user may log in with, by name."""
    rsa, der, locked, ec = (folder / name for name in ("rsa_key.p8", "rsa_key.der", "rsa_key_encrypted.p8", "ec_key.p8"))
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", rsa)
    openssl("pkcs8", "-topk8", "-in", rsa, "-nocrypt", "-outform", "DER", "-out", der)
    openssl("pkcs8", "-topk8", "-in", rsa, "-v2", "aes-256-cbc", "-passout", f"pass:{PASSPHRASE}", "-out", locked)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", ec)
    other = folder / "other_key.p8"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other)
    return {"rsa": str(rsa), "rsa_der": str(der), "rsa_encrypted": str(locked), "passphrase": PASSPHRASE, "ec": str(ec),
            "unknown": str(other)}


def certificates(folder):
    """A CA, a right certificate for localhost and 127.0.0.1, and wrong ones: of no known CA, of another name, out of date."""
    authority(folder, "ca")
    authority(folder, "other_ca")
    here = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    return {
        "ca": str(folder / "ca.crt"),
        "right": certificate(folder, "right", "ca", here, days=2),
        "unknown_ca": certificate(folder, "unknown_ca", "other_ca", here, days=2),
        "wrong_name": certificate(folder, "wrong_name", "ca", "subjectAltName=DNS:elsewhere.invalid", days=2),
        "expired": certificate(folder, "expired", "ca", here, days=-1),
    }


def authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN=Scripted {name}",
            "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def certificate(folder, name, issuer, names, days):
    key, request, out, extensions = (folder / f"{name}.{end}" for end in ("key", "csr", "crt", "ext"))
    extensions.write_text(f"{names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n", encoding="ascii")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", folder / f"{issuer}.crt", "-CAkey", folder / f"{issuer}.key",
            "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", out)
    return (str(out), str(key))


class PublicKey:
    """A user's registered public key; PEM text in."""

    def __init__(self, pem):
        self.pem = pem
        der = openssl("pkey", "-pubin", "-outform", "DER", stdin=pem.encode())
        self.fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    @staticmethod
    def of_private(path):
        return PublicKey(openssl("pkey", "-in", path, "-pubout").decode())

    def signed(self, message, signature, algorithm):
        if algorithm.startswith("ES"):
            signature = der_signature(signature)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "key").write_text(self.pem, encoding="ascii")
            (folder / "signature").write_bytes(signature)
            try:
                openssl("dgst", f"-sha{algorithm[2:]}", "-verify", folder / "key", "-signature", folder / "signature", stdin=message)
            except RuntimeError:
                return False
            return True


def der_signature(raw):
    """JWT writes an ECDSA signature as r||s, OpenSSL as SEQUENCE { INTEGER r, INTEGER s }."""
    half = len(raw) // 2
    parts = b""
    for part in (raw[:half], raw[half:]):
        number = int.from_bytes(part, "big")
        octets = number.to_bytes(number.bit_length() // 8 + 1, "big")
        parts += b"\x02" + bytes([len(octets)]) + octets
    length = bytes([len(parts)]) if len(parts) < 128 else b"\x81" + bytes([len(parts)])
    return b"\x30" + length + parts


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def jwt_fault(token, account, user, keys, now=None):
    """None when the JWT logs `user` in, else (code, what is wrong with it)."""
    now = time.time() if now is None else now
    try:
        head_part, claims_part, signature_part = token.split(".")
        head, claims, signature = json.loads(decoded(head_part)), json.loads(decoded(claims_part)), decoded(signature_part)
    except (ValueError, AttributeError) as error:
        return "394306", f"JWT format: {error}"
    if head.get("alg") not in ("RS256", "ES256", "ES384", "ES512") or head.get("typ", "JWT") != "JWT":
        return "394305", f"JWT head {head}"
    subject = str(claims.get("sub", ""))
    if subject != subject.upper() or not subject.startswith(account.split(".")[0].upper() + "."):
        return "394300", f"JWT sub {subject!r} is not of account {account!r}"
    if user and subject.split(".", 1)[1] != user.upper():
        return "394300", f"JWT sub {subject!r} is not user {user!r}"
    key = next((key for key in keys if claims.get("iss") == f"{subject}.{key.fingerprint}"), None)
    if key is None:
        return "394304", f"JWT iss {claims.get('iss')!r} names no registered key"
    issued, expires = claims.get("iat"), claims.get("exp")
    if not all(isinstance(value, (int, float)) for value in (issued, expires)):
        return "394303", f"JWT lives from {issued} to {expires}"
    if issued > 1e12:  # the Node.js driver writes milliseconds, and Snowflake takes them
        issued, expires = issued / 1000, expires / 1000
    if not 0 < expires - issued <= 3600 + 60:
        return "394303", f"JWT lives from {issued} to {expires}"
    if expires <= now:
        return "394301", "JWT expired"
    if issued > now + 60:
        return "394302", "JWT not yet valid"
    if not key.signed(f"{head_part}.{claims_part}".encode(), signature, head["alg"]):
        return "390144", "JWT signature"
    return None
