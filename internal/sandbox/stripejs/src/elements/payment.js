// The Payment Element.

/**
 * @typedef
 *   {import('@stripe/stripe-js').StripePaymentElementCardDetailsChangeEvent}
 *   CardDetailsEvent
 */

class PaymentElement extends BaseElement {
  /**
   * @param {ElementsGroup} group
   * @param {Json} options
   */
  constructor(group, options) {
    super('payment', group, options);
    /** @type {Map<string, MethodForm>} */
    this.forms = new Map();
    this.last = '';
  }

  async load() {
    this.session = await this.group.session();
    if (!this.container) return;

    this.words.business = this.options.business?.name ?? this.session.business_name ?? '';
    this.types = this.typesToShow();

    if (this.types.length === 0)
      throw new Failure({
        type: 'invalid_request_error',
        message:
          'None of the payment methods of this Elements group can be shown in the offline sandbox.',
      });

    if (this.ready) return this.redraw();

    this.forms.clear();
    this.saved = this.chooser = this.save = undefined;
    this.draw();
  }

  methodsShown() {
    return Object.fromEntries((this.types ?? []).map((type) => [camelCase(type), true]));
  }

  /** @returns {string[]} */
  get offered() {
    return this.session.payment_method_preference.ordered_payment_method_types;
  }

  /**
   * Returns the types in the session's order, those of `paymentMethodOrder`
   * first. Beside cards, Link has no form of its own.
   *
   * @returns {string[]}
   */
  typesToShow() {
    const offered = this.offered.filter(
      (type) => !methodTypes[type]?.hidden && !(type === 'link' && this.offered.includes('card')),
    );

    /** @type {string[]} */
    const preferred = (this.options.paymentMethodOrder ?? []).filter((/** @type {string} */ type) =>
      offered.includes(type),
    );

    return [...new Set([...preferred, ...offered])];
  }

  get features() {
    const element = this.session?.customer?.customer_session?.components?.payment_element;
    return (element?.enabled !== false && element?.features) || {};
  }

  /**
   * @param {string} type
   * @returns {MethodForm} kept, so that switching tabs loses no input
   */
  form(type) {
    let form = this.forms.get(type);
    if (!form) {
      const country = this.session.payment_method_preference.country_code ?? 'US';
      form = formOf(type, {
        words: this.words,
        country,
        options: this.options,
        group: this.group,
        now: () => new Date(),
      });

      for (const field of form.fields) field.onChange = () => this.changed();
      if (form instanceof CardForm) form.onBrand = (name) => this.cardDetails(name);
      this.forms.set(type, form);
    }

    return form;
  }

  draw() {
    const types = /** @type {string[]} */ (this.types);
    const layout = layoutOf(this.options.layout);
    const before = this.saved;

    this.saved = new SavedList(savedMethods(this.session.customer, this.features, this.offered), {
      words: this.words,
      removable: this.features.payment_method_remove === 'enabled',
      recollectCvc: this.group.recollectsCvc(),
    });

    if (before?.methods.length) this.saved.keep(before.selected);
    this.saved.onChange = () => this.chosen();
    this.saved.onRemove = (method) => this.remove(method);

    const kept = this.chooser ? this.chooser.selected : undefined;

    this.chooser = new (layout.type === 'tabs' ? TabChooser : AccordionChooser)(
      types,
      (type) => this.form(type),
      this.words,
      layout,
    );

    this.chooser.onSelect = () => this.chosen();

    const first = layout.defaultCollapsed ? null : types[0];
    this.chooser.select(kept === null || (kept && types.includes(kept)) ? kept : first);
    this.save = this.saveBox(this.save?.input.checked ?? false);

    this.body.replaceChildren(
      this.sandboxLine(),
      this.saved.node,
      this.chooser.node,
      this.save.node,
    );

    this.arrange();
  }

  redraw() {
    const values = [...this.forms].map(
      ([type, form]) => /** @type {const} */ ([type, form.fields]),
    );

    this.forms.clear();
    this.draw();

    for (const [type, fields] of values) {
      if (!this.types?.includes(type)) continue;
      for (const previous of fields) this.form(type).field(previous.spec.name)?.takeOver(previous);
    }

    this.changed();
  }

  /** @param {boolean} checked */
  saveBox(checked) {
    const input = h('input', { type: 'checkbox', name: 'save', id: uniqueId('save') });
    input.checked = checked;
    input.addEventListener('change', () => this.changed());

    const node = h(
      'label',
      { class: 'CheckboxLabel' },
      input,
      h('span', {}, this.words.say('save')),
    );

    return { input, node };
  }

  /**
   * Shows the parts that belong to the chosen method, saved or new, and its
   * type.
   */
  arrange() {
    const isNew = !this.saved?.selected;
    if (this.chooser) this.chooser.node.hidden = !isNew;
    const savable = ['card', 'sepa_debit'].includes(this.chooser?.selected ?? '');
    if (this.save)
      this.save.node.hidden = !isNew || !savable || this.features.payment_method_save !== 'enabled';
  }

