// The base of the embedded components: loading, errors, appearance, forms.

/** @typedef {'primary' | 'secondary' | 'danger' | 'link'} ButtonKind */
/**
 * What a form does when it is submitted.
 *
 * @callback FormWork
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @returns {Promise<void>}
 */

class ConnectElement extends HTMLElement {
  /** The component's name, such as payment-details. */
  static component = '';

  /** Whether its user logs in at Stripe, unless the session says not to. */
  static sensitive = false;

  constructor() {
    super();

    /**
     * Values of the setters, by name.
     *
     * @type {Record<string, any>}
     */
    this.given = {};
    /** @type {Connector | null} */
    this.connector = null;
    this.loading = false;
    this.variables = styleSheet(':host {}');
    /** @type {Record<string, boolean>} */
    this.features = {};

    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [styleSheet(connectStyles), this.variables];

    this.body = h('div', { class: 'Body' });
    this.note = h('p', { role: 'status', class: 'Note' });
    root.append(h('div', { class: 'Root' }, this.note, this.body));
  }

  get words() {
    return /** @type {Connector} */ (this.connector).words;
  }

  get component() {
    return /** @type {typeof ConnectElement} */ (this.constructor).component;
  }

  /** @param {Connector} connector */
  setConnector(connector) {
    this.connector = connector;
    connector.members.add(this);
    if (this.isConnected) void this.load();
  }

  connectedCallback() {
    if (!this.connector) return;
    this.connector.members.add(this);
    void this.load();
  }

  disconnectedCallback() {
    this.connector?.members.delete(this);
    this.loading = false;
  }

  /** Reports that loading starts, waits for the session, then draws. */
  async load() {
    if (this.loading || !this.connector) return;

    this.loading = true;

    // The page adds its listeners in the same turn as the connector.
    await Promise.resolve();
    await Promise.resolve();
    this.paint();
    this.tell('setOnLoaderStart', { elementTagName: this.localName });
    this.body.replaceChildren(h('p', { class: 'Quiet' }, `${this.words.say('loading')}…`));

    try {
      await this.open();
    } catch (err) {
      this.failed(err);
    }
  }

  /** Checks that the session enables the component, and draws it. */
  async open() {
    const connector = /** @type {Connector} */ (this.connector);
    const session = await connector.session;
    const enabled = session.components[this.component.replaceAll('-', '_')];

    if (!enabled?.enabled) {
      throw new ConnectFailure(
        'invalid_request_error',
        `The account session does not enable the component ${this.component}.`,
      );
    }

    this.features = enabled.features;

    const { sensitive } = /** @type {typeof ConnectElement} */ (this.constructor);
    if (sensitive && this.mustLogIn()) this.askForLogin();
    else await this.draw();
  }

  /** Reports whether a login at Stripe is missing for what is sensitive. */
  mustLogIn() {
    return !this.features.disable_stripe_user_authentication && !this.connector?.loggedIn;
  }

  /** Shows the component. Subclasses replace it. */
  async draw() {
    this.body.replaceChildren(h('p', { class: 'Quiet' }, this.words.say('unavailable')));
  }

  /** Reacts to a setter whose value changed after loading. */
  givenChanged() {}

  askForLogin() {
    const button = this.button('login', 'primary', () => {
      // A page with Cross-Origin-Opener-Policy: same-origin hears nothing.
      const popup = window.open(
        `${baseURL}/v3/login.html`,
        'stripe-login',
        'popup,width=420,height=520',
      );

      const heard = (/** @type {MessageEvent} */ event) => {
        if (event.origin !== baseURL || event.source !== popup) return;
        if (event.data?.type !== 'stripe-connect-login') return;
        window.removeEventListener('message', heard);

        const connector = /** @type {Connector} */ (this.connector);
        connector.loggedIn = true;
        connector.members.forEach((member) => member.changed());
      };

      window.addEventListener('message', heard);
    });

    this.body.replaceChildren(
      h('p', { class: 'Quiet' }, this.words.say('loginHint')),
      h('p', {}, button),
    );
  }

  /** @param {unknown} err */
  failed(err) {
    const failure =
      err instanceof ConnectFailure ? err : new ConnectFailure('render_error', String(err));
    if (!(err instanceof ConnectFailure)) reportError(err);

    const retry = this.button('retry', 'secondary', () => {
      this.loading = false;
      this.connector?.session.catch(() => this.connector?.renew(this.connector.session));
      void this.load();
    });

    this.body.replaceChildren(
      h('p', { role: 'alert' }, `${this.words.say('failed')} ${failure.message}`),
      h('p', {}, retry),
    );

    this.tell('setOnLoadError', {
      elementTagName: this.localName,
      error: { type: failure.type, message: failure.message },
    });
  }

