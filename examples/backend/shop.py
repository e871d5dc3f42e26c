# A shop's backend. Run: CHECKOUTD=http://localhost:4242 API_KEY=ck_test_… WEBHOOK_SECRET=whsec_… PORT=3000 python3 shop.py
import base64, hashlib, hmac, json, os, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

env = os.environ
secret = base64.b64decode(env["WEBHOOK_SECRET"].removeprefix("whsec_"))
assert secret


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        number = self.path.removeprefix("/buy/")  # your own order number
        order = {"reference": "A-" + number, "currency": "usd", "items": [{"name": "Enamel mug", "unit_amount": 1800}],
                 "success_url": "https://shop.example/thanks"}
        headers = {"Authorization": "Bearer " + env["API_KEY"], "Content-Type": "application/json",
                   "Idempotency-Key": "order " + number}  # a repetition is the same order
        try:
            made = urllib.request.urlopen(urllib.request.Request(
                env["CHECKOUTD"] + "/v1/orders", json.dumps(order).encode(), headers))
            self.answer(303, json.load(made)["url"])
        except urllib.error.URLError:
            self.answer(502)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        id, at = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "0")
        mac = hmac.new(secret, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        want = "v1," + base64.b64encode(mac).decode()
        signed = any(hmac.compare_digest(s, want) for s in self.headers.get("webhook-signature", "").split(" "))
        if not signed or abs(time.time() - int(at)) > 300:
            return self.answer(401)
        message = json.loads(body)
        if message["type"] == "order.paid":  # once for each webhook-id: store it in the same transaction
            print("ship", message["data"]["reference"], flush=True)
        self.answer(204)

    def answer(self, status, location=None):
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.end_headers()

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", int(env["PORT"])), Shop)
print("ready", flush=True)
server.serve_forever()
