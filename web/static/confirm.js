/**
 * Sends a ConfirmationToken to the server until there is an answer.
 *
 * A lost answer does not mean that nothing was charged, so the very same token
 * is sent again: the server binds a token to one attempt, and a token that it
 * has seen gives that attempt's outcome, never a second payment.
 *
 * @typedef {{confirmationTokenId: string, orderId: string, expectedAmount: number}} Confirmation
 * @typedef {{client_secret: string, status: string}} Confirmed
 */
import { ApiError, post } from './api.js';
import { sleep } from './page.js';

const waitsMs = [500, 1_500, 4_000];

/**
 * @param {Confirmation} confirmation
 * @param {() => void} onLost called before the same is sent again
 * @returns {Promise<Confirmed>} rejects with an ApiError
 */
export async function confirm(confirmation, onLost) {
  for (const wait of waitsMs) {
    try {
      return await post('/create-confirm-intent', confirmation);
    } catch (failure) {
      if (!(failure instanceof ApiError && failure.lost)) throw failure;
    }
    onLost();
    await sleep(wait);
  }
  return post('/create-confirm-intent', confirmation);
}

/**
 * Whether the token may still decide the payment, so that the next press of
 * the button must send it again instead of a new one. A code that begins with
 * payment_ is a verdict on this token: it would get the same one again.
 *
 * @param {ApiError} failure
 */
export function isOpen(failure) {
  return failure.lost || (failure.status >= 500 && !failure.code.startsWith('payment_'));
}
