// Receives checkoutd's webhooks. Run: WEBHOOK_SECRET=whsec_… PORT=3000 node receive.mjs
import {createHmac, timingSafeEqual} from 'node:crypto';
import {createServer} from 'node:http';

const key = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
if (key.length < 24) throw new Error('WEBHOOK_SECRET is not set');
const seen = new Set(); // in your database: a unique column, in the transaction that ships

createServer(async (req, res) => {
	const chunks = [];
	for await (const chunk of req) chunks.push(chunk);
	const body = Buffer.concat(chunks); // the exact bytes: they are signed

	const {'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = ''} = req.headers;
	const want = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest();
	const signed = signatures.split(' ').some((s) => {
		const got = Buffer.from(s.replace(/^v1,/, ''), 'base64');
		return s.startsWith('v1,') && got.length === want.length && timingSafeEqual(got, want);
	});
	if (!signed || Math.abs(Date.now() / 1000 - Number(time)) > 300) return res.writeHead(401).end();

	const {type, data} = JSON.parse(body);
	if (type === 'order.paid' && !seen.has(id)) console.log(`ship ${data.id}, ${data.amount} ${data.currency}`);
	seen.add(id);
	res.writeHead(204).end();
}).listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log('ready'));
