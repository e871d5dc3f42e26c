/**
 * Sends a ConfirmationToken to the server until a response arrives.
 *
 * A lost response does not mean that nothing was charged, so retries send the
 * same token. The server binds a token to one attempt and answers a token that
 * it has seen with that attempt's outcome, never with a second payment.
 *
 * @typedef {object} Confirmation
 * @property {string} [confirmationTokenId] none for an order that costs nothing
 * @property {string} orderId
 * @property {number} expectedAmount
 * @property {string} [optionsFingerprint] of the order that the form is for
 * @property {boolean} [termsAccepted] the buyer agreed to the terms
 * @property {string} [termsVersion] the version of the terms on the page
 * @property {string} [returnUrl] where a bank's site sends the buyer back to
 *
 * @typedef {{client_secret: string, status: string}} Confirmed
 */
import { ApiError } from './api.js';
import { sleep } from './dom.js';

const waitsMs = [500, 1_500, 4_000];

/**
 * @param {import('./api.js').Api} api
 * @param {Confirmation} confirmation
 * @param {() => void} onLost called before each retry
 * @returns {Promise<Confirmed>} rejects with an ApiError
 */
export async function confirm(api, confirmation, onLost) {
  for (const wait of waitsMs) {
    try {
      return await api.post('/create-confirm-intent', confirmation);
    } catch (failure) {
      if (!(failure instanceof ApiError && failure.lost)) throw failure;
    }

    onLost();
    await sleep(wait);
  }

  return api.post('/create-confirm-intent', confirmation);
}

/**
 * Reports whether the outcome of the token is still open. If so, the next press
 * of the button must send the same token, not a new one. A code that begins
 * with payment_ is final for this token: sending it again returns the same
 * code.
 *
 * @param {ApiError} failure
 */
export function isOpen(failure) {
  return failure.lost || (failure.status >= 500 && !failure.code.startsWith('payment_'));
}
