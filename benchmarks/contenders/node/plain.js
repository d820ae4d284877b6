// Express written by hand: verify over the raw body, insert, answer.
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import { keep } from './storing.js';

const secret = process.env.HANDCART_API_SECRET;

function isGenuine(request) {
  const digest = createHmac('sha256', secret).update(request.body).digest();
  const given = Buffer.from(request.get('X-Shopify-Hmac-Sha256') ?? '', 'base64');
  return given.length === digest.length && timingSafeEqual(given, digest);
}

const app = express();
app.post('/webhooks', express.raw({ type: '*/*', limit: '5mb' }), async (request, response) => {
  if (!isGenuine(request)) return response.sendStatus(401);
  await keep(
    request.get('X-Shopify-Webhook-Id'),
    request.get('X-Shopify-Topic'),
    request.get('X-Shopify-Shop-Domain'),
    request.body.toString(),
  );
  return response.status(200).end();
});
app.listen(Number(process.env.PORT), '127.0.0.1');
