// Saved payment methods of the customer session: choose one, remove one, enter
// its security code again.

/**
 * Returns the saved methods that the session's features allow.
 *
 * @param {Json} customer
 * @param {Json} features
 * @param {string[]} types
 */
function savedMethods(customer, features, types) {
  if (features.payment_method_redisplay !== 'enabled') return [];

  const filters = features.payment_method_allow_redisplay_filters ?? ['always'];
  return (customer?.payment_methods ?? [])
    .filter(
      (/** @type {SavedMethod} */ method) =>
        types.includes(method.type) && filters.includes(method.allow_redisplay ?? 'unspecified'),
    )
    .slice(0, features.payment_method_redisplay_limit ?? 3);
}

/**
 * @param {SavedMethod} method
 * @param {Words} words
 */
function savedLabel(method, words) {
  const detail = /** @type {Json} */ (method)[method.type] ?? {};
  const brand =
    cardBrands.find(({ name }) => name === detail.brand)?.label ?? methodLabel(method.type, words);

  return {
    short: `${brand} •••• ${detail.last4 ?? ''}`,
    spoken: words.say('ending', { brand, last4: detail.last4 ?? '' }),
    expiry: expiryText(detail),
  };
}

/** @param {Json} card */
function expiryText(card) {
  return card.exp_month
    ? `${String(card.exp_month).padStart(2, '0')}/${String(card.exp_year).slice(-2)}`
    : '';
}

/** A list of radio buttons: the saved methods and "new". */
class SavedList {
  /**
   * @param {SavedMethod[]} methods
   * @param {{words: Words, removable: boolean, recollectCvc: boolean}} options
   */
  constructor(methods, options) {
    this.methods = methods;
    this.options = options;
    /** @type {SavedMethod | null} */
    this.selected = methods[0] ?? null;
    this.onChange = () => {};
    /** @type {(method: SavedMethod) => Promise<boolean>} */
    this.onRemove = async () => false;
    this.name = uniqueId('saved');

    this.cvc = new Field(
      cvcSpec(
        options.words,
        () => cardBrands.find(({ name }) => name === this.selected?.card?.brand) ?? unknownBrand,
      ),
      options.words,
    );

    this.cvc.onChange = () => this.onChange();
    this.node = h('fieldset', { class: 'Fieldset', 'data-saved': true });
    this.draw();
  }

  /**
   * Restores an earlier choice if it still exists.
   *
   * @param {SavedMethod | null} choice
   */
  keep(choice) {
    const same = this.methods.find(({ id }) => id === choice?.id);
    if (choice && !same) return;
    this.selected = same ?? null;
    this.draw();
  }

  get asksCvc() {
    return this.options.recollectCvc && this.selected?.type === 'card';
  }

  draw() {
    const { words } = this.options;
    this.node.replaceChildren(
      h('legend', { class: 'Visually-hidden' }, words.say('saved')),
      ...this.methods.map((method) => this.item(method)),
    );

    if (this.methods.length > 0) this.node.append(this.newItem());
    this.node.hidden = this.methods.length === 0;
  }

  /**
   * @param {SavedMethod | null} method
   * @param {...(Node | string)} text
   */
  choice(method, ...text) {
    const radio = h('input', {
      type: 'radio',
      name: this.name,
      value: method?.id ?? 'new',
      checked: this.selected === method,
      'data-saved-method': method?.id ?? 'new',
    });

    radio.addEventListener('change', () => this.pick(method));

    return h('label', { class: 'PickerItem-label' }, radio, h('span', {}, ...text));
  }

  /** @param {SavedMethod} method */
  item(method) {
    const { words, removable } = this.options;
    const { short, spoken, expiry } = savedLabel(method, words);
    const label = this.choice(
      method,
      h('span', { 'aria-hidden': 'true' }, short),
      h('span', { class: 'Visually-hidden' }, spoken),
    );

    if (expiry)
      label.append(
        h(
          'span',
          { class: 'Note' },
          h('span', { class: 'Visually-hidden' }, words.say('expires', { date: '' })),
          expiry,
        ),
      );

    const node = h(
      'div',
      { class: this.selected === method ? 'PickerItem PickerItem--selected' : 'PickerItem' },
      label,
    );

    if (removable) node.append(this.removeButton(method, node, spoken));
    if (this.selected === method && this.asksCvc) node.append(this.cvc.node);

    return node;
  }

  newItem() {
    return h(
      'div',
      { class: this.selected ? 'PickerItem' : 'PickerItem PickerItem--selected' },
      this.choice(null, this.options.words.say('newMethod')),
    );
  }

  /**
   * @param {SavedMethod} method
   * @param {HTMLElement} node
   * @param {string} spoken
   */
  removeButton(method, node, spoken) {
    const { words } = this.options;
    const button = h(
      'button',
      {
        class: 'Button',
        type: 'button',
        'data-remove': method.id,
        'aria-label': `${words.say('remove')} ${spoken}`,
      },
      words.say('remove'),
    );

    button.addEventListener('click', () => {
      button.hidden = true;
      node.append(this.confirmation(method, button));
      focusIn(node, '[data-confirm-remove]');
    });

    return button;
  }

  /**
   * @param {SavedMethod} method
   * @param {HTMLElement} button
   */
  confirmation(method, button) {
    const { words } = this.options;
    const yes = h(
      'button',
      { class: 'Button Button--danger', type: 'button', 'data-confirm-remove': method.id },
      words.say('remove'),
    );

    const no = h('button', { class: 'Button', type: 'button' }, words.say('cancel'));
    const box = h(
      'div',
      { class: 'PickerItem-confirm', role: 'group', 'aria-label': words.say('removeTitle') },
      h('span', {}, words.say('removeTitle')),
      yes,
      no,
    );

    const back = () => {
      box.remove();
      button.hidden = false;
      button.focus();
    };

    no.addEventListener('click', back);

    yes.addEventListener('click', async () => {
      yes.disabled = true;
      if (await this.onRemove(method)) this.drop(method);
      else back();
    });

    return box;
  }

  /** @param {SavedMethod} method */
  drop(method) {
    this.methods = this.methods.filter((other) => other !== method);
    if (this.selected === method) this.selected = this.methods[0] ?? null;
    this.draw();
    focusIn(this.node, 'input:checked');
    this.onChange();
  }

  /** @param {SavedMethod | null} method */
  pick(method) {
    this.selected = method;
    this.cvc.clear();
    this.draw();
    focusIn(this.node, 'input:checked');
    this.onChange();
  }
}
