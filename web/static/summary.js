/**
 * The order on the checkout page: its lines, discount, shipping and total, and
 * the controls that change them. All amounts come from one response of the
 * server, so they never contradict each other.
 *
 * @typedef {import('./api.js').Order} Order
 * @typedef {import('./api.js').OrderItem} OrderItem
 *
 * @typedef {ReturnType<typeof createSummary>} Summary
 */
import { describe } from './api.js';
import { clickedIn, fill, part, setText } from './dom.js';
import { formatAmount } from './money.js';

const maxQuantity = 99;

/**
 * @param {import('./session.js').Place} place
 * @param {import('./checkout-view.js').View} view
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 */
export function createSummary({ dom: { root, byId, copyOf, hasFocus } }, view, session, orders) {
  const { page, t } = session;
  const { phase, onPhase, setLabel } = view;
  const { change, isChangeable, isFree, onChanging, onOrder, order, wantedItems } = orders;

  const lines = byId('order-lines');

  /** @param {number} amount */
  function money(amount) {
    return formatAmount(amount, page, page.locale);
  }

  /**
   * Reports whether the first payment is for one-time items, too, which later
   * ones are not.
   */
  function isMixed() {
    const { items } = order();
    return Boolean(page.every) && items.some(({ recurring }) => !recurring);
  }

  /** Describes the total, with the billing interval if it is paid again. */
  function total() {
    const sum = money(order().amount);
    return page.every && !isMixed() ? `${sum} ${page.every}` : sum;
  }

  /**
   * Returns the label of the pay button; the server's own until the order is
   * known.
   */
  function payLabel() {
    if (!order()) return byId('pay-label').textContent ?? '';
    return isFree() ? t.placeOrder : withTotal(t.pay);
  }

  /** @param {string} text with {total} in it */
  function withTotal(text) {
    return fill(text, { total: total() });
  }

  /** @param {Order} current */
  function show(current) {
    const { discount, shipping_rate: rate, shop } = current;
    if (!shop) showLines(current.items); // the server drew those that the shop decided

    byId('order-subtotal').hidden = !discount && !rate && !shop;
    setText(root, '#order-subtotal dd', money(current.subtotal));
    byId('order-discount').hidden = !discount;
    setText(root, '#promotion-code', discount?.code ?? '');
    setText(root, '#order-discount dd', money(-(discount?.amount ?? 0)));
    byId('order-shipping').hidden = !rate;
    setText(root, '#order-shipping .rate-name', rate?.name ?? '');
    setText(root, '#order-shipping dd', rate?.amount ? money(rate.amount) : t.free);
    setText(root, '#order-total', money(current.amount));
    setText(root, '#fold-total', money(current.amount));

    if (page.every) {
      const mixed = isMixed();
      byId('order-every').hidden = mixed;
      setText(
        root,
        '#recurring-note',
        fill(mixed ? t.mixedNote : t.recurringNote, {
          total: money(current.amount),
          later: money(current.recurring_amount),
          every: page.every,
        }),
      );
    }

    if (phase() === 'ready') setLabel(payLabel());
    lock();
  }

  /**
   * Updates the lines in place, which keeps the focus.
   *
   * @param {OrderItem[]} items
   */
  function showLines(items) {
    const wanted = new Map(wantedItems().map(({ sku, quantity }) => [sku, quantity]));
    const shown = /** @type {HTMLElement[]} */ ([...lines.children]);
    const bySku = new Map(shown.map((line) => [line.dataset.sku, line]));

    const kept = items.filter(({ sku }) => wanted.has(sku));
    const recurring = kept.filter((item) => item.recurring).length;
    const next = kept.map((item) => {
      const line = bySku.get(item.sku) ?? newLine(item);
      const only = kept.length === 1 || (item.recurring && recurring === 1);
      showLine(line, item, wanted.get(item.sku) ?? item.quantity, Boolean(only));
      return line;
    });

    const gone = shown.filter((line) => !next.includes(line));
    const hadFocus = gone.some((line) => hasFocus(line));

    for (const line of gone) line.remove();

    next.forEach((line, i) => {
      if (lines.children[i] !== line) lines.insertBefore(line, lines.children[i] ?? null);
    });

    if (hadFocus) byId('summary-title').focus();
  }

  /** @param {string} sku */
  function isRecurring(sku) {
    return order().items.some((item) => item.sku === sku && item.recurring);
  }

  /** @param {OrderItem} item */
  function newLine({ sku, name }) {
    const line = copyOf('order-line');
    line.dataset.sku = sku;
    part(line, '.line-name bdi').textContent = name;
    line.querySelector('.stepper')?.setAttribute('aria-label', fill(t.quantityOf, { name }));
    line.querySelector('[data-action=more]')?.setAttribute('aria-label', fill(t.more, { name }));

    return line;
  }

  /**
   * @param {HTMLElement} line
   * @param {OrderItem} item
   * @param {number} quantity that the buyer wants; the amounts come from the
   *   item
   * @param {boolean} only whether it is the only line, or the only one of the
   *   subscription, which cannot be removed
   */
  function showLine(line, item, quantity, only) {
    setText(line, '.line-quantity', String(quantity));
    setText(line, '.line-unit', money(item.unit_amount));
    setText(line, '.line-every', item.recurring && isMixed() ? page.every : '');
    setText(line, '.line-amount', money(item.amount));

    const less = part(line, '[data-action=less]');
    const removes = quantity === 1 && !only;
    less.setAttribute('aria-label', fill(removes ? t.remove : t.less, { name: item.name }));
    less.setAttribute('aria-disabled', String(quantity === 1 && only));

    line
      .querySelector('[data-action=more]')
      ?.setAttribute('aria-disabled', String(quantity >= maxQuantity));
  }

  /** Disables the controls unless the order can be changed now. */
  function lock() {
    const controls = byId('order-controls', HTMLFieldSetElement);
    controls.disabled = phase() !== 'ready' || !isChangeable();
  }

  /**
   * Makes a change and reports the result: the new total to screen readers, or
   * the error beside the control.
   *
   * @param {import('./order.js').Change} wanted
   * @param {HTMLElement} [place] for the error
   * @returns {Promise<boolean>} whether it succeeded
   */
  async function applyChange(wanted, place = byId('order-message')) {
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
    if (page.every && !items.some((line) => isRecurring(line.sku))) return;

    applyChange({ items });
    showLines(order().items);
  }

  const fold = byId('summary-fold');
  fold.addEventListener('click', () => {
    fold.setAttribute('aria-expanded', String(fold.getAttribute('aria-expanded') !== 'true'));
  });

  lines.addEventListener('click', (event) => {
    const clicked = clickedIn(event, '.line');
    const sku = clicked?.around.dataset.sku;
    if (clicked && sku) addTo(sku, clicked.button.dataset.action === 'less' ? -1 : 1);
  });

  onOrder(show);
  onChanging((changing) => byId('summary').setAttribute('aria-busy', String(changing)));
  onPhase(lock);

  return { money, payLabel, withTotal, applyChange };
}
