"""In namespaces of its own, the shop's domain is this machine: https at 443, a CA, a hosts file.

Nothing of a client is replaced then; nothing outside the namespaces is changed.
"""

from __future__ import annotations

import fcntl
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41  # Linux: SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "content-encoding"}


class NotToBeHad(Exception):
    """The domain cannot be led here; says why."""


def lead_here(domain: str, folder: Path) -> None:
    """Loopback is up, and ``domain`` is it; raises NotToBeHad."""
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {domain}\n")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))
        subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
        found = socket.gethostbyname(domain)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotToBeHad(str(error)) from None
    if found != "127.0.0.1":
        raise NotToBeHad(f"{domain} is not looked up in /etc/hosts here: {found}")


@contextmanager
def https_at(domain: str, *, leads_to: str, folder: Path) -> Iterator[Path]:
    """What ``leads_to`` answers is answered by ``https://domain``; gives the CA to trust."""
    authority, chain = _certificates(domain, folder)

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: text for name, text in self.headers.items() if name != "Host"}
            got = requests.request(
                self.command, f"{leads_to}{self.path}", data=body, headers=headers, timeout=60
            )
            self.send_response_only(got.status_code)
            for name, text in got.headers.items():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, text)
            self.send_header("Content-Length", str(len(got.content)))
            self.end_headers()
            self.wfile.write(got.content)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 443), Passing)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield authority
    server.shutdown()
    server.server_close()


def _certificates(domain: str, folder: Path) -> tuple[Path, Path]:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("Handcart's tests", authority_key, by=None, key=authority_key)
    leaf = _certificate(domain, authority_key, by=authority, key=key)
    trusted, chain = folder / "authority.pem", folder / "chain.pem"
    pem = serialization.Encoding.PEM
    trusted.write_bytes(authority.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + leaf.public_bytes(pem))
    return trusted, chain


def _certificate(
    name: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    by: x509.Certificate | None,
    key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """An authority's when ``by`` is None, else the one of a domain."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(*(flag in {0, 5, 6} for flag in range(9)))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    if by is None:
        made = made.add_extension(usage, critical=True)
    else:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(signer, hashes.SHA256())
