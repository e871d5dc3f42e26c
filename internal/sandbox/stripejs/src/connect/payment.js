// A payment with what can be done about it, in a dialog or a drawer over the
// page: refund, capture, cancel, respond to a dispute.

class PaymentView {
  /**
   * @param {ConnectElement} element
   * @param {string} id
   * @param {() => void} closed
   */
  constructor(element, id, closed) {
    this.element = element;
    this.id = id;
    this.alert = h('p', { role: 'alert' });
    this.status = h('p', { role: 'status', class: 'Note' });
    this.content = h('div', { class: 'Content' });

    const drawer = element.connector?.params.appearance?.overlays === 'drawer';
    const heading = h('h2', { id: uniqueId('payment') }, element.words.say('payment'));
    const close = element.button('close', 'link', () => this.dialog.close());

    this.dialog = h(
      'dialog',
      { 'aria-labelledby': heading.id, class: drawer ? 'Drawer' : 'Dialog' },
      h('header', {}, heading, close),
      this.status,
      this.alert,
      this.content,
    );

    this.dialog.addEventListener('close', () => {
      this.dialog.remove();
      closed();
    });
  }

  async open() {
    this.element.shadowRoot?.append(this.dialog);
    this.dialog.showModal();
    await this.show();
  }

  /** @param {string} [news] what was just done */
  async show(news = '') {
    const { element } = this;
    this.status.textContent = news;
    this.alert.textContent = '';

    try {
      const [payment, refunds] = await Promise.all([
        element.call('GET', `/v1/payment_intents/${encodeURIComponent(this.id)}`, {
          expand: ['latest_charge.dispute'],
        }),
        element.call('GET', '/v1/refunds', { payment_intent: this.id, limit: 100 }),
      ]);

      this.content.replaceChildren(
        ...this.summary(payment),
        ...this.refunds(refunds.data),
        ...this.dispute(payment.latest_charge?.dispute),
        h('div', { class: 'Buttons' }, ...this.actions(payment)),
      );
    } catch (err) {
      this.alert.textContent = err instanceof Error ? err.message : String(err);
    }
  }

  /** @param {Json} payment */
  summary(payment) {
    const { words, connector } = this.element;
    const charge = payment.latest_charge;
    const card = charge?.payment_method_details?.card;

    /** @type {[ConnectText, string | null | undefined][]} */
    const lines = [
      ['date', words.date(payment.created)],
      ['method', card ? `${card.brand} •••• ${card.last4}` : charge?.payment_method_details?.type],
      ['email', charge?.billing_details?.email],
      ['description', payment.description],
      [
        'refunded',
        charge?.amount_refunded > 0 && charge.captured
          ? words.amount(charge.amount_refunded, payment.currency)
          : null,
      ],
    ];

    const list = h('dl', {});
    for (const [name, value] of lines)
      if (value) list.append(h('dt', {}, words.say(name)), h('dd', {}, value));
    if (connector?.params.displayOptions?.showObjectIds)
      list.append(h('dt', {}, 'ID'), h('dd', {}, payment.id));

    return [
      h(
        'p',
        { class: 'Sum' },
        words.amount(payment.amount, payment.currency),
        ' ',
        this.element.badge(paymentStatus(payment)),
      ),
      list,
    ];
  }

  /** @param {Json[]} refunds */
  refunds(refunds) {
    if (refunds.length === 0) return [];

    const { words } = this.element;
    const rows = refunds.map((refund) =>
      h(
        'li',
        {},
        words.amount(refund.amount, refund.currency),
        ' · ',
        words.date(refund.created),
        ' ',
        this.element.badge(refund.status),
      ),
    );
    return [h('h3', {}, words.say('refunds')), h('ul', { class: 'Plain' }, ...rows)];
  }

  /** @param {Json} dispute */
  dispute(dispute) {
    if (!dispute) return [];

    const { words } = this.element;
    const open = needsResponse(dispute);
    const due = dispute.evidence_details.due_by;
    return [
      h('h3', {}, words.say('dispute'), ' ', this.element.badge(dispute.status)),
      h('p', {}, `${words.amount(dispute.amount, dispute.currency)} · ${dispute.reason}`),
      ...(open && due ? [h('p', {}, words.say('disputeDue', { date: words.date(due) }))] : []),
    ];
  }

  /** @param {Json} payment */
  actions(payment) {
    const { element } = this;
    const { features } = element;
    const charge = payment.latest_charge;
    const out = [];

    if (features.refund_management && refundable(charge))
      out.push(element.button('refund', 'secondary', () => this.askRefund(payment, charge)));

    if (features.capture_payments && payment.status === 'requires_capture') {
      out.push(element.button('capture', 'primary', () => this.askCapture(payment)));
      out.push(
        element.button('cancelPayment', 'secondary', () =>
          this.act(`/v1/payment_intents/${payment.id}/cancel`, {}, element.words.say('cancelDone')),
        ),
      );
    }

    const dispute = charge?.dispute;
    if (features.dispute_management && dispute && needsResponse(dispute)) {
      out.push(element.button('disputeAnswer', 'primary', () => this.askEvidence(dispute)));
      out.push(
        element.button('disputeAccept', 'danger', () =>
          this.act(`/v1/disputes/${dispute.id}/close`, {}, element.words.say('disputeAccepted')),
        ),
      );
    }

    return out;
  }

