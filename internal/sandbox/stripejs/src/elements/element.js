// The base class of all elements: mounting, events, the shadow root with its
// style sheets, the loading state.

/**
 * The look and the texts of a group of elements.
 *
 * @typedef {object} Look
 * @property {Words} words
 * @property {Appearance | undefined} appearance
 * @property {string} loader
 */

class BaseElement {
  /**
   * @param {string} type
   * @param {ElementsGroup} group
   * @param {Json} options
   */
  constructor(type, group, options) {
    this.type = type;
    this.group = group;
    this.options = options ?? {};
    this.events = new Emitter();
    this.destroyed = false;
    this.ready = false;

    /**
     * The methods of the last availablepaymentmethodschange, as JSON.
     *
     * @type {string | null | undefined}
     */
    this.reported = null;

    /**
     * Counts mounts, so that a load of an earlier mount does not make this one
     * ready.
     */
    this.turn = 0;
    /** @type {HTMLElement | null} */
    this.container = null;
    this.host = h('div', { class: '__PrivateStripeElement', 'data-stripe-element': type });
    this.shadow = this.host.attachShadow({ mode: 'open', delegatesFocus: false });
    this.live = h('p', { class: 'Visually-hidden', role: 'status' });
    this.body = h('div', { class: 'Block' });
    this.root = h('div', { class: 'Root', role: 'group' }, this.body, this.live);
    this.shadow.append(this.root);
    this.applyAppearance();
    this.watchFocus();
  }

  get words() {
    return this.group.words;
  }

  applyAppearance() {
    const { appearance } = this.group;
    this.shadow.adoptedStyleSheets = [styleSheet(elementStyles), appearanceSheet(appearance)];
    this.root.classList.toggle('Root--floating', appearance?.labels === 'floating');
    this.root.classList.toggle('Root--animated', !appearance?.disableAnimations);
    this.root.lang = this.words.table === texts.fr ? 'fr' : 'en';
  }

