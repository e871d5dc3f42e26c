"""The stock of a shop behind PRECONFIRM_URL; see docs/rules.md.

    export PRECONFIRM_SECRET=whsec_$(openssl rand -base64 32)
    python3 examples/stock.py &
    PRECONFIRM_URL=http://localhost:8000/ bin/server sandbox

A real shop keeps what is held in its database, lets it go after some minutes,
and takes it from the stock when the webhook order.paid arrives.
"""
import base64, hmac, json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["PRECONFIRM_SECRET"].removeprefix("whsec_"))
stock = {"mug": 3, "tshirt-m": 1}  # whatever is not in it is never short
held = {}  # by order: what buyers are about to pay for


class Check(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        good = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        if not any(hmac.compare_digest(good, s) for s in self.headers["webhook-signature"].split()):
            return self.send_error(401)
        order = json.loads(body)["data"]["order"]
        held.pop(order["id"], None)  # the same order asks again
        taken = lambda sku: sum(items.get(sku, 0) for items in held.values())
        short = [i["name"] for i in order["items"] if i["quantity"] > stock.get(i["sku"], 1e9) - taken(i["sku"])]
        if not short:
            held[order["id"]] = {i["sku"]: i["quantity"] for i in order["items"]}
        answer = {"allow": not short} | ({"message": "Sold out: " + ", ".join(short)} if short else {})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


HTTPServer(("localhost", 8000), Check).serve_forever()
