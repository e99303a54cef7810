"""Prints the headers of a signed request: sign.py KEY_FILE METHOD TARGET [BODY_FILE]. Python 3.9 or newer, standard library only."""
import hashlib
import hmac
import os
import pathlib
import secrets
import sys
import time
from urllib.parse import quote_from_bytes, unquote_to_bytes

HASHES = {"QJ1-HMAC-SHA256": "sha256", "QJ1-HMAC-SM3": "sm3"}


def encoded_again(text: str) -> str:
    return quote_from_bytes(unquote_to_bytes(text.replace("+", " ")), safe="")


def canonical_query(query: str) -> str:
    pairs = []
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((encoded_again(name), encoded_again(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def string_to_sign(algorithm, method, target, timestamp, nonce, on_behalf_of, body):
    path, _, query = target.partition("?")
    digest = hashlib.new(HASHES[algorithm], body).hexdigest()
    return "\n".join([algorithm, method, path, canonical_query(query), timestamp, nonce, on_behalf_of, digest])


def signed_headers(access_key, secret, method, target, body=b"", algorithm="QJ1-HMAC-SHA256", on_behalf_of="", timestamp=None, nonce=None):
    timestamp = timestamp or str(int(time.time()))
    nonce = nonce or secrets.token_urlsafe(24)
    text = string_to_sign(algorithm, method, target, timestamp, nonce, on_behalf_of, body)
    tag = hmac.new(secret.encode(), text.encode(), HASHES[algorithm]).hexdigest()
    headers = {"X-Access-Key": access_key, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": f"{algorithm} {tag}"}
    if on_behalf_of:
        headers["X-On-Behalf-Of"] = on_behalf_of
    return headers


def main(arguments):
    if len(arguments) not in (3, 4):
        sys.exit("usage: sign.py KEY_FILE METHOD TARGET [BODY_FILE]")
    access_key, secret = pathlib.Path(arguments[0]).read_text().split()
    body = pathlib.Path(arguments[3]).read_bytes() if len(arguments) == 4 else b""
    environment = os.environ.get
    headers = signed_headers(access_key, secret, arguments[1], arguments[2], body, environment("QJ_ALGORITHM", "QJ1-HMAC-SHA256"),
                             environment("QJ_ON_BEHALF_OF", ""), environment("QJ_TIMESTAMP"), environment("QJ_NONCE"))
    for name, value in headers.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
