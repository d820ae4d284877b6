// Express with the platform's own package, as its documentation shows it.
import { ApiVersion, DeliveryMethod } from '@shopify/shopify-api';
import { shopifyApp } from '@shopify/shopify-app-express';
import { MemorySessionStorage } from '@shopify/shopify-app-session-storage-memory';
import express from 'express';
import { keep } from './storing.js';

const shopify = shopifyApp({
  api: {
    apiKey: process.env.HANDCART_API_KEY,
    apiSecretKey: process.env.HANDCART_API_SECRET,
    apiVersion: Object.values(ApiVersion).at(-1),
    scopes: ['read_orders'],
    hostScheme: 'http',
    hostName: `127.0.0.1:${process.env.PORT}`,
    logger: { level: 0 },
  },
  auth: { path: '/auth', callbackPath: '/auth/callback' },
  webhooks: { path: '/webhooks' },
  sessionStorage: new MemorySessionStorage(),
});
const webhookHandlers = {
  ORDERS_CREATE: {
    deliveryMethod: DeliveryMethod.Http,
    callbackUrl: '/webhooks',
    callback: async (topic, shop, body, id) => {
      JSON.parse(body);
      await keep(id, topic, shop, body);
    },
  },
};
const app = express();
app.post('/webhooks', shopify.processWebhooks({ webhookHandlers }));
app.listen(Number(process.env.PORT), '127.0.0.1');