  watchFocus() {
    this.shadow.addEventListener('focusin', (event) => {
      if (!(event instanceof FocusEvent) || this.hasInside(event.relatedTarget)) return;
      this.container?.classList.add('StripeElement--focus');
      this.emit('focus');
    });

    this.shadow.addEventListener('focusout', (event) => {
      if (!(event instanceof FocusEvent) || this.hasInside(event.relatedTarget)) return;
      this.container?.classList.remove('StripeElement--focus');
      this.emit('blur');
    });

    this.root.addEventListener('announce', (event) => {
      if (event instanceof CustomEvent) this.live.textContent = event.detail;
    });

    this.root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.emit('escape');

      // Enter in a field submits the surrounding form, as if the field were
      // part of it.
      if (
        event.key === 'Enter' &&
        event.target instanceof HTMLInputElement &&
        !['radio', 'checkbox'].includes(event.target.type)
      ) {
        event.preventDefault();
        this.container?.closest('form')?.requestSubmit();
      }
    });
  }

  /** @param {EventTarget | null} node */
  hasInside(node) {
    return node instanceof Node && this.shadow.contains(node);
  }

  /**
   * @param {string} event
   * @param {object} [more]
   */
  emit(event, more = {}) {
    this.events.emit(event, { elementType: this.type, ...more });
  }

  /**
   * @param {string} event
   * @param {Function} handler
   */
  on(event, handler) {
    this.events.add(event, handler, false);
    return this;
  }

  /**
   * @param {string} event
   * @param {Function} handler
   */
  once(event, handler) {
    this.events.add(event, handler, true);
    return this;
  }

  /**
   * @param {string} event
   * @param {Function} [handler]
   */
  off(event, handler) {
    this.events.remove(event, handler);
    return this;
  }

  /** @param {string | HTMLElement} target */
  mount(target) {
    if (!target)
      throw new IntegrationError(
        'Missing argument. Make sure to call mount() with a valid DOM element or selector.',
      );

    this.checkAlive();

    const container = typeof target === 'string' ? this.find(target) : target;
    if (!(container instanceof HTMLElement))
      throw new IntegrationError(
        'Invalid DOM element. Make sure to call mount() with a valid DOM element or selector.',
      );

    if (this.container === container && this.host.parentElement === container) return;

    if (this.container)
      throw new IntegrationError(
        'This Element is already mounted. Use `unmount()` to unmount the Element before ' +
          're-mounting.',
      );

    this.place(container);
    void this.start();
  }

  checkAlive() {
    if (this.destroyed)
      throw new IntegrationError(
        'This Element has already been destroyed. Please create a new one.',
      );
  }

  /** @param {string} selector */
  find(selector) {
    const found = document.querySelectorAll(selector);
    if (found.length === 0) {
      throw new IntegrationError(
        `The selector you specified (${selector}) applies to no DOM elements that are ` +
          'currently on the page.\nMake sure the element exists on the page before ' +
          'calling mount().',
      );
    }

    if (found.length > 1)
      warn(
        `The selector you specified (${selector}) applies to ${found.length} DOM ` +
          'elements that are currently on the page.\nThe Stripe Element will be mounted ' +
          'to the first one.',
      );

    return found[0];
  }

  /** @param {HTMLElement} container */
  place(container) {
    if (container.childElementCount > 0)
      warn('This Element will be mounted to a DOM element that contains child nodes.');
    container.replaceChildren(this.host);
    container.classList.add('StripeElement');
    this.container = container;
  }

  /** Loads and draws. A failure is reported by `loaderror`, never thrown. */
  async start() {
    this.turn += 1;

    const { turn } = this;
    const shimmers = this.group.loader !== 'never';
    if (shimmers) this.drawSkeleton();

    // A framework attaches its handlers right after mount(): React does so once
    // it has committed the component that mounts the element.
    await nextTask();
    if (turn !== this.turn) return;
    if (shimmers) this.emit('loaderstart');

    try {
      await this.load();
      if (!this.container || turn !== this.turn) return;

      this.ready = true;
      this.live.textContent = '';
      this.emit('ready', this.readyPayload());
      this.reportMethods();
      this.changed();
    } catch (err) {
      if (turn === this.turn) this.failed(err);
    }
  }

  /** @param {unknown} err */
  failed(err) {
    this.body.replaceChildren(
      h('p', { class: 'Error', role: 'alert' }, this.words.say('loadFailed')),
    );

    const error =
      err instanceof Failure
        ? err.error
        : { type: 'api_error', message: err instanceof Error ? err.message : String(err) };

    if (!this.events.has('loaderror')) console.error('Unhandled payment Element loaderror', error);
    this.emit('loaderror', { error });
  }

  drawSkeleton() {
    this.body.replaceChildren(
      h('div', { class: 'Skeleton', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
    );
    this.live.textContent = this.words.say('loading');
  }

  /** Returns the line that identifies the sandbox. */
  sandboxLine() {
    return h(
      'p',
      { class: 'Sandbox' },
      h('b', {}, this.words.say('sandbox')),
      this.words.say('sandboxHint'),
    );
  }

  unmount() {
    if (!this.container) return;

    this.container.classList.remove(
      'StripeElement',
      'StripeElement--focus',
      'StripeElement--complete',
      'StripeElement--empty',
      'StripeElement--invalid',
    );

    this.host.remove();
    this.container = null;
    this.ready = false;
    this.reported = null;
    this.turn += 1;
  }

  destroy() {
    this.checkAlive();
    this.unmount();
    this.destroyed = true;
    this.group.forget(this);
  }

  focus() {
    /** @type {HTMLElement[]} */
    const seen = [
      ...this.body.querySelectorAll(/** @type {'input'} */ ('input, select, button')),
    ].filter((node) => node.checkVisibility());

    (
      seen.find((node) => node.matches('input:not([type=radio], [type=checkbox])')) ?? seen[0]
    )?.focus();
  }

  blur() {
    const { activeElement } = this.shadow;
    if (activeElement instanceof HTMLElement) activeElement.blur();
  }

  clear() {}

  /** @param {Json} options */
  update(options) {
    this.options = merge(this.options, options);
    if (this.ready) {
      this.redraw();
      this.reportMethods();
    }
    return this;
  }

  redraw() {}

  /** Loads again because the group's options changed. The input is kept. */
  async reload() {
    try {
      await this.load();
      this.reportMethods();
      this.changed();
    } catch (err) {
      this.failed(err);
    }
  }

  /** @returns {object} */
  readyPayload() {
    return { elementType: this.type };
  }

  /**
   * Returns which payment methods the element shows, by their names in events;
   * undefined if it shows none, and null if it never shows any.
   *
   * @returns {Record<string, boolean> | undefined | null}
   */
  methodsShown() {
    return null;
  }

  /** Emits availablepaymentmethodschange at first and after each change. */
  reportMethods() {
    const shown = this.methodsShown();
    const state = JSON.stringify(shown);
    if (shown === null || state === this.reported) return;

    this.reported = state;

    const entries = Object.entries(shown ?? {}).map(([name, available]) => [name, { available }]);
    this.emit('availablepaymentmethodschange', {
      paymentMethods: shown && Object.fromEntries(entries),
    });
  }

  async load() {}

  changed() {}

  /** Called when the group's options change, for what shows them at once. */
  optionsChanged() {}

  /** @returns {Promise<void>} */
  async validate() {}

  /**
   * Shows the errors of the fields, focuses the first and throws it.
   *
   * @param {Field[]} fields
   * @throws {Failure}
   */
  requireValid(fields) {
    const wrong = showProblems(fields);
    this.changed();
    if (!wrong) return;
    wrong.input.focus();
    throw this.announceFailure(fieldFailure(wrong));
  }

  /**
   * Announces the failure to screen readers.
   *
   * @param {Failure} failure
   */
  announceFailure(failure) {
    this.live.textContent = failure.message;
    return failure;
  }

  /**
   * Sets the classes of the container, as Stripe.js does.
   *
   * @param {{empty: boolean, complete: boolean, invalid: boolean}} state
   */
  setStateClasses({ empty, complete, invalid }) {
    const list = this.container?.classList;
    list?.toggle('StripeElement--empty', empty);
    list?.toggle('StripeElement--complete', complete);
    list?.toggle('StripeElement--invalid', invalid);
  }
}
