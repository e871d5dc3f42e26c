/**
 * The checkout page of an order that cannot be paid here: it is paid or closed,
 * or a payment is in flight. As soon as the order changes, the completion page
 * takes over.
 *
 * @typedef {import('./poll.js').Known & {completeUrl: string}} StateData
 */
import * as cart from './cart.js';
import { api, pageData } from './page.js';
import { hasMoved } from './poll.js';

/** @type {StateData} */
const page = pageData();

cart.settle({ id: page.orderId, status: page.status });
if (await hasMoved(api, page)) location.replace(page.completeUrl);
