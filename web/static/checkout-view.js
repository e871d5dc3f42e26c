/**
 * The state of the checkout page and its messages. The phase says what the form
 * is doing, and the style sheet depends on it: loading, ready, busy, unsure (a
 * response was lost), resume, failed.
 *
 * @typedef {'loading' | 'ready' | 'busy' | 'unsure' | 'resume' | 'failed'}
 *   Phase
 *
 * @typedef {object} Wrong a part of the form in which something is wrong
 * @property {string} title
 * @property {() => void} go moves the focus into it
 *
 * @typedef {ReturnType<typeof createView>} View
 */

/**
 * @param {import('./dom.js').Dom} dom
 */
export function createView({ byId, root }) {
  const form = byId('payment-form');
  const payButton = byId('pay-button');
  const messageBox = byId('payment-message');
  const status = byId('payment-status');
  /** @type {(() => void)[]} */
  const listeners = [];

  function phase() {
    return /** @type {Phase} */ (form.dataset.phase);
  }

  /** @param {() => void} listener called after every change of the phase */
  function onPhase(listener) {
    listeners.push(listener);
  }

  /**
   * @param {Phase} next
   * @param {string} label of the pay button
   * @param {string} announcement to screen readers
   */
  function setPhase(next, label, announcement = '') {
    form.dataset.phase = next;

    const pressable = next === 'ready' || next === 'unsure';
    payButton.setAttribute('aria-disabled', String(!pressable));
    form.setAttribute('aria-busy', String(next === 'busy' || next === 'loading'));
    setLabel(label);
    byId('resume').hidden = next !== 'resume';
    form.hidden = next === 'resume';
    placeMessage(next === 'resume' ? byId('resume-button') : payButton);
    byId('retry-button').hidden = next !== 'failed';
    payButton.hidden = next === 'failed';
    status.textContent = announcement;
    for (const listener of listeners) listener();
  }

  /** @param {string} label of the pay button */
  function setLabel(label) {
    byId('pay-label').textContent = label;
  }

  /**
   * Moves the message above the button that the buyer will press next.
   *
   * @param {HTMLElement} button
   */
  function placeMessage(button) {
    if (button.previousElementSibling !== messageBox) button.before(messageBox);
  }

  /**
   * Locks the entered details while their payment is in flight.
   *
   * @param {boolean} locked
   */
  function lockDetails(locked) {
    byId('payment-details').inert = locked;
  }

  /**
   * @param {string} text
   * @param {Wrong[]} [wrong] what the buyer has to look at, listed as links
   */
  function showMessage(text, wrong = []) {
    messageBox.textContent = text;
    if (!text) return;
    if (wrong.length > 0) messageBox.append(list(wrong));
    messageBox.scrollIntoView({ block: 'nearest' });
    // The bank's dialog leaves the focus nowhere; otherwise the focus stays.
    if (document.activeElement === document.body) messageBox.focus();
  }

  /** @param {Wrong[]} wrong */
  function list(wrong) {
    const all = document.createElement('ul');
    for (const { title, go } of wrong) {
      const item = document.createElement('li');
      const link = document.createElement('button');
      link.type = 'button';
      link.className = 'link';
      link.textContent = title;
      link.addEventListener('click', go);
      item.append(link);
      all.append(item);
    }

    return all;
  }

  /** Returns the message on show. */
  function message() {
    return messageBox.firstChild?.textContent ?? '';
  }

  function termsBox() {
    return /** @type {HTMLInputElement | null} */ (root.getElementById('terms'));
  }

  /**
   * Returns the box for the terms as a part in which something is wrong, with
   * the sentence that asks for it; nothing if the buyer agrees.
   */
  function unagreed() {
    const box = termsBox();
    if (!box || box.checked) return [];

    const title = box.labels?.[0]?.querySelector('a')?.textContent ?? '';
    return [{ title, text: box.dataset.missing ?? '', go: () => box.focus() }];
  }

  /** Reports whether nothing misses the buyer's consent, or asks for it. */
  function agreed() {
    const [missing] = unagreed();
    if (!missing) return true;

    showMessage(missing.text);
    missing.go();
    return false;
  }

  /** Returns what the server is told of the consent to the terms. */
  function consent() {
    const box = termsBox();
    return box ? { termsAccepted: box.checked, termsVersion: box.dataset.version } : {};
  }

  function focusResume() {
    byId('resume-title').focus();
  }

  return {
    phase,
    onPhase,
    setPhase,
    setLabel,
    lockDetails,
    showMessage,
    message,
    unagreed,
    agreed,
    consent,
    focusResume,
  };
}
