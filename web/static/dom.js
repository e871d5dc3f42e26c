/**
 * Helpers for the markup that the server sent, on a page of our own or in the
 * shadow root of a mounted form.
 *
 * @typedef {ReturnType<typeof lookup>} Dom
 */
import { formatAmount } from './money.js';

const anyElement = /** @type {new () => any} */ (HTMLElement);

/**
 * Returns the helpers that search one tree. A missing element is our own
 * mistake, since the markup and the script belong together.
 *
 * @param {Document | ShadowRoot} root
 */
export function lookup(root) {
  /**
   * Returns the element with this id.
   *
   * @template {HTMLElement} [T=HTMLElement]
   * @param {string} id
   * @param {new () => T} [kind]
   * @returns {T}
   */
  const byId = (id, kind = anyElement) => part(root, `#${id}`, kind);

  return {
    root,
    byId,

    /**
     * Returns a copy of the element in a template.
     *
     * @param {string} id of the template
     */
    copyOf(id) {
      const { content } = byId(id, HTMLTemplateElement);
      return part(document.importNode(content, true), '*');
    },

    /**
     * Reports whether the focus is in an element.
     *
     * @param {HTMLElement} element
     */
    hasFocus: (element) => element.contains(root.activeElement),

    /**
     * Returns the place for an element of Stripe's, which has to be in the
     * document itself: below a shadow root, a slot shows it.
     *
     * @param {string} id
     */
    stand(id) {
      const frame = byId(id);
      if (!(root instanceof ShadowRoot)) return frame;

      const slot = document.createElement('slot');
      slot.name = `checkoutd-${id}`;
      frame.replaceChildren(slot);

      const place = document.createElement('checkoutd-field');
      place.slot = slot.name;
      root.host.querySelector(`[slot=${slot.name}]`)?.remove();
      root.host.append(place);

      return place;
    },
  };
}

/**
 * Returns the first element below root that matches, of the given kind.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function part(root, selector, kind = anyElement) {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

/**
 * Sets the text of the first element below root that matches. It leaves an
 * equal text alone, so screen readers do not repeat it.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @param {string} text
 */
export function setText(root, selector, text) {
  const element = part(root, selector);
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Returns the button that was clicked and the closest element around it that
 * matches; null if the click was elsewhere.
 *
 * @param {Event} event
 * @param {string} selector
 */
export function clickedIn(event, selector) {
  const button = event.target instanceof Element ? event.target.closest('button') : null;
  const around = button?.closest(selector);
  return button && around instanceof HTMLElement ? { button, around } : null;
}

/**
 * Replaces the {names} in a text by values.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Returns the text for a number, as package texts does on the server.
 *
 * @param {Record<string, string>} forms by plural category
 * @param {number} n
 * @param {string} lang
 */
export function plural(forms, n, lang) {
  return forms[`=${n}`] ?? forms[new Intl.PluralRules(lang).select(n)] ?? forms.other ?? '';
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Writes the amounts and times below root in the format of a locale.
 *
 * @param {ParentNode} root
 * @param {string} locale
 */
export function localise(root, locale) {
  for (const element of root.querySelectorAll('[data-amount]')) {
    const { amount, currency, decimals } = /** @type {HTMLElement} */ (element).dataset;
    element.textContent = formatAmount(
      Number(amount),
      { currency: currency ?? '', decimals: Number(decimals) },
      locale,
    );
  }

  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
  for (const element of root.querySelectorAll('time')) {
    element.textContent = format.format(new Date(element.dateTime));
  }
}
