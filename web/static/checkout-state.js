/**
 * The checkout of an order that has no form to show: it is paid, over, or its
 * payment is under way. Then the page after the payment takes over as soon as
 * there is something to say.
 *
 * @typedef {import('./poll.js').Known & {completeUrl: string}} StateData
 */
import * as cart from './cart.js';
import { pageData } from './page.js';
import { hasMoved } from './poll.js';

/** @type {StateData} */
const page = pageData();

cart.settle({ id: page.orderId, status: page.status });
if (await hasMoved(page)) location.replace(page.completeUrl);
