/**
 * The order as the server answered last, and the changes that the buyer makes
 * to it. Changes are sent one after the other, so the last answer is the
 * newest order; a newer wish of the same kind takes the place of one that
 * still waits. The amounts are the server's alone.
 *
 * @typedef {import('./api.js').Order} Order
 * @typedef {{sku: string, quantity: number}[]} Cart
 * @typedef {{items?: Cart, promotion_code?: string, shipping_rate?: string, email?: string,
 *   shipping?: import('./api.js').Address | null, billing?: import('./api.js').Address | null}} Change
 * @typedef {{change: Change, answer: Promise<Order>, resolve: (order: Order) => void,
 *   reject: (failure: unknown) => void}} Wish
 */
import { ApiError, patch } from './api.js';
import { askOrder, leave } from './session.js';

/** @type {Order} */
let known;
/** @type {((order: Order) => void)[]} */
const listeners = [];
/** @type {((changing: boolean) => void)[]} */
const watchers = [];
/** @type {Wish[]} */
const wishes = []; // the first one is being carried out
let working = false;

export function order() {
  return known;
}

/** @param {Order} next as the server knows it */
export function setOrder(next) {
  known = next;
  for (const listener of listeners) listener(next);
}

/** @param {(order: Order) => void} listener called with every order that the server answers */
export function onOrder(listener) {
  listeners.push(listener);
}

/** @param {(changing: boolean) => void} watcher called when there is a change to make, and when none is left */
export function onChanging(watcher) {
  watchers.push(watcher);
}

/** A payment under way holds what is paid for as it is. */
export function isChangeable() {
  return known?.status === 'open' && ['unpaid', 'failed'].includes(known.payment_status);
}

/**
 * The cart that the buyer wants: presses may come faster than answers.
 *
 * @returns {Cart}
 */
export function wantedItems() {
  const wished = wishes.findLast(({ change }) => change.items)?.change.items;
  return wished ?? known.items.map(({ sku, quantity }) => ({ sku, quantity }));
}

/**
 * @param {Change} wanted
 * @returns {Promise<Order>} rejects with an ApiError; then the order is as it was
 */
export function change(wanted) {
  const waiting = wishes
    .slice(1)
    .find((wish) => String(Object.keys(wish.change)) === String(Object.keys(wanted)));
  if (waiting) {
    waiting.change = wanted;
    return waiting.answer;
  }
  const wish = /** @type {Wish} */ ({ change: wanted });
  wish.answer = new Promise((resolve, reject) => Object.assign(wish, { resolve, reject }));
  wishes.push(wish);
  if (!working) work();
  return wish.answer;
}

/** Waits until no change is under way; whether one failed is told to who made it. */
export async function settled() {
  while (wishes.length > 0) await wishes[0].answer.catch(() => {});
}

/** Who hears of one change may wish for the next: it is done in its turn. */
async function work() {
  watched(true);
  while (wishes.length > 0) {
    const wish = wishes[0];
    try {
      const answer = await patch(`/orders/${encodeURIComponent(known.id)}`, wish.change);
      done(answer);
      wish.resolve(answer);
    } catch (failure) {
      await failed(failure);
      wish.reject(failure);
    }
  }
  watched(false);
}

/** @param {boolean} changing */
function watched(changing) {
  working = changing;
  for (const watcher of watchers) watcher(changing);
}

/** @param {Order} answer */
function done(answer) {
  wishes.shift();
  setOrder(answer);
}

/** @param {unknown} failure */
async function failed(failure) {
  if (
    failure instanceof ApiError &&
    ['order_not_open', 'payment_in_progress'].includes(failure.code)
  )
    leave();
  // Nobody knows whether a lost change was made: the server does.
  const now =
    failure instanceof ApiError && failure.lost ? await askOrder().catch(() => known) : known;
  done(now);
}
