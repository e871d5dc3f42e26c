/** The shipping rates, of which the buyer chooses one. */
import { onPhase, phase } from './checkout-view.js';
import { isChangeable, onOrder } from './order.js';
import { byId, copyOf, fill, part, setText } from './page.js';
import { t } from './session.js';
import { applyChange, money } from './summary.js';

const fieldset = byId('shipping-rates', HTMLFieldSetElement);
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
  const line = copyOf('shipping-rate');

  setText(line, '.rate-name', rate.name);
  setText(line, '.rate-days', estimate(rate));
  setText(line, '.amount', rate.amount ? money(rate.amount) : t.free);
  part(line, 'input', HTMLInputElement).value = rate.id;

  return line;
}

/**
 * Describes the delivery time in business days.
 *
 * @param {import('./api.js').ShippingRate} rate
 */
function estimate({ min_days: min, max_days: max }) {
  const longest = max ?? min;
  if (!longest) return '';
  if (min && min !== longest) return fill(t.daysRange, { min, max: longest });
  return longest === 1 ? t.oneDay : fill(t.days, { days: longest });
}

list.addEventListener('change', (event) => {
  if (!(event.target instanceof HTMLInputElement)) return;
  applyChange({ shipping_rate: event.target.value }, byId('rates-error'));
});

onOrder(show);
onPhase(() => {
  fieldset.disabled = phase() !== 'ready' || !isChangeable();
});
