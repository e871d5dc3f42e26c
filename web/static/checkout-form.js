/**
 * The form of an order: a deferred intent, finalized on the server
 * (https://docs.stripe.com/payments/finalize-payments-on-the-server). The
 * server decides the amount, the options and every outcome. Our own page and
 * the pages on which a shop mounts the form run this module.
 *
 * @typedef {import('./pay.js').Payer} Payer
 * @typedef {import('./session.js').Place} Place
 */
import { codeOf, describe } from './api.js';
import { createView } from './checkout-view.js';
import { createContact } from './contact.js';
import { createExpress } from './express.js';
import { createForm } from './form.js';
import { createOrder } from './order.js';
import { createPay } from './pay.js';
import { startPromotion } from './promotion.js';
import { startRates } from './rates.js';
import { createResume } from './resume.js';
import { createSession } from './session.js';
import { loadStripe } from './stripe-loader.js';
import { createSummary } from './summary.js';

/**
 * Opens the form in the markup of its place: the form, or the rest of a payment
 * in flight.
 *
 * @param {Place} place
 * @returns {{close: () => void}} close removes Stripe's elements
 */
export function openCheckout(place) {
  const { dom, page } = place;
  const view = createView(dom);
  const session = createSession(place, view);
  const orders = createOrder(place, session);
  const form = createForm(place, session, orders);
  const contact = createContact(place, session, orders, form);
  const summary = createSummary(place, view, session, orders);
  const express = createExpress(place, view, session, orders, form, contact);
  const paying = createPay(place, view, session, orders, form, contact, summary);
  const resume = createResume(place, view, session, orders, form, paying, summary);

  startPromotion(place, session, orders, summary);
  startRates(place, view, session, orders, summary);

  const { t } = session;
  const { payLabel } = summary;
  const { fail, ready } = paying;
  let closed = false;

  async function start() {
    view.setPhase('loading', payLabel(), t.loadingForm);
    if (page.live && location.protocol !== 'https:') return fail('https_required', t.insecure);

    const script = loadStripe(page.scriptUrl).catch(() => null);
    const saved = session.customerSession();

    if (!(await readOrder())) return;

    const Stripe = await script;
    if (closed) return;
    if (!Stripe) return fail('stripe_js_failed', t.scriptFailed);

    session.openStripe(Stripe);

    const waiting = session.config.resume;
    if (waiting) return resume.offerResume(waiting.client_secret, openForm);

    await mountForm(await saved);
  }

  /** Reads and shows the order. Returns false if the form must not open. */
  async function readOrder() {
    try {
      if (!(await session.readConfig())) return false;
    } catch (failure) {
      if (!session.isLost(failure)) fail(codeOf(failure), describe(failure, page));
      return false;
    }

    if (closed) return false;
    orders.setOrder(session.config.order);

    return true;
  }

  /** @param {string | null} customerSessionClientSecret */
  async function mountForm(customerSessionClientSecret) {
    if (closed) return;

    try {
      const opened = form.mount(customerSessionClientSecret);
      const drawn = contact.mountContact();
      express.mountExpress(press);
      await Promise.all([opened, drawn]);
    } catch (failure) {
      return fail('form_failed', /** @type {Error} */ (failure).message);
    }

    await orders.settled();
    ready(t.formReady);
  }

  /**
   * Opens the form, unless it is open already, if the order can still be paid.
   *
   * @param {string} [failed] client secret of the payment that failed here: if
   *   another tab has started one since, the page resumes that one
   */
  async function openForm(failed) {
    view.setPhase('loading', payLabel(), t.loadingForm);
    if (!(await readOrder())) return;
    const clientSecret = session.config.resume?.client_secret;
    if (failed && clientSecret && clientSecret !== failed)
      return resume.offerResume(clientSecret, openForm);
    if (form.elements) return ready();
    await mountForm(await session.customerSession());
  }

  /**
   * Follows an order that became free, or has a price again: by a promotion
   * code, or by the rate for another country.
   */
  async function followPrice() {
    showPrice();
    if (!form.isOutdated()) return;

    if (orders.isFree()) {
      form.unmountPayment();
      express.unmountExpress();
      if (view.phase() === 'loading') ready();
      return;
    }

    // Saved methods and other options come with a new group.
    if (!form.canFollow()) return contact.keep().finally(place.reload);

    if (view.phase() === 'ready') view.setPhase('loading', payLabel(), t.loadingForm);

    try {
      const opened = form.mountPayment();
      express.mountExpress(press);
      await opened;
    } catch (failure) {
      return fail('form_failed', /** @type {Error} */ (failure).message);
    }

    if (view.phase() === 'loading') ready(t.formReady);
  }

  /** Shows only what a free order needs, or what a payment needs. */
  function showPrice() {
    const free = orders.isFree();
    dom.byId('free-note').hidden = !free;
    dom.byId('method').hidden = free;
    dom.byId('secured').hidden = free;
    const cards = dom.root.getElementById('test-cards');
    if (cards) cards.hidden = free;
  }

  /** @param {Payer} payer */
  async function press(payer) {
    const clientSecret = await paying.pay(payer);
    if (clientSecret) await resume.authenticate(clientSecret, openForm).catch(paying.refused);
  }

  /** @type {Payer} */
  const byForm = {
    prepare: contact.flush,
    params: () => {
      const billing = contact.billingDetails();
      return billing ? { payment_method_data: { billing_details: billing } } : {};
    },
    failed: () => {},
  };

  orders.onOrder(followPrice);
  dom.byId('payment-form').addEventListener('submit', (event) => {
    event.preventDefault();
    press(byForm);
  });
  dom.byId('retry-button').addEventListener('click', place.reload);
  start();

  return {
    close() {
      closed = true;
      contact.close();
      express.unmountExpress();
      form.close();
    },
  };
}
