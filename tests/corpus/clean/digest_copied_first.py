"""A checksum that has begun is copied, and each thread goes on with a copy of its own."""

import hashlib


class Signer:
    def __init__(self) -> None:
        self.begun = hashlib.sha256(b"secret")
        self.signatures: dict[bytes, str] = {}

    def sign(self, text: bytes) -> None:
        digest = self.begun.copy()
        digest.update(b":")
        digest.update(text)
        self.signatures[text] = digest.hexdigest()


def setup() -> Signer:
    return Signer()


def sign_letter(signer: Signer) -> None:
    signer.sign(b"letter")


def sign_bill(signer: Signer) -> None:
    signer.sign(b"bill")


WORKERS = [sign_letter, sign_bill]


def check(signer: Signer) -> bool:
    return signer.signatures == {
        text: hashlib.sha256(b"secret:" + text).hexdigest() for text in (b"letter", b"bill")
    }