  /** Handles the choice of another method, saved or new. */
  chosen() {
    this.arrange();
    this.changed();
    const { selected } = this.saved ?? {};
    if (selected?.type === 'card')
      this.cardDetails(selected.card?.brand ?? 'unknown', selected.card?.funding);
  }

  /**
   * @param {string} brand
   * @param {string} [funding]
   */
  cardDetails(brand, funding) {
    if (!this.ready) return;

    const details = /** @type {CardDetailsEvent['details']} */ ({
      brands: brand === 'unknown' ? null : [brand],
      funding: funding ?? null,
    });

    this.emit('carddetailschange', { loading: false, details });
  }

  /**
   * @param {SavedMethod} method
   * @returns {Promise<boolean>}
   */
  async remove(method) {
    const payment_method = {
      id: method.id,
      type: method.type,
      billing_details: method.billing_details,
    };

    const result = await outcome(() => this.group.detach(method.id));
    const error = result && 'error' in result ? result.error : undefined;

    // A later redraw, for example after another element of the group changes,
    // must not bring the method back.
    if (!error)
      this.session.customer.payment_methods = this.session.customer.payment_methods.filter(
        (/** @type {Json} */ { id }) => id !== method.id,
      );

    if (!error)
      this.live.textContent = this.words.say('removed', {
        label: savedLabel(method, this.words).spoken,
      });
    else this.live.textContent = error.message ?? '';

    this.emit(
      'savedpaymentmethodremove',
      error
        ? { success: false, error: error.message, payment_method }
        : { success: true, payment_method },
    );

    return !error;
  }

  /** @returns {string | null} the type of the chosen method */
  get selectedType() {
    return this.saved?.selected?.type ?? this.chooser?.selected ?? null;
  }

  /** @returns {Field[]} the inputs that apply to the chosen method */
  activeFields() {
    if (this.saved?.selected) return this.saved.asksCvc ? [this.saved.cvc] : [];
    return this.chooser?.selected ? this.form(this.chooser.selected).shown : [];
  }

  state() {
    const fields = this.activeFields();
    const type = this.selectedType;
    const method = this.saved?.selected;
    const empty = !method && (fields.length === 0 ? !type : fields.every((field) => field.empty));
    const complete = Boolean(type) && fields.every((field) => !field.problem());

    const value = method
      ? { type, payment_method: { id: method.id, type, billing_details: method.billing_details } }
      : { type: type ?? '' };

    return { empty, complete, collapsed: !type, value };
  }

  /** Emits change if the state differs from the last one. */
  changed() {
    if (!this.ready) return;

    const state = this.state();
    const invalid = this.activeFields().some((field) => field.shown);
    this.setStateClasses({ ...state, invalid });

    const now = JSON.stringify(state);
    if (now === this.last) return;

    this.last = now;
    this.emit('change', state);
  }

  async validate() {
    if (!this.ready)
      throw new IntegrationError(
        'elements.submit(): the Payment Element is not ready yet. Wait for its ready event.',
      );

    if (!this.selectedType)
      throw this.announceFailure(
        new Failure({
          type: 'validation_error',
          code: 'incomplete_payment_method',
          message: this.words.say('incomplete_method'),
        }),
      );

    this.requireValid(this.activeFields());
  }

  /**
   * Returns the parameters of a confirmation token, payment method or
   * confirmation, without the page's own.
   *
   * @returns {Json}
   */
  collect() {
    const method = this.saved?.selected;
    if (method) {
      const options = this.saved?.asksCvc ? { card: { cvc: this.saved.cvc.value } } : undefined;
      return { payment_method: method.id, payment_method_options: options, type: method.type };
    }

    const form = this.form(this.chooser?.selected ?? 'card');
    const defaults = this.options.defaultValues?.billingDetails ?? {};
    const { name, email, phone } = defaults;
    const billing_details = merge({ name, email, phone, address: {} }, form.billing());

    return {
      payment_method_data: {
        ...form.data(),
        billing_details,
        allow_redisplay: this.allowRedisplay(),
      },
      type: form.type,
      waived: waivedDetails(this.options),
      usage: this.usage(),
    };
  }

  /**
   * Returns allow_redisplay as Stripe.js derives it from the check box (docs:
   * customer_sessions, payment_method_save).
   */
  allowRedisplay() {
    const saving = this.group.willBeReused();
    if (this.features.payment_method_save !== 'enabled') return saving ? 'limited' : 'unspecified';
    if (this.save?.input.checked) return 'always';
    return saving ? 'limited' : 'unspecified';
  }

  /**
   * Returns the usage that the check box implies. In setup mode the SetupIntent
   * has its own.
   */
  usage() {
    if (this.group.mode === 'setup') return undefined;
    return this.save && !this.save.node.hidden && this.save.input.checked
      ? this.features.payment_method_save_usage
      : undefined;
  }

  collapse() {
    this.chooser?.select(null);
    this.changed();
    return this;
  }

  clear() {
    for (const form of this.forms.values()) form.clear();
    this.changed();
  }
}