  /**
   * Makes a change and shows the payment afresh.
   *
   * @param {string} path
   * @param {Json} params
   * @param {string} news
   */
  async act(path, params, news) {
    try {
      await this.change(path, params, news);
    } catch (err) {
      this.alert.textContent = err instanceof Error ? err.message : String(err);
    }
  }

  /**
   * @param {string} path
   * @param {Json} params
   * @param {string} news
   */
  async change(path, params, news) {
    await this.element.call('POST', path, params);
    await this.show(news);
    this.dialog.dispatchEvent(new Event('changed'));
  }

  /**
   * Replaces the payment by a form.
   *
   * @param {ConnectText} title
   * @param {HTMLFormElement} form
   */
  ask(title, form) {
    this.status.textContent = '';
    this.alert.textContent = '';
    this.content.replaceChildren(h('h3', {}, this.element.words.say(title)), form);
    focusIn(form, 'input, select, textarea');
  }

  /** @param {ConnectText} text */
  submit(text) {
    return h(
      'button',
      { type: 'submit', class: 'primary', 'data-action': text, value: text },
      this.element.words.say(text),
    );
  }

  back() {
    return this.element.button('back', 'secondary', () => void this.show());
  }

  /**
   * @param {number} amount
   * @param {string} currency
   */
  amountField(amount, currency) {
    return h('input', {
      name: 'amount',
      inputmode: 'decimal',
      autocomplete: 'off',
      value: plainAmount(amount, currency),
    });
  }

  /**
   * @param {Json} payment
   * @param {Json} charge
   */
  askRefund(payment, charge) {
    const { element } = this;
    const left = charge.amount - charge.amount_refunded;
    const amount = this.amountField(left, payment.currency);
    const reason = h('select', { name: 'reason' });
    for (const value of ['none', 'duplicate', 'fraudulent', 'requested_by_customer']) {
      const text = /** @type {ConnectText} */ (`reason_${value}`);
      reason.append(h('option', { value: value === 'none' ? '' : value }, element.words.say(text)));
    }

    const form = element.form(
      [element.labelled('amount', amount), element.labelled('reason', reason)],
      [this.submit('refund'), this.back()],
      async () => {
        const sum = element.amountIn(amount, left, payment.currency);
        await this.change(
          '/v1/refunds',
          { payment_intent: payment.id, amount: sum, reason: reason.value || undefined },
          element.words.say('refundDone', { amount: element.words.amount(sum, payment.currency) }),
        );
      },
    );
    this.ask('refundTitle', form);
  }

  /** @param {Json} payment */
  askCapture(payment) {
    const { element } = this;
    const most = payment.amount_capturable;
    const amount = this.amountField(most, payment.currency);

    const form = element.form(
      [element.labelled('amount', amount)],
      [this.submit('capture'), this.back()],
      async () => {
        const sum = element.amountIn(amount, most, payment.currency);
        await this.change(
          `/v1/payment_intents/${payment.id}/capture`,
          { amount_to_capture: sum },
          element.words.say('captureDone', { amount: element.words.amount(sum, payment.currency) }),
        );
      },
    );
    this.ask('captureTitle', form);
  }

  /** @param {Json} dispute */
  askEvidence(dispute) {
    const { element } = this;
    /** @type {ConnectText[]} */
    const names = [
      'product_description',
      'customer_name',
      'customer_email_address',
      'uncategorized_text',
    ];
    const inputs = names.map((name) => {
      const input = /customer/.test(name)
        ? h('input', { name, autocomplete: 'off' })
        : h('textarea', { name, rows: 3 });
      input.value = dispute.evidence[name] ?? '';
      return input;
    });

    const save = h(
      'button',
      { type: 'submit', class: 'secondary', value: 'saveEvidence', 'data-action': 'saveEvidence' },
      element.words.say('saveEvidence'),
    );
    const form = element.form(
      inputs.map((input, i) => element.labelled(names[i], input)),
      [this.submit('submitEvidence'), save, this.back()],
      async (_, submitter) => {
        const filled = inputs.filter((input) => input.value.trim() !== '');
        if (filled.length === 0) throw new Error(element.words.say('noEvidence'));

        const submit = submitter !== save;
        await this.change(
          `/v1/disputes/${dispute.id}`,
          {
            evidence: Object.fromEntries(filled.map((input) => [input.name, input.value])),
            submit,
          },
          element.words.say(submit ? 'evidenceSent' : 'evidenceSaved'),
        );
      },
    );
    this.ask('disputeTitle', form);
  }
}

/** @param {Json} dispute */
function needsResponse(dispute) {
  return dispute.status === 'needs_response' || dispute.status === 'warning_needs_response';
}

/** @param {Json} charge */
function refundable(charge) {
  return (
    charge?.status === 'succeeded' &&
    charge.captured &&
    !charge.refunded &&
    (!charge.disputed || charge.dispute?.is_charge_refundable)
  );
}

/**
 * @param {Json} payment with its charge and its dispute
 * @returns {string} the status that the list shows too, but for warnings
 */
function paymentStatus(payment) {
  const charge = payment.latest_charge;
  if (charge?.disputed) return 'disputed';
  if (charge?.captured && charge.amount_refunded > 0)
    return charge.refunded ? 'refunded' : 'partially_refunded';

  switch (payment.status) {
    case 'succeeded':
      return 'successful';
    case 'requires_capture':
      return 'uncaptured';
    case 'processing':
      return 'pending';
    case 'canceled':
      return 'canceled';
  }
  if (charge?.status !== 'failed') return 'incomplete';
  return charge.outcome?.type === 'blocked' ? 'blocked' : 'failed';
}
