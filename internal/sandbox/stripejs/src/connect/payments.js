// The components payments and payment-details.

/**
 * @typedef {import('@stripe/connect-js').PaymentsListDefaultFilters}
 *   PaymentFilters
 */
/**
 * What the filter form holds. Amounts are in minor units, dates as in
 * <input type=date>.
 *
 * @typedef {object} ChosenFilters
 * @property {string[]} status
 * @property {string} method
 * @property {{gt?: number, gte?: number, lt?: number, lte?: number}} amount
 * @property {{gt?: number, gte?: number, lt?: number, lte?: number}} created
 */

const paymentStatuses = [
  'successful',
  'uncaptured',
  'pending',
  'incomplete',
  'canceled',
  'failed',
  'blocked',
  'refunded',
  'partially_refunded',
  'refund_pending',
  'disputed',
  'early_fraud_warning',
];

const filterMethods = [
  'card',
  'link',
  'paypal',
  'klarna',
  'amazon_pay',
  'ideal',
  'sepa_debit',
  'us_bank_account',
  'customer_balance',
];

/**
 * Returns the page's default filters as the list takes them.
 *
 * @param {PaymentFilters | undefined} filters
 * @returns {ChosenFilters}
 */
function chosenFrom(filters) {
  /** @type {Json} */
  const amount = filters?.amount ?? {};
  /** @type {Json} */
  const date = filters?.date ?? {};
  const seconds = (/** @type {Date | undefined} */ day) =>
    day === undefined ? undefined : Math.floor(new Date(day).getTime() / 1000);

  return {
    status: filters?.status ?? [],
    method: filters?.paymentMethod ?? '',
    amount: {
      gt: amount.greaterThan,
      lt: amount.lessThan,
      gte: amount.equals ?? amount.between?.lowerBound,
      lte: amount.equals ?? amount.between?.upperBound,
    },
    created: {
      gt: seconds(date.after),
      lt: seconds(date.before),
      gte: seconds(date.between?.start),
      lte: seconds(date.between?.end),
    },
  };
}

class PaymentsElement extends ConnectElement {
  static component = 'payments';

  async draw() {
    this.filters ??= chosenFrom(this.given.setDefaultFilters);
    this.list = h('div', { class: 'List' });

    await this.showPage({});
    this.body.replaceChildren(
      h('h2', {}, this.words.say('payments')),
      this.filterForm(),
      this.list,
    );
  }

  givenChanged() {
    this.filters = chosenFrom(this.given.setDefaultFilters);
    this.changed();
  }

  /** @param {{starting_after?: string, ending_before?: string}} cursor */
  async showPage(cursor) {
    const { status, method, amount, created } = /** @type {ChosenFilters} */ (this.filters);
    const page = await this.call('GET', '/v1/embedded/payments', {
      limit: 10,
      status,
      payment_method: method || undefined,
      amount,
      created,
      ...cursor,
    });

    this.cursor = cursor;
    this.list?.replaceChildren(...this.table(page.data), this.pager(page, cursor));
  }

