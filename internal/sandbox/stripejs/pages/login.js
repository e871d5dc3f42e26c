// The script of the login window, which an embedded component opens. It tells
// its opener that somebody logged in, and closes itself.
'use strict';

(() => {
  const french = navigator.language.toLowerCase().startsWith('fr');
  const texts = /** @type {Record<string, string>} */ ({
    sandbox: 'Bac à sable hors ligne',
    heading: 'Connectez-vous à votre compte',
    text: 'Cette fenêtre remplace la page de connexion de Stripe.',
    login: 'Se connecter',
    cancel: 'Annuler',
  });

  if (french) {
    document.documentElement.lang = 'fr';
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll('[data-text]')
    ))
      node.textContent = texts[node.dataset.text ?? ''];
  }

  document.querySelector('#pass')?.addEventListener('click', () => {
    if (!window.opener) {
      const problem = /** @type {HTMLElement} */ (document.querySelector('#problem'));
      problem.hidden = false;
      problem.textContent = french
        ? "Cette fenêtre a perdu la page qui l'a ouverte. Cette page envoie-t-elle Cross-Origin-Opener-Policy: same-origin ?"
        : 'This window has lost the page that opened it. Does that page send Cross-Origin-Opener-Policy: same-origin?';
      return;
    }

    // Says nothing but that it happened, so any page may hear it.
    window.opener.postMessage({ type: 'stripe-connect-login' }, '*');
    window.close();
  });

  document.querySelector('#fail')?.addEventListener('click', () => window.close());
})();
