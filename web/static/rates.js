/** The shipping rates, of which the buyer chooses one. */
import { fill, part, plural, setText } from './dom.js';

/**
 * @param {import('./session.js').Place} place
 * @param {import('./checkout-view.js').View} view
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 * @param {import('./summary.js').Summary} summary
 */
export function startRates(
  { dom: { byId, copyOf, hasFocus } },
  view,
  { t, page: { lang, plurals } },
  orders,
  { applyChange, money },
) {
  const { onPhase, phase } = view;
  const { isChangeable, onOrder } = orders;

  const fieldset = byId('shipping-rates', HTMLFieldSetElement);
  const list = byId('rate-list');

  /** @param {import('./api.js').Order} order */
  function show({ ships, shipping_rates: rates, shipping_rate: chosen }) {
    fieldset.hidden = !ships;
    byId('no-rates').hidden = rates.length > 0;

    const rows = rates.map((rate) => row(rate));
    const focused = hasFocus(list);

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
    const isRange = min && min !== longest;
    const forms = isRange ? plurals.daysRange : plurals.days;
    return fill(plural(forms, longest, lang), { min: min ?? longest, max: longest, days: longest });
  }

  list.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return;
    applyChange({ shipping_rate: event.target.value }, byId('rates-error'));
  });

  onOrder(show);
  onPhase(() => {
    fieldset.disabled = phase() !== 'ready' || !isChangeable();
  });
}