  /** @param {Json[]} rows */
  table(rows) {
    if (rows.length === 0) {
      const filtered =
        Object.keys(encodeFilters(/** @type {ChosenFilters} */ (this.filters))).length > 0;
      return [h('p', { class: 'Quiet' }, this.words.say(filtered ? 'noMatches' : 'noPayments'))];
    }

    const head = /** @type {ConnectText[]} */ ([
      'amount',
      'status',
      'method',
      'description',
      'date',
    ]);
    return [
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, this.words.say(name)))),
        ),
        h('tbody', {}, ...rows.map((row) => this.row(row))),
      ),
    ];
  }

  /** @param {Json} row */
  row(row) {
    const open = h(
      'button',
      { type: 'button', class: 'link', 'data-payment': row.id },
      this.words.amount(row.amount, row.currency),
    );
    open.addEventListener('click', () => void this.show(row.id));

    return h(
      'tr',
      {},
      h('td', { class: 'Amount' }, open),
      h('td', {}, this.badge(row.statuses[0])),
      h('td', {}, row.last4 ? `${row.brand} •••• ${row.last4}` : (row.method ?? '—')),
      h('td', { class: 'Wide' }, row.description ?? '—'),
      h('td', {}, this.words.date(row.created)),
    );
  }

  /**
   * @param {Json} page
   * @param {{starting_after?: string, ending_before?: string}} cursor
   */
  pager(page, cursor) {
    const { data } = page;
    const backwards = cursor.ending_before !== undefined;
    const earlier = backwards ? data.length > 0 : page.has_more;
    const later = backwards ? page.has_more : cursor.starting_after !== undefined;

    const turn = (/** @type {{starting_after?: string, ending_before?: string}} */ to) =>
      this.showPage(to).catch((err) => this.failed(err));
    const previous = this.button('previous', 'secondary', () =>
      turn({ ending_before: data[0]?.id }),
    );
    const next = this.button('next', 'secondary', () => turn({ starting_after: data.at(-1)?.id }));
    previous.disabled = !later || data.length === 0;
    next.disabled = !earlier;

    const buttons = h('div', { class: 'Buttons' }, previous, next);
    buttons.hidden = previous.disabled && next.disabled;
    return buttons;
  }

  /** @param {string} id */
  async show(id) {
    const view = new PaymentView(this, id, () => {
      focusIn(/** @type {ShadowRoot} */ (this.shadowRoot), `[data-payment="${CSS.escape(id)}"]`);
    });
    view.dialog.addEventListener('changed', () => {
      void this.showPage(this.cursor ?? {}).catch((err) => this.failed(err));
    });
    await view.open();
  }

  filterForm() {
    const chosen = /** @type {ChosenFilters} */ (this.filters);
    const count = Object.keys(encodeFilters(chosen)).length;
    const status = h('fieldset', {}, h('legend', {}, this.words.say('status')));
    for (const name of paymentStatuses) {
      const box = h('input', {
        type: 'checkbox',
        name: 'status',
        value: name,
        checked: chosen.status.includes(name),
      });
      status.append(h('label', {}, box, this.words.status(name)));
    }

    const method = h(
      'select',
      { name: 'method' },
      h('option', { value: '' }, this.words.say('all')),
    );
    for (const name of new Set([...filterMethods, ...(chosen.method ? [chosen.method] : [])]))
      method.append(h('option', { value: name, selected: name === chosen.method }, name));

    const { amount, created } = chosen;
    const least = h('input', {
      name: 'least',
      inputmode: 'decimal',
      value: inMajor(amount.gte ?? above(amount.gt)),
    });
    const most = h('input', {
      name: 'most',
      inputmode: 'decimal',
      value: inMajor(amount.lte ?? below(amount.lt)),
    });
    const from = h('input', {
      name: 'from',
      type: 'date',
      value: dayOf(created.gte ?? created.gt),
    });
    const until = h('input', {
      name: 'until',
      type: 'date',
      value: dayOf(created.lte ?? created.lt),
    });

    const clear = this.button('clear', 'secondary', () => {
      this.filters = chosenFrom(undefined);
      this.changed();
    });

    const form = this.form(
      [
        status,
        this.labelled('atLeast', least),
        this.labelled('atMost', most),
        this.labelled('from', from),
        this.labelled('until', until),
        this.labelled('method', method),
      ],
      [
        h(
          'button',
          { type: 'submit', class: 'primary', 'data-action': 'apply' },
          this.words.say('apply'),
        ),
        clear,
      ],
      async (sent) => {
        const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (
          sent.querySelectorAll('[name=status]:checked')
        );
        this.filters = {
          status: [...boxes].map((box) => box.value),
          method: method.value,
          amount: { gte: inMinor(least.value), lte: inMinor(most.value) },
          created: { gte: startOf(from.value), lt: startOf(until.value, 1) },
        };
        await this.draw();
      },
    );

    const label = this.words.say('filters') + (count > 0 ? ` (${count})` : '');
    return h('details', { class: 'Filters' }, h('summary', {}, label), form);
  }
}

/** @param {ChosenFilters} filters */
function encodeFilters(filters) {
  /** @type {Record<string, true>} */
  const set = {};
  if (filters.status.length > 0) set.status = true;
  if (filters.method) set.method = true;
  for (const name of /** @type {const} */ (['amount', 'created']))
    if (Object.values(filters[name]).some((value) => value !== undefined)) set[name] = true;
  return set;
}

/**
 * Returns an amount as for a currency with two decimals.
 *
 * @param {number | undefined} amount in minor units
 */
function inMajor(amount) {
  return amount === undefined ? '' : (amount / 100).toFixed(2);
}

/** @param {string} text */
function inMinor(text) {
  const amount = Math.round(Number(text.trim().replace(',', '.')) * 100);
  return text.trim() === '' || Number.isNaN(amount) ? undefined : amount;
}

/** @param {number | undefined} bound */
function above(bound) {
  return bound === undefined ? undefined : bound + 1;
}

/** @param {number | undefined} bound */
function below(bound) {
  return bound === undefined ? undefined : bound - 1;
}

/** @param {number | undefined} seconds */
function dayOf(seconds) {
  if (seconds === undefined) return '';
  const day = new Date(seconds * 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/**
 * Returns when a day begins where the browser is, in seconds.
 *
 * @param {string} day as in 2026-11-27
 * @param {number} [later] days after it
 */
function startOf(day, later = 0) {
  if (day === '') return undefined;
  const [year, month, date] = day.split('-').map(Number);
  return Math.floor(new Date(year, month - 1, date + later).getTime() / 1000);
}

class PaymentDetailsElement extends ConnectElement {
  static component = 'payment-details';

  async draw() {
    this.body.replaceChildren();
    this.view?.dialog.remove();

    const id = this.given.setPayment;
    if (!id) return;

    this.view = new PaymentView(this, id, () => this.tell('setOnClose'));
    await this.view.open();
  }

  givenChanged() {
    this.changed();
  }
}
