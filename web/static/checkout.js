/** The checkout page: the form of its order. */
import { createLook } from './appearance.js';
import { openCheckout } from './checkout-form.js';
import { api, byId, dom, pageData } from './page.js';

/** @type {import('./session.js').CheckoutData} */
const page = pageData();

/** Says that the order is lost to this browser, in place of the form. */
function lost() {
  for (const part of document.querySelectorAll('.checkout-columns, #order-lost'))
    part.toggleAttribute('hidden');
  byId('lost-title').focus();
}

openCheckout({
  dom,
  api,
  page,
  look: createLook(document.documentElement),
  leave: () => location.replace(page.completeUrl),
  lost,
  reload: () => location.reload(),
  failed: () => {},
});
