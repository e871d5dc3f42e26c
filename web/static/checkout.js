/** The checkout page: the form of its order. */
import { createLook } from './appearance.js';
import { openCheckout } from './checkout-form.js';
import { api, dom, pageData } from './page.js';

/** @type {import('./session.js').CheckoutData} */
const page = pageData();

openCheckout({
  dom,
  api,
  page,
  look: createLook(document.documentElement),
  leave: () => location.replace(page.completeUrl),
  reload: () => location.reload(),
  failed: () => {},
});
