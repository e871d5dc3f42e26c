/**
 * Polls the server until an order changes. Only the server's status counts, and
 * only the server puts the outcome into words.
 *
 * @typedef {object} Known what the page shows, and how soon it may change
 * @property {string} orderId
 * @property {string} status
 * @property {string} paymentStatus
 * @property {'' | 'brief' | 'fast' | 'slow'} poll brief while only the news of
 *   what is already decided is on its way
 */
import { ApiError } from './api.js';
import { sleep } from './dom.js';

const paces = {
  brief: { firstMs: 300, growth: 1.6, longestMs: 2_000, tries: 6 },
  fast: { firstMs: 700, growth: 1.35, longestMs: 8_000, tries: 40 },
  slow: { firstMs: 4_000, growth: 1.6, longestMs: 60_000, tries: 20 },
};

/**
 * @param {import('./api.js').Api} api
 * @param {Known} known
 * @param {(waitedMs: number) => void} [onWait] called whenever nothing has
 *   changed yet
 * @returns {Promise<boolean>} false if it gave up or there is nothing to wait
 *   for
 */
export async function hasMoved(api, known, onWait = () => {}) {
  if (!known.poll) return false;

  const pace = paces[known.poll];
  const began = Date.now();
  let wait = pace.firstMs;
  for (let i = 0; i < pace.tries; i++) {
    await sleep(wait);
    if (await differs(api, known)) return true;

    onWait(Date.now() - began);
    wait = Math.min(wait * pace.growth, pace.longestMs);
  }

  return false;
}

/**
 * @param {import('./api.js').Api} api
 * @param {Known} known
 */
async function differs(api, { orderId, status, paymentStatus }) {
  try {
    const order = await api.get(`/orders/${encodeURIComponent(orderId)}`);
    return order.status !== status || order.payment_status !== paymentStatus;
  } catch (failure) {
    // The reloaded page says what is wrong.
    return failure instanceof ApiError && failure.status === 404;
  }
}
