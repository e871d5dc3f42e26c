/**
 * The cart. It lives in this browser only; the server prices the order.
 *
 * @typedef {{quantity: number, name: string}} CartLine
 *
 * @typedef {object} Cart lines by SKU; order is the ID of the order made from
 *   this cart, "" if there is none or the cart has changed since; currency is
 *   the buyer's choice
 * @property {Record<string, CartLine>} lines
 * @property {string} order
 * @property {string} [currency]
 */

const key = 'checkoutd.cart';
export const maxQuantity = 99;

/** @type {Cart} */
let memory = { lines: {}, order: '' }; // used where the browser forbids storage

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
    // Storage is full or forbidden: the cart lasts as long as the page.
  }
}

/**
 * Updates the cart when its order is no longer open. It empties the cart if the
 * order was paid; otherwise the cart can be ordered again.
 *
 * @param {{id: string, status: string}} order as the server reported it
 * @returns {boolean} whether this changed the cart
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

/**
 * @param {(event: StorageEvent) => void} changed called when another tab
 *   changes the cart
 */
export function onOtherTab(changed) {
  addEventListener('storage', (event) => {
    if (event.key === key) changed(event);
  });
}

/**
 * Reports whether a stored value is a cart. Reports whether a stored value is a
 * cart. Reports whether a stored value is a cart. Another version of this page,
 * or a person, may have written it.
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
