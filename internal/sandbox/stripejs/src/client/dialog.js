// Dialogs over the host page: the 3D Secure challenge and the payment sheet of
// a wallet. A modal <dialog> traps the focus and returns it.

/**
 * Returns the focused element, inside shadow roots too.
 *
 * @returns {Element | null}
 */
function focusedElement() {
  let { activeElement } = document;
  while (activeElement?.shadowRoot?.activeElement) ({ activeElement } = activeElement.shadowRoot);
  return activeElement;
}

/**
 * @param {Words} words
 * @param {string} title
 * @param {HTMLElement} content
 */
function openDialog(words, title, content) {
  const host = h('div', { class: '__PrivateStripeElement', 'data-stripe-dialog': true });
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = [styleSheet(dialogStyles)];

  const close = h(
    'button',
    { type: 'button', 'aria-label': words.say('close'), 'data-action': 'close' },
    '✕',
  );

  const heading = h('h2', { id: uniqueId('dialog') }, title);
  const dialog = h(
    'dialog',
    { 'aria-labelledby': heading.id },
    h('div', { class: 'Frame' }, h('header', {}, heading, close), content),
  );

  shadow.append(dialog);
  document.body.append(host);

  const before = focusedElement();

  dialog.showModal();

  return {
    close,
    /**
     * Registers the handler of Escape and of the close button; it may leave the
     * dialog open.
     *
     * @param {() => void} handler
     */
    onDismiss(handler) {
      close.addEventListener('click', handler);

      dialog.addEventListener('cancel', (event) => {
        event.preventDefault();
        handler();
      });

      // A browser closes the dialog on a second Escape, whatever the page does.
      dialog.addEventListener('close', () => {
        if (host.isConnected) handler();
        if (host.isConnected) dialog.showModal();
      });
    },
    dismiss() {
      if (!host.isConnected) return;

      // Remove the host at once: the close event fires later and is not the
      // buyer's.
      dialog.close();
      host.remove();
      if (before instanceof HTMLElement && before.isConnected && focusedElement() !== before)
        before.focus();
    },
  };
}

/**
 * Shows the challenge page and waits until it reports or the buyer closes it.
 *
 * @param {Words} words
 * @param {string} url
 * @returns {Promise<'complete' | 'closed'>}
 */
function challenge(words, url) {
  const frame = h('iframe', {
    src: url,
    title: words.say('dialog3ds'),
    name: 'stripe-challenge-frame',
  });

  const dialog = openDialog(words, words.say('dialog3ds'), frame);

  frame.addEventListener('load', () => {
    frame.dataset.loaded = 'true';
    // The page may have focused one of its buttons already; focusing the frame
    // again would take the focus away.
    const root = /** @type {ShadowRoot} */ (frame.getRootNode());
    if (root.activeElement !== frame) frame.focus();
  });

  return new Promise((resolve) => {
    /** @param {'complete' | 'closed'} how */
    const end = (how) => {
      window.removeEventListener('message', heard);
      dialog.dismiss();
      resolve(how);
    };

    /** @param {MessageEvent} event */
    const heard = (event) => {
      if (event.source !== frame.contentWindow || event.origin !== new URL(url).origin) return;
      if (event.data?.type === 'stripe-3ds-complete') end('complete');
      if (event.data?.type === 'stripe-3ds-cancel') end('closed');
    };

    window.addEventListener('message', heard);
    dialog.onDismiss(() => end('closed'));
  });
}

/**
 * Shows instructions and waits until the buyer closes them.
 *
 * @param {Words} words
 * @param {string} url
 * @returns {Promise<void>}
 */
function showInstructions(words, url) {
  const frame = h('iframe', {
    src: url,
    title: words.say('instructions'),
    name: 'stripe-instructions-frame',
  });

  const dialog = openDialog(words, words.say('instructions'), frame);

  return new Promise((resolve) => {
    dialog.onDismiss(() => {
      dialog.dismiss();
      resolve();
    });
  });
}
