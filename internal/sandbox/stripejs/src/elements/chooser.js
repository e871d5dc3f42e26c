// The choice of a payment method type: tabs or an accordion, both usable by
// keyboard.

/**
 * @typedef {object} Layout
 * @property {'tabs' | 'accordion' | 'auto'} type
 * @property {boolean} [defaultCollapsed]
 * @property {boolean | string} [radios]
 * @property {boolean} [spacedAccordionItems]
 * @property {number} [visibleAccordionItemsCount]
 */

/**
 * @param {Json} layout
 * @returns {Layout}
 */
function layoutOf(layout) {
  const given =
    typeof layout === 'string' || layout === undefined ? { type: layout } : { ...layout };
  const type = given.type ?? 'tabs';
  if (!['tabs', 'accordion', 'auto'].includes(type)) {
    throw invalidValue(
      "elements.create('payment')",
      'layout',
      'one of the following strings: tabs, accordion, auto',
      type,
    );
  }

  return { ...given, type: type === 'auto' ? 'tabs' : type };
}

/** @param {Json} layout */
function checkLayout(layout) {
  const method = "elements.create('payment')";
  const { type: _, radios, visibleAccordionItemsCount: visible, ...rest } = layout;
  warnUnknown(rest, ['defaultCollapsed', 'spacedAccordionItems'], `${method} layout`);

  for (const name of ['defaultCollapsed', 'spacedAccordionItems'])
    if (rest[name] !== undefined && typeof rest[name] !== 'boolean')
      throw invalidValue(method, `layout.${name}`, 'a boolean', rest[name]);

  if (typeof radios !== 'boolean')
    checkChoice(method, 'layout.radios', radios, ['always', 'auto', 'if_multiple', 'never']);

  if (visible !== undefined && (!Number.isInteger(visible) || visible < 0))
    throw invalidValue(
      method,
      'layout.visibleAccordionItemsCount',
      'an integer that is not negative',
      visible,
    );
}

/**
 * Hides the rest behind a button that shows it and moves the focus there.
 *
 * @param {Words} words
 * @param {HTMLElement[]} rest
 */
function moreButton(words, rest) {
  for (const node of rest) node.hidden = true;

  const more = h(
    'button',
    { class: 'Button', type: 'button', 'data-action': 'more' },
    words.say('more'),
  );

  more.addEventListener('click', () => {
    for (const node of rest) node.hidden = false;
    (rest[0].querySelector('input') ?? rest[0]).focus();
    more.remove();
  });

  return more;
}

/** Shows one of several forms. `select(null)` collapses all. */
class Chooser {
  /**
   * @param {string[]} types in order
   * @param {(type: string) => MethodForm} form
   * @param {Words} words
   * @param {Layout} layout
   */
  constructor(types, form, words, layout) {
    this.types = types;
    this.form = form;
    this.words = words;
    this.layout = layout;
    /** @type {string | null} */
    this.selected = null;
    this.onSelect = () => {};
    this.id = uniqueId('methods');
    this.node = h('div', { class: 'Block' });
  }

  /** @param {string | null} type */
  select(type) {
    this.selected = type;
    this.show();
  }

  show() {}

  /** @param {string} type */
  pick(type) {
    if (type === this.selected) return;
    this.select(type);
    this.onSelect();
  }
}

class TabChooser extends Chooser {
  /** @param {ConstructorParameters<typeof Chooser>} args */
  constructor(...args) {
    super(...args);

    this.list = h('div', {
      class: 'Tabs',
      role: 'tablist',
      'aria-label': this.words.say('methods'),
    });

    this.panel = h('div', { role: 'tabpanel', id: `${this.id}-panel` });
    this.tabs = this.types.map((type) => this.tab(type));
    this.list.append(...this.tabs);
    this.list.hidden = this.types.length < 2;
    this.node.append(this.list, this.panel);
    if (this.list.hidden) this.panel.removeAttribute('role');
  }

  /** @param {string} type */
  tab(type) {
    const tab = h(
      'button',
      {
        class: 'Tab',
        type: 'button',
        role: 'tab',
        id: `${this.id}-${type}`,
        'data-method': type,
        'aria-controls': `${this.id}-panel`,
      },
      methodLabel(type, this.words),
    );

    tab.addEventListener('click', () => this.pick(type));
    tab.addEventListener('keydown', (event) => this.move(event, type));

    return tab;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {string} type
   */
  move(event, type) {
    const step = /** @type {Record<string, number>} */ ({
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
    })[event.key];

    const at = this.types.indexOf(type);
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? this.types.length - 1
          : step
            ? (at + step + this.types.length) % this.types.length
            : -1;

    if (to < 0) return;

    event.preventDefault();
    this.pick(this.types[to]);
    this.tabs[to].focus();
  }

  show() {
    this.tabs.forEach((tab, i) => {
      const on = this.types[i] === this.selected;
      tab.classList.toggle('Tab--selected', on);
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on || (!this.selected && i === 0) ? 0 : -1;
    });

    this.panel.hidden = !this.selected;

    if (!this.selected) return;

    this.panel.setAttribute('aria-labelledby', `${this.id}-${this.selected}`);
    this.panel.replaceChildren(this.form(this.selected).node);
  }
}

class AccordionChooser extends Chooser {
  /** @param {ConstructorParameters<typeof Chooser>} args */
  constructor(...args) {
    super(...args);

    const spaced = this.layout.spacedAccordionItems ? ' Accordion--spaced' : '';
    this.list = h('div', {
      class: `Accordion${spaced}`,
      role: 'radiogroup',
      'aria-label': this.words.say('methods'),
    });

    this.items = this.types.map((type) => this.item(type));
    this.list.append(...this.items.map(({ node }) => node));
    this.node.append(this.list);
    this.fold();
  }

  /** @param {string} type */
  item(type) {
    const radio = h('input', { type: 'radio', name: this.id, value: type, 'data-method': type });
    radio.addEventListener('change', () => this.pick(type));

    const plain = this.showsRadios() ? '' : ' AccordionItem--plain';
    const panel = h('div', { class: 'AccordionItem-panel', hidden: true });
    const node = h(
      'div',
      { class: `AccordionItem${plain}` },
      h('label', { class: 'AccordionItem-header' }, radio, methodLabel(type, this.words)),
      panel,
    );

    return { type, radio, panel, node };
  }

  showsRadios() {
    const { radios } = this.layout;
    return (
      radios === true || radios === 'always' || (radios === 'if_multiple' && this.types.length > 1)
    );
  }

  /** Hides the items beyond the visible count behind a button. */
  fold() {
    const visible = this.layout.visibleAccordionItemsCount ?? 5;
    const rest = visible > 0 ? this.items.slice(visible) : [];
    if (rest.length > 0)
      this.node.append(
        moreButton(
          this.words,
          rest.map(({ node }) => node),
        ),
      );
  }

  show() {
    for (const { type, radio, panel, node } of this.items) {
      const on = type === this.selected;
      radio.checked = on;
      panel.hidden = !on;
      node.classList.toggle('AccordionItem--selected', on);

      // Show the chosen item even if a redraw has folded it away.
      if (on) node.hidden = false;
      if (on && this.form(type).node.parentElement !== panel) panel.append(this.form(type).node);
    }
  }
}
