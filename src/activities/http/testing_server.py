"""The server that tests of http talk to: prints "port N", then a line for each thing a test waits for. Arguments: certificate and key for
TLS, and the authority of the clients it wants."""
import gzip
import json
import ssl
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONG = b"".join(b"%07d\n" % i for i in range(40000))  # 320 000 bytes, each line another
LOCK = threading.Lock()
SEEN = {}


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=(), kind="application/json"):
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def ranged(self, content, tag, cut_first):
        """Content that can be asked for in parts; cut_first: the first request gets half of it and a closed connection."""
        first = 0
        asked = self.headers.get("Range")
        if asked and self.headers.get("If-Range") == tag:
            first = int(asked.split("=")[1].split("-")[0])
            if first >= len(content):
                self.answer(416, headers=[("Content-Range", f"bytes */{len(content)}")])
                return
        with LOCK:
            count = SEEN[self.path] = SEEN.get(self.path, 0) + 1
        print(f"asked {self.path} from {first}", flush=True)
        rest = content[first:]
        self.send_response(206 if first else 200)
        self.send_header("ETag", tag)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if cut_first and count == 1:
            self.wfile.write(rest[:len(rest) // 2])
            self.close_connection = True
        else:
            self.wfile.write(rest)

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        size = int(self.headers.get("Content-Length") or 0)
        chunked = self.headers.get("Transfer-Encoding") == "chunked"
        body = self.rfile.read(size)
        while chunked:
            length = int(self.rfile.readline(), 16)
            body += self.rfile.read(length)
            self.rfile.readline()
            chunked = length > 0
        parts = url.path.strip("/").split("/")
        what, rest = parts[0], parts[1:]
        if what == "quotes":
            self.answer(200, ('{"price": 10.50, "asked": %s}' % json.dumps(url.query)).encode())
        elif what == "status":
            self.answer(int(rest[0]), b'{"reason": "asked for it"}')
        elif what == "echo":
            told = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                    "body": body.decode("utf-8", "replace")}
            self.answer(200, json.dumps(told).encode())
        elif what == "file":
            self.answer(200, urllib.parse.unquote("/".join(rest)).encode(), kind="application/octet-stream")
        elif what == "broken":
            self.ranged(LONG, '"v1"', True)
        elif what == "changing":
            with LOCK:
                version = SEEN.get(self.path, 0)
            self.ranged(LONG if version == 0 else LONG[::-1], f'"v{version}"', True)
        elif what == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)
            self.close_connection = True
        elif what in ("hang", "trickle"):
            if what == "trickle":
                self.send_response(200)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                self.wfile.write(b"first")
            print(f"hanging {url.path}", flush=True)
            self.rfile.read(1)  # until the client leaves
            print(f"left {url.path}", flush=True)
            self.close_connection = True
        elif what == "bytes":  # a multiple of 10 000
            self.send_response(200)
            self.send_header("Content-Length", rest[0])
            self.end_headers()
            try:
                for _ in range(int(rest[0]) // 10000):
                    self.wfile.write(b"x" * 10000)
            except OSError:
                self.close_connection = True
        elif what == "bomb":
            self.answer(200, gzip.compress(bytes(80 << 20)), [("Content-Encoding", "gzip")], "application/octet-stream")
        elif what == "zipped":
            self.answer(200, gzip.compress("压缩过的".encode()), [("Content-Encoding", "gzip")], "text/plain; charset=utf-8")
        elif what == "redirect":
            self.answer(int(query.get("status", "302")), b"go there", [("Location", query["to"])], "text/plain")
        elif what == "loop":
            self.answer(302, b"", [("Location", self.path)])
        elif what == "gbk":
            self.answer(200, "中文".encode("gbk"), kind='text/html; charset="GBK"')
        elif what == "silent":
            self.answer(200, "中文".encode("gb18030"), kind="text/plain")
        elif what == "odd":
            self.answer(200, "ä".encode("utf-16"), kind="text/plain; charset=utf-16")
        elif what == "untyped":
            self.answer(200, b"\x00\x01", kind=None)
        elif what == "bad_json":
            self.answer(200, b'{"a": nope}')
        elif what == "cookies":
            self.answer(200, b"{}", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Expires=Sat, 28 Nov 2026"), ("Vary", "a"), ("Vary", "b")])
        elif what == "client":
            self.answer(200, json.dumps(dict(x[0] for x in self.connection.getpeercert()["subject"])).encode())
        else:
            self.answer(404, b'{"reason": "no such thing"}')

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve


server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
server.daemon_threads = True
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        context.load_verify_locations(sys.argv[3])
        context.verify_mode = ssl.CERT_REQUIRED
    # The handshake belongs to the connection's own thread: one that fails ends nobody else.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.handle_error = lambda *_: None
print(f"port {server.server_port}", flush=True)
server.serve_forever()
