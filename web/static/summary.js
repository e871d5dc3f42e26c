/**
 * The order on the checkout page: its lines, what is added and taken off, the
 * total, and the controls that change them. Every amount is drawn from one
 * answer of the server, so they never contradict each other.
 *
 * @typedef {import('./api.js').Order} Order
 * @typedef {import('./api.js').OrderItem} OrderItem
 */
import { describe } from './api.js';
import { phase, onPhase, setLabel } from './checkout-view.js';
import { formatAmount } from './money.js';
import { change, isChangeable, onChanging, onOrder, order, wantedItems } from './order.js';
import { byId, fill } from './page.js';
import { page, t } from './session.js';

const lines = byId('order-lines');
const maxQuantity = 99;

/** @param {number} amount */
export function money(amount) {
  return formatAmount(amount, page, page.locale);
}

/** What is paid now, in words: an amount, and how often for a subscription. @param {number} amount */
function inWords(amount) {
  return page.every ? `${money(amount)} ${page.every}` : money(amount);
}

/** The pay button's words; until the order is known, those that the server wrote. */
export function payLabel() {
  return order() ? withTotal(t.pay) : (byId('pay-label').textContent ?? '');
}

/** @param {string} text with {total} in it */
export function withTotal(text) {
  return fill(text, { total: inWords(order().amount) });
}

/** @param {Order} current */
function show(current) {
  showLines(current.items);
  const { discount, shipping_rate: rate } = current;
  byId('order-subtotal').hidden = !discount && !rate;
  put('#order-subtotal dd', money(current.subtotal));
  byId('order-discount').hidden = !discount;
  put('#promotion-code', discount?.code ?? '');
  put('#order-discount dd', money(-(discount?.amount ?? 0)));
  byId('order-shipping').hidden = !rate;
  put('#order-shipping .rate-name', rate?.name ?? '');
  put('#order-shipping dd', rate?.amount ? money(rate.amount) : t.free);
  put('#order-total', money(current.amount));
  if (page.every)
    put(
      '#recurring-note',
      fill(t.recurringNote, { total: money(current.amount), every: page.every }),
    );
  if (phase() === 'ready') setLabel(payLabel());
  lock();
}

/**
 * @param {string} selector
 * @param {string} text
 */
function put(selector, text) {
  const place = /** @type {Element} */ (document.querySelector(selector));
  if (place.textContent !== text) place.textContent = text;
}

/** Keeps the lines that are there, and with them the focus. @param {OrderItem[]} items */
function showLines(items) {
  const wanted = new Map(wantedItems().map(({ sku, quantity }) => [sku, quantity]));
  const old = new Map(
    [...lines.children].map((line) => [/** @type {HTMLElement} */ (line).dataset.sku, line]),
  );
  const now = items.filter(({ sku }) => wanted.has(sku));
  const next = now.map((item) => {
    const line = /** @type {HTMLElement} */ (old.get(item.sku) ?? newLine(item));
    showLine(line, item, wanted.get(item.sku) ?? item.quantity, now.length === 1);
    return line;
  });
  const gone = [...lines.children].filter(
    (line) => !next.includes(/** @type {HTMLElement} */ (line)),
  );
  const lost = gone.some((line) => line.contains(document.activeElement));
  for (const line of gone) line.remove();
  next.forEach((line, i) => {
    if (lines.children[i] !== line) lines.insertBefore(line, lines.children[i] ?? null);
  });
  if (lost) byId('summary-title').focus();
}

/** @param {OrderItem} item */
function newLine({ sku, name }) {
  const template = /** @type {HTMLTemplateElement} */ (byId('order-line'));
  const line = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  line.dataset.sku = sku;
  /** @type {Element} */ (line.querySelector('.line-name')).textContent = name;
  line.querySelector('.stepper')?.setAttribute('aria-label', fill(t.quantityOf, { name }));
  line.querySelector('[data-action=more]')?.setAttribute('aria-label', fill(t.more, { name }));
  return line;
}

/**
 * @param {HTMLElement} line
 * @param {OrderItem} item
 * @param {number} quantity that the buyer wants; the amounts are those of the item
 * @param {boolean} only whether it is the only line, which cannot be taken out
 */
function showLine(line, item, quantity, only) {
  /** @param {string} part @param {string} text */
  const set = (part, text) => {
    /** @type {Element} */ (line.querySelector(part)).textContent = text;
  };
  set('.line-quantity', String(quantity));
  set('.line-unit', money(item.unit_amount));
  set('.line-amount', money(item.amount));
  const less = /** @type {HTMLButtonElement} */ (line.querySelector('[data-action=less]'));
  const removes = quantity === 1 && !only;
  less.setAttribute('aria-label', fill(removes ? t.remove : t.less, item));
  less.setAttribute('aria-disabled', String(quantity === 1 && only));
  line
    .querySelector('[data-action=more]')
    ?.setAttribute('aria-disabled', String(quantity >= maxQuantity));
}

/** Lets the buyer change the order only while nothing is being paid. */
function lock() {
  const controls = /** @type {HTMLFieldSetElement} */ (byId('order-controls'));
  controls.disabled = phase() !== 'ready' || !isChangeable();
}

/**
 * Carries out a change and tells how it went: the new total to those who do
 * not see it, or what was wrong in its place.
 *
 * @param {import('./order.js').Change} wanted
 * @param {HTMLElement} [place] for the refusal
 * @returns {Promise<boolean>} whether it was made
 */
export async function make(wanted, place = byId('order-message')) {
  const answer = change(wanted);
  place.textContent = '';
  let failure;
  await answer.catch((reason) => {
    failure = reason;
  });
  if (failure) place.textContent = describe(failure, page);
  else byId('order-status').textContent = withTotal(t.totalNow);
  return !failure;
}

/**
 * @param {string} sku
 * @param {number} step
 */
function addTo(sku, step) {
  const items = wantedItems()
    .map((line) => (line.sku === sku ? { sku, quantity: line.quantity + step } : line))
    .filter(({ quantity }) => quantity > 0);
  if (items.length === 0 || items.some(({ quantity }) => quantity > maxQuantity)) return;
  make({ items });
  showLines(order().items);
}

lines.addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  const line = /** @type {HTMLElement | null | undefined} */ (button?.closest('.line'));
  if (button && line?.dataset.sku)
    addTo(line.dataset.sku, button.dataset.action === 'less' ? -1 : 1);
});

onOrder(show);
onChanging((changing) => byId('summary').setAttribute('aria-busy', String(changing)));
onPhase(lock);
