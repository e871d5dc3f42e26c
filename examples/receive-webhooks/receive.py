# Receives checkoutd's webhooks. Run: WEBHOOK_SECRET=whsec_… PORT=3000 python3 receive.py
import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
assert len(key) >= 24
seen = set()  # in your database: a unique column, in the transaction that ships


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))  # the exact bytes: they are signed
        id, at = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "0")
        mac = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        want = "v1," + base64.b64encode(mac).decode()
        signatures = self.headers.get("webhook-signature", "").split(" ")
        signed = any(hmac.compare_digest(s, want) for s in signatures)
        if not signed or abs(time.time() - int(at)) > 300:
            return self.answer(401)

        message = json.loads(body)
        if message["type"] == "order.paid" and id not in seen:
            order = message["data"]
            print("ship", order["id"] + ",", order["amount"], order["currency"], flush=True)
        seen.add(id)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver)
print("ready", flush=True)
server.serve_forever()
