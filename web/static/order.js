/**
 * The latest order from the server, and the buyer's changes to it. Changes are
 * sent one at a time, so the last response is the newest order. A newer change
 * of the same kind replaces one that is still queued. Only the server computes
 * amounts.
 *
 * @typedef {import('./api.js').Order} Order
 * @typedef {{sku: string, quantity: number}[]} Cart
 *
 * @typedef {object} Change
 * @property {Cart} [items]
 * @property {string} [promotion_code]
 * @property {string} [shipping_rate]
 * @property {string} [email]
 * @property {import('./api.js').Address | null} [shipping]
 * @property {import('./api.js').Address | null} [billing]
 *
 * @typedef {object} QueuedChange
 * @property {Change} change
 * @property {Promise<Order>} outcome
 * @property {(order: Order) => void} resolve
 * @property {(failure: unknown) => void} reject
 *
 * @typedef {ReturnType<typeof createOrder>} OrderState
 */
import { ApiError } from './api.js';

/**
 * @param {import('./session.js').Place} place
 * @param {import('./session.js').Session} session
 */
export function createOrder({ api }, session) {
  /** @type {Order} */
  let current;
  /** @type {((order: Order) => void)[]} */
  const listeners = [];
  /** @type {((changing: boolean) => void)[]} */
  const watchers = [];
  /** @type {QueuedChange[]} */
  const queue = []; // the first one is in flight
  let isChanging = false;

  function order() {
    return current;
  }

  /** @param {Order} next as the server reported it */
  function setOrder(next) {
    current = next;
    for (const listener of listeners) listener(next);
  }

  /**
   * @param {(order: Order) => void} listener called with every order that the
   *   server returns
   */
  function onOrder(listener) {
    listeners.push(listener);
  }

  /**
   * @param {(changing: boolean) => void} watcher called with true when a change
   *   starts, with false when none is left
   */
  function onChanging(watcher) {
    watchers.push(watcher);
  }

  /**
   * Reports whether an order costs nothing: it is placed without a payment.
   *
   * @param {Order} [of]
   */
  function isFree(of = current) {
    return of.mode === 'payment' && of.amount === 0;
  }

  /**
   * Reports whether the order can be changed: not while a payment is in flight.
   */
  function isChangeable() {
    return current?.status === 'open' && ['unpaid', 'failed'].includes(current.payment_status);
  }

  /**
   * Returns the items that the buyer wants: clicks may come faster than
   * responses.
   *
   * @returns {Cart}
   */
  function wantedItems() {
    const queued = queue.findLast(({ change }) => change.items)?.change.items;
    return queued ?? current.items.map(({ sku, quantity }) => ({ sku, quantity }));
  }

  /**
   * Queues a change. A queued change of the same fields is replaced, and both
   * callers get its outcome.
   *
   * @param {Change} wanted
   * @returns {Promise<Order>} rejects with an ApiError; then the order is
   *   unchanged
   */
  function change(wanted) {
    // The first one is in flight already.
    const waiting = queue
      .slice(1)
      .find((queued) => String(Object.keys(queued.change)) === String(Object.keys(wanted)));

    if (waiting) {
      waiting.change = wanted;
      return waiting.outcome;
    }

    const queued = /** @type {QueuedChange} */ ({ change: wanted });
    queued.outcome = new Promise((resolve, reject) => Object.assign(queued, { resolve, reject }));
    queue.push(queued);
    if (!isChanging) sendChanges();

    return queued.outcome;
  }

  /**
   * Waits until no change is in flight. Failures are reported to the callers of
   * change.
   */
  async function settled() {
    while (queue.length > 0) await queue[0].outcome.catch(() => {});
  }

  /**
   * Sends the changes one by one. A listener may queue another; it gets its
   * turn.
   */
  async function sendChanges() {
    setChanging(true);

    while (queue.length > 0) {
      const queued = queue[0];
      try {
        const changed = await api.patch(`/orders/${encodeURIComponent(current.id)}`, queued.change);
        finish(changed);
        queued.resolve(changed);
      } catch (failure) {
        await fail(failure);
        queued.reject(failure);
      }
    }

    setChanging(false);
  }

  /** @param {boolean} changing */
  function setChanging(changing) {
    isChanging = changing;
    for (const watcher of watchers) watcher(changing);
  }

  /** @param {Order} next */
  function finish(next) {
    queue.shift();
    setOrder(next);
  }

  /** @param {unknown} failure */
  async function fail(failure) {
    const isOver =
      failure instanceof ApiError &&
      ['order_not_open', 'payment_in_progress'].includes(failure.code);
    if (isOver) session.leave();
    else session.isLost(failure);

    // Only the server knows whether a lost change took effect.
    const isUnknown = failure instanceof ApiError && failure.lost;
    finish(isUnknown ? await session.askOrder().catch(() => current) : current);
  }

  return {
    order,
    setOrder,
    onOrder,
    onChanging,
    isFree,
    isChangeable,
    wantedItems,
    change,
    settled,
  };
}
