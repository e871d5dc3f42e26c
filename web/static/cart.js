/**
 * The cart lives in this browser only; the server prices what is ordered.
 *
 * @typedef {{quantity: number, name: string}} CartLine
 * @typedef {{lines: Record<string, CartLine>, order: string, currency?: string}} Cart lines by sku; order is the
 *   id that this very cart was ordered under, "" if it was not or has changed since; currency is the one that
 *   the buyer chose
 */

const key = 'checkoutd.cart';
export const maxQuantity = 99;

/** @type {Cart} */
let memory = { lines: {}, order: '' }; // stands in where the browser forbids storage

/** @returns {Cart} */
export function load() {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isCart(stored) ? stored : { lines: {}, order: '' };
  } catch {
    return memory;
  }
}

/** @param {Cart} cart */
export function save(cart) {
  memory = cart;
  try {
    localStorage.setItem(key, JSON.stringify(cart));
  } catch {
    // Full or forbidden: the cart lasts as long as the page.
  }
}

/**
 * Empties the cart if it is the one that was ordered so and is paid for by
 * now; a cart whose order came to nothing can be ordered again.
 *
 * @param {{id: string, status: string}} order as the server knows it
 * @returns {boolean} whether the cart has changed
 */
export function settle({ id, status }) {
  const { lines, order, currency } = load();
  if (order !== id || status === 'open') return false;
  save({
    lines: ['paid', 'authorized', 'review'].includes(status) ? {} : lines,
    order: '',
    currency,
  });
  return true;
}

/** @param {(event: StorageEvent) => void} changed called when another tab changed the cart */
export function onOtherTab(changed) {
  addEventListener('storage', (event) => {
    if (event.key === key) changed(event);
  });
}

/**
 * Another version of this page, or a person, may have written it.
 *
 * @param {any} value
 */
function isCart(value) {
  return (
    typeof value?.lines === 'object' &&
    value.lines !== null &&
    typeof value.order === 'string' &&
    ['string', 'undefined'].includes(typeof value.currency) &&
    Object.values(value.lines).every(
      (line) =>
        Number.isInteger(line?.quantity) &&
        line.quantity > 0 &&
        line.quantity <= maxQuantity &&
        typeof line.name === 'string',
    )
  );
}
