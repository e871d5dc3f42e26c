/** The ways to send the order, of which the buyer chooses one. */
import { onPhase, phase } from './checkout-view.js';
import { isChangeable, onOrder } from './order.js';
import { byId, fill } from './page.js';
import { t } from './session.js';
import { make, money } from './summary.js';

const fieldset = /** @type {HTMLFieldSetElement} */ (byId('shipping-rates'));
const list = byId('rate-list');

/** @param {import('./api.js').Order} order */
function show({ ships, shipping_rates: rates, shipping_rate: chosen }) {
  fieldset.hidden = !ships;
  byId('no-rates').hidden = rates.length > 0;
  const rows = rates.map((rate) => row(rate));
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...rows);
  const input = rows
    .map((one) => one.querySelector('input'))
    .find((one) => one?.value === chosen?.id);
  if (!input) return;
  input.checked = true;
  if (focused) input.focus();
}

/** @param {import('./api.js').ShippingRate} rate */
function row(rate) {
  const template = /** @type {HTMLTemplateElement} */ (byId('shipping-rate'));
  const line = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  /** @param {string} part @param {string} text */
  const put = (part, text) => {
    /** @type {Element} */ (line.querySelector(part)).textContent = text;
  };
  put('.rate-name', rate.name);
  put('.rate-days', estimate(rate));
  put('.amount', rate.amount ? money(rate.amount) : t.free);
  /** @type {HTMLInputElement} */ (line.querySelector('input')).value = rate.id;
  return line;
}

/** How long it takes, in business days. @param {import('./api.js').ShippingRate} rate */
function estimate({ min_days: min, max_days: max }) {
  const longest = max ?? min;
  if (!longest) return '';
  if (min && min !== longest) return fill(t.daysRange, { min, max: longest });
  return longest === 1 ? t.oneDay : fill(t.days, { days: longest });
}

list.addEventListener('change', (event) => {
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  make({ shipping_rate: value }, byId('rates-error'));
});

onOrder(show);
onPhase(() => {
  fieldset.disabled = phase() !== 'ready' || !isChangeable();
});
