// The script of the challenge page (/3ds/{id}) and of the redirect page
// (/redirect/{id}). It shows the amount, posts the outcome, then notifies the
// opener (in the dialog's frame) or goes to the return URL (in a top-level
// window). The pages are in English, or in French if the browser prefers it.
'use strict';

(() => {
  const secret = new URLSearchParams(location.search).get('client_secret') ?? '';
  const account = new URLSearchParams(location.search).get('account');
  const id = location.pathname.split('/').pop() ?? '';
  const framed = window.parent !== window;
  const french = navigator.language.toLowerCase().startsWith('fr');

  const texts = /** @type {Record<string, string>} */ ({
    title:
      document.body.dataset.page === '3ds'
        ? '3D Secure — bac à sable hors ligne'
        : 'Page de paiement de test — bac à sable hors ligne',
    sandbox: 'Bac à sable hors ligne',
    amount: 'Montant',
    reference: 'Référence',
    bankTitle: 'Page de test 3D Secure 2',
    bank:
      "Cette page remplace la banque du titulaire de la carte. Choisissez l'issue de " +
      "l'authentification.",
    bankNote: "Aucune banque n'est interrogée et aucun argent ne circule.",
    pass: "Réussir l'authentification",
    fail: "Faire échouer l'authentification",
    method: 'Moyen de paiement',
    payTitle: ': page de paiement de test',
    pay: "Cette page remplace le site du moyen de paiement. Choisissez l'issue du paiement.",
    payNote: "Aucun prestataire n'est interrogé et aucun argent ne circule.",
    authorize: 'Autoriser le paiement de test',
    refuse: 'Faire échouer le paiement de test',
  });

  /** @type {any} */
  let intent = null;

  /** @param {string} name */
  const byId = (name) => /** @type {HTMLElement} */ (document.getElementById(name));

  function translate() {
    document.documentElement.lang = 'fr';
    document.title = texts.title;
    for (const node of document.querySelectorAll('[data-text]')) {
      if (node instanceof HTMLElement)
        node.textContent = texts[node.dataset.text ?? ''] ?? node.textContent;
    }
  }

  /** @param {unknown} err */
  function problem(err) {
    const why = err instanceof Error ? err.message : err;
    return french
      ? `Cela n'a pas fonctionné : ${why}. Veuillez réessayer.`
      : `This did not work: ${why}. Please try again.`;
  }

  /** @param {string} type of payment method */
  function label(type) {
    const own = /** @type {Record<string, string>} */ ({
      ideal: 'iDEAL',
      paypal: 'PayPal',
      amazon_pay: 'Amazon Pay',
    })[type];
    return own ?? type.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase());
  }

  /**
   * Reads the client's view of the intent. Any test key may, with the secret.
   */
  async function load() {
    const kind = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents';

    const query = new URLSearchParams({
      client_secret: secret,
      key: 'pk_test_offline_sandbox',
      ...(account && { _stripe_account: account }),
      'expand[]': 'payment_method',
    });

    const response = await fetch(`/v1/${kind}/${encodeURIComponent(id)}?${query}`);
    if (!response.ok) return;

    intent = await response.json();

    byId('amount').textContent = intent.amount
      ? writeAmount(intent.amount, intent.currency, navigator.language)
      : '—';

    const method = document.getElementById('method');
    if (method && intent.payment_method?.type)
      method.textContent = label(intent.payment_method.type);
  }

  /**
   * @param {string} outcome
   * @param {any} response of the server
   */
  function finish(outcome, response) {
    if (framed) {
      window.parent.postMessage({ type: 'stripe-3ds-complete' }, '*');
      return;
    }

    const back = response.return_url ?? intent?.next_action?.redirect_to_url?.return_url;
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
      const response = await fetch(location.pathname, {
        method: 'POST',
        body: new URLSearchParams({ client_secret: secret, outcome }),
      });

      const body = await response.json();
      if (!response.ok) throw new Error(body.error?.message ?? `status ${response.status}`);

      finish(outcome, body);
    } catch (err) {
      buttons.forEach((button) => {
        button.disabled = false;
      });

      byId('problem').textContent = problem(err);
      byId('problem').hidden = false;
    }
  }

  document.querySelector('form')?.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = /** @type {SubmitEvent} */ (event).submitter;
    void choose(button instanceof HTMLButtonElement ? button.value : 'fail');
  });

  document.addEventListener('keydown', (event) => {
    if (framed && event.key === 'Escape')
      window.parent.postMessage({ type: 'stripe-3ds-cancel' }, '*');
  });

  if (french) translate();

  // Nothing moves when the amount arrives: the buyer may be about to press a
  // button.
  byId('reference').textContent = id;
  byId('pass').focus();
  load().catch(() => {});
})();