  /**
   * Calls a listener of the page, if there is one.
   *
   * @param {string} setter
   * @param {object} [event]
   */
  tell(setter, event) {
    try {
      this.given[setter]?.(event);
    } catch (err) {
      reportError(err);
    }
  }

  /** Applies the appearance and the locale. */
  paint() {
    const rule = /** @type {CSSStyleRule} */ (this.variables.cssRules[0]);
    rule.style.cssText = '';

    const { appearance } = /** @type {Connector} */ (this.connector).params;
    for (const [name, value] of Object.entries(appearance?.variables ?? {}))
      rule.style.setProperty(`--${name}`, String(value));

    this.lang = this.words.lang;
  }

  changed() {
    if (!this.loading || this.connector?.ended) return;
    this.paint();
    void this.open().catch((err) => this.failed(err));
  }

  ended() {
    // The close event comes later; what the dialog shows must go at once.
    const dialog = this.shadowRoot?.querySelector('dialog');
    dialog?.close();
    dialog?.remove();
    this.note.textContent = '';
    this.body.replaceChildren(h('p', { class: 'Quiet' }, this.words.say('signedOut')));
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {Json} [params]
   */
  call(method, path, params) {
    return /** @type {Connector} */ (this.connector).call(method, path, params);
  }

  /**
   * @param {ConnectText} text
   * @param {ButtonKind} kind
   * @param {() => void} pressed
   */
  button(text, kind, pressed) {
    const node = h(
      'button',
      { type: 'button', class: kind, 'data-action': text },
      this.words.say(text),
    );
    node.addEventListener('click', pressed);
    return node;
  }

  /** @param {string} status */
  badge(status) {
    return h(
      'span',
      { class: `Badge ${badgeKinds[status] ?? 'Neutral'}`, 'data-status': status },
      this.words.status(status),
    );
  }

  /**
   * A form whose submission runs work and shows its error.
   *
   * @param {Node[]} fields
   * @param {Node[]} buttons
   * @param {FormWork} work
   */
  form(fields, buttons, work) {
    const alert = h('p', { role: 'alert' });
    const form = h(
      'form',
      { novalidate: true },
      ...fields,
      alert,
      h('div', { class: 'Buttons' }, ...buttons),
    );

    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (form.dataset.busy) return;

      form.dataset.busy = 'true';
      alert.textContent = '';
      try {
        await work(form, event.submitter);
      } catch (err) {
        alert.textContent = err instanceof Error ? err.message : String(err);
      } finally {
        delete form.dataset.busy;
      }
    });

    return form;
  }

  /**
   * @param {ConnectText} text
   * @param {HTMLElement} input
   */
  labelled(text, input) {
    input.id = uniqueId('field');
    return h('div', { class: 'Field' }, h('label', { for: input.id }, this.words.say(text)), input);
  }

  /**
   * Reads an amount that somebody entered.
   *
   * @param {HTMLInputElement} input
   * @param {number} most in minor units
   * @param {string} currency
   */
  amountIn(input, most, currency) {
    const typed = Number(input.value.trim().replace(/\s/g, '').replace(',', '.'));
    const amount = Math.round(typed * 10 ** decimalsOf(currency));
    if (input.value.trim() !== '' && amount >= 1 && amount <= most) return amount;

    input.focus();
    throw new Error(
      this.words.say('badAmount', {
        min: this.words.amount(1, currency),
        max: this.words.amount(most, currency),
      }),
    );
  }
}

/** @type {Record<string, string>} */
const badgeKinds = {
  successful: 'Success',
  succeeded: 'Success',
  paid: 'Success',
  won: 'Success',
  blocked: 'Danger',
  failed: 'Danger',
  disputed: 'Danger',
  lost: 'Danger',
  needs_response: 'Danger',
  early_fraud_warning: 'Warning',
  uncaptured: 'Warning',
  refund_pending: 'Warning',
  warning_needs_response: 'Warning',
};

/**
 * @param {number} amount in minor units
 * @param {string} currency
 */
function plainAmount(amount, currency) {
  const decimals = decimalsOf(currency);
  return (amount / 10 ** decimals).toFixed(decimals);
}
