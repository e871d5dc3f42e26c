// Behaviour of the challenge page (/3ds/{id}) and of the authorize page (/redirect/{id}): show what is at stake,
// post the outcome, then tell the opener (in the dialog's frame) or go to the return URL (top-level window).
'use strict';

(() => {
  const secret = new URLSearchParams(location.search).get('client_secret') ?? '';
  const id = location.pathname.split('/').pop() ?? '';
  const framed = window.parent !== window;
  /** @type {any} */
  let intent = null;

  /** @param {string} name */
  const byId = (name) => /** @type {HTMLElement} */ (document.getElementById(name));

  /** @param {number} amount in minor units @param {string} currency */
  function money(amount, currency) {
    const format = new Intl.NumberFormat(navigator.language, { style: 'currency', currency });
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  }

  /** @param {string} type of payment method */
  function label(type) {
    const own = /** @type {Record<string, string>} */ ({ ideal: 'iDEAL', paypal: 'PayPal', eps: 'EPS', p24: 'Przelewy24' })[type];
    return own ?? type.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase());
  }

  /** The client's view of the intent: any test key may read it with the secret. */
  async function load() {
    const kind = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents';
    const query = new URLSearchParams({ client_secret: secret, key: 'pk_test_offline_sandbox', 'expand[]': 'payment_method' });
    const answer = await fetch(`/v1/${kind}/${encodeURIComponent(id)}?${query}`);
    if (!answer.ok) return;
    intent = await answer.json();
    byId('amount').textContent = intent.amount ? money(intent.amount, intent.currency) : '—';
    const method = document.getElementById('method');
    if (method && intent.payment_method?.type) method.textContent = label(intent.payment_method.type);
  }

  /** @param {string} outcome @param {any} answer of the server */
  function finish(outcome, answer) {
    if (framed) {
      window.parent.postMessage({ type: 'stripe-3ds-complete' }, '*');
      return;
    }
    const back = answer.return_url ?? intent?.next_action?.redirect_to_url?.return_url;
    if (!back) throw new Error('the intent has no return_url');
    const url = new URL(back);
    const prefix = id.startsWith('seti_') ? 'setup_intent' : 'payment_intent';
    url.searchParams.set(prefix, id);
    url.searchParams.set(`${prefix}_client_secret`, secret);
    url.searchParams.set('redirect_status', outcome === 'pass' ? 'succeeded' : 'failed');
    location.replace(url.href);
  }

  /** @param {string} outcome */
  async function choose(outcome) {
    const buttons = document.querySelectorAll('button');
    buttons.forEach((button) => {
      button.disabled = true;
    });
    try {
      const answer = await fetch(location.pathname, {
        method: 'POST',
        body: new URLSearchParams({ client_secret: secret, outcome }),
      });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.error?.message ?? `status ${answer.status}`);
      finish(outcome, body);
    } catch (err) {
      buttons.forEach((button) => {
        button.disabled = false;
      });
      byId('problem').textContent = `This did not work: ${err instanceof Error ? err.message : err}. Please try again.`;
      byId('problem').hidden = false;
    }
  }

  document.querySelector('form')?.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = /** @type {SubmitEvent} */ (event).submitter;
    void choose(button instanceof HTMLButtonElement ? button.value : 'fail');
  });
  document.addEventListener('keydown', (event) => {
    if (framed && event.key === 'Escape') window.parent.postMessage({ type: 'stripe-3ds-cancel' }, '*');
  });
  // Nothing moves when the amount arrives: somebody may be about to press a button.
  byId('reference').textContent = id;
  byId('pass').focus();
  load().catch(() => {});
})();
