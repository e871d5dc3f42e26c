// One labelled input with its error. Every form of the elements consists of
// these.

/**
 * @typedef {object} FieldSpec
 * @property {string} name stable name of the input, also its data-field
 * @property {string} label
 * @property {string} [autocomplete]
 * @property {string} [inputmode]
 * @property {string} [type]
 * @property {string} [placeholder]
 * @property {string} [value]
 * @property {boolean} [half] takes half of the row
 * @property {boolean} [optional] may stay empty
 * @property {boolean} [readOnly]
 * @property {[string, string][]} [options] makes it a select
 * @property {(text: string, deleting: boolean) => string} [format]
 * @property {(text: string) => TextKey | null} [check]
 */

class Field {
  /**
   * @param {FieldSpec} spec
   * @param {Words} words
   */
  constructor(spec, words) {
    this.spec = spec;
    this.words = words;
    /** @type {TextKey | null} */
    this.shown = null;
    /** @type {() => void} called when the value changes */
    this.onChange = () => {};

    const id = uniqueId(spec.name);
    this.label = h('label', { class: 'Label', for: id }, spec.label);
    this.error = h('p', { class: 'Error', id: `${id}-error`, hidden: true });
    this.input = spec.options ? this.buildSelect(id, spec.options) : this.buildInput(id);
    this.wrap = h('span', { class: 'Input-wrap' }, this.input);
    if (spec.options) this.wrap.append(h('span', { class: 'Chevron', 'aria-hidden': 'true' }));

    this.node = h(
      'div',
      { class: spec.half ? 'Field Field--half' : 'Field', 'data-field': spec.name },
      this.label,
      this.wrap,
      this.error,
    );

    this.listen();
  }

  /** @param {string} id */
  buildInput(id) {
    const { spec } = this;
    return h('input', {
      class: `Input Input--${spec.name}`,
      id,
      name: spec.name,
      type: spec.type ?? 'text',
      value: spec.value,
      autocomplete: spec.autocomplete ?? 'off',
      inputmode: spec.inputmode,
      placeholder: spec.placeholder,
      readonly: spec.readOnly,
      'aria-required': spec.optional ? null : 'true',
      autocapitalize: 'none',
      spellcheck: 'false',
      'aria-describedby': `${id}-error`,
    });
  }

  /**
   * @param {string} id
   * @param {[string, string][]} options
   */
  buildSelect(id, options) {
    const { spec } = this;
    const select = h('select', {
      class: `Input Input--${spec.name}`,
      id,
      name: spec.name,
      autocomplete: spec.autocomplete,
      disabled: spec.readOnly,
      'aria-describedby': `${id}-error`,
    });

    for (const [value, text] of options)
      select.append(h('option', { value, selected: value === spec.value }, text));

    return select;
  }

  listen() {
    this.input.addEventListener('input', (event) => this.edited(event));
    this.input.addEventListener('blur', () => {
      if (this.value === '' && !this.shown) return;
      this.show(this.problem());
      this.announce();
    });
  }

  /** @param {Event} event */
  edited(event) {
    if (this.spec.format && this.input instanceof HTMLInputElement) {
      const deleting = event instanceof InputEvent && event.inputType.startsWith('delete');
      this.reformat(this.input, this.spec.format, deleting);
    }
    this.afterEdit();
    this.onChange();
  }

  /**
   * Shows an error that more typing cannot fix at once, and clears a visible
   * one as soon as it is fixed.
   */
  afterEdit() {
    const problem = this.problem();
    const before = this.shown;
    const atOnce = ['number', 'expiry'].includes(this.spec.name) || before;
    if (problem?.startsWith('invalid_')) this.show(atOnce ? problem : null);
    else if (before !== problem) this.show(null);
    if (this.shown !== before) this.announce();
  }

  /** Lets the element announce the error to screen readers. */
  announce() {
    if (this.shown)
      this.node.dispatchEvent(
        new CustomEvent('announce', { bubbles: true, detail: this.error.textContent }),
      );
  }

  /**
   * Formats the text and keeps the caret behind the same character.
   *
   * @param {HTMLInputElement} input
   * @param {(text: string, deleting: boolean) => string} format
   * @param {boolean} deleting
   */
  reformat(input, format, deleting) {
    const caret = input.selectionStart ?? input.value.length;
    const atEnd = caret === input.value.length;
    const before = input.value.slice(0, caret).replace(/[^A-Za-z0-9]/g, '').length;

    input.value = format(input.value, deleting);

    if (atEnd) return;

    let at = 0;
    for (let seen = 0; seen < before && at < input.value.length; at += 1)
      if (/[A-Za-z0-9]/.test(input.value[at])) seen += 1;
    input.setSelectionRange(at, at);
  }

  get value() {
    return this.input.value;
  }

  set value(text) {
    this.input.value = this.spec.format ? this.spec.format(text, false) : text;
  }

  get empty() {
    return this.input instanceof HTMLSelectElement || this.value === '';
  }

  /**
   * Returns the current problem, whether it is visible or not.
   *
   * @returns {TextKey | null}
   */
  problem() {
    if (this.node.hidden || (this.spec.optional && this.value.trim() === '')) return null;
    if (this.spec.check) return this.spec.check(this.value);
    return this.value.trim() === '' ? 'incomplete_field' : null;
  }

  /** @param {TextKey | null} problem */
  show(problem) {
    this.shown = problem;
    this.error.textContent = problem ? this.words.say(problem) : '';
    this.error.hidden = !problem;
    this.input.classList.toggle('Input--invalid', Boolean(problem));
    if (problem) this.input.setAttribute('aria-invalid', 'true');
    else this.input.removeAttribute('aria-invalid');
  }

  /**
   * Takes the value of the field that this one replaces, and its error if it
   * still applies.
   *
   * @param {Field} previous
   */
  takeOver(previous) {
    this.value = previous.value;
    if (previous.shown && previous.shown === this.problem()) this.show(previous.shown);
  }

  clear() {
    if (this.input instanceof HTMLInputElement) this.input.value = '';
    this.show(null);
  }
}

/**
 * Shows the problems of all fields.
 *
 * @param {Field[]} fields
 * @returns {Field | null} the first wrong one
 */
function showProblems(fields) {
  const wrong = fields.filter((field) => {
    field.show(field.problem());
    return field.shown;
  });
  return wrong[0] ?? null;
}

/**
 * @param {Field} field
 * @returns {Failure} the failure as elements.submit() reports it
 */
function fieldFailure(field) {
  const problem = field.problem() ?? 'incomplete_field';

  // Stripe has one code for all postal codes.
  const code =
    problem === 'incomplete_postal'
      ? 'incomplete_zip'
      : problem === 'invalid_postal'
        ? 'invalid_zip'
        : problem;

  return new Failure({ type: 'validation_error', code, message: field.words.say(problem) });
}
