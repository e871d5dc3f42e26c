// A shop's backend. Run: CHECKOUTD=http://localhost:4242 API_KEY=ck_test_… WEBHOOK_SECRET=whsec_… PORT=3000 node shop.mjs
import {createHmac, timingSafeEqual} from 'node:crypto';
import {createServer} from 'node:http';

const {CHECKOUTD, API_KEY, WEBHOOK_SECRET, PORT} = process.env;
if (!WEBHOOK_SECRET) throw new Error('WEBHOOK_SECRET is not set');

async function buy(number, res) {
	const made = await fetch(`${CHECKOUTD}/v1/orders`, {
		method: 'POST',
		headers: {Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json', 'Idempotency-Key': `order ${number}`},
		body: JSON.stringify({reference: `A-${number}`, currency: 'usd', items: [{name: 'Enamel mug', unit_amount: 1800}], success_url: 'https://shop.example/thanks'}),
	});
	if (made.status !== 201) return res.writeHead(502).end('please try again');
	res.writeHead(303, {Location: (await made.json()).url}).end();
}

function receive({'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = ''}, body, res) {
	const want = createHmac('sha256', Buffer.from(WEBHOOK_SECRET.slice(6), 'base64')).update(`${id}.${time}.`).update(body).digest();
	const signed = signatures.split(' ').some((s) => {
		const got = Buffer.from(s.slice(3), 'base64');
		return s.startsWith('v1,') && got.length === want.length && timingSafeEqual(got, want);
	});
	if (!signed || Math.abs(Date.now() / 1000 - time) > 300) return res.writeHead(401).end();
	const {type, data} = JSON.parse(body);
	if (type === 'order.paid') console.log('ship', data.reference); // once for each webhook-id: store it in the same transaction
	res.writeHead(204).end();
}

createServer(async (req, res) => {
	const chunks = [];
	for await (const chunk of req) chunks.push(chunk);
	if (req.url.startsWith('/buy/')) return buy(req.url.slice(5), res);
	if (req.url === '/hooks') return receive(req.headers, Buffer.concat(chunks), res);
	res.writeHead(404).end();
}).listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
