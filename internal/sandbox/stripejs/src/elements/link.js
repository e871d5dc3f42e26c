// The Link Authentication Element: an e-mail address that the group's payment
// uses. The sandbox has no Link accounts.

class LinkElement extends BaseElement {
  /**
   * @param {ElementsGroup} group
   * @param {Json} options
   */
  constructor(group, options) {
    super('linkAuthentication', group, options);
    this.last = '';
  }

  async load() {
    this.draw(this.options.defaultValues?.email ?? '');
  }

  async reload() {
    this.redraw();
  }

  redraw() {
    this.draw(this.email);
    this.changed();
  }

  /** @param {string} value */
  draw(value) {
    this.field = new Field(
      {
        name: 'email',
        label: this.words.say('email'),
        type: 'email',
        inputmode: 'email',
        autocomplete: 'email',
        value,
        check: checkEmail,
      },
      this.words,
    );

    this.field.onChange = () => this.changed();
    this.body.replaceChildren(this.sandboxLine(), this.field.node);
  }

  /** @returns {string} */
  get email() {
    return this.field?.value.trim() ?? '';
  }

  changed() {
    if (!this.ready || !this.field) return;

    const { email } = this;
    const complete = !this.field.problem();
    this.setStateClasses({ empty: email === '', complete, invalid: Boolean(this.field.shown) });

    /**
     * @type
     *   {Omit<import('@stripe/stripe-js').StripeLinkAuthenticationElementChangeEvent,
     *   'elementType'>}
     */
    const state = { empty: email === '', complete, value: { email } };
    const now = JSON.stringify(state);
    if (now === this.last) return;

    this.last = now;
    this.emit('change', state);
  }

  async validate() {
    if (this.field) this.requireValid([this.field]);
  }

  clear() {
    this.field?.clear();
    this.changed();
  }
}
