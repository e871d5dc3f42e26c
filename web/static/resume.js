/**
 * A payment that needs the buyer: the bank asks for authentication in a dialog
 * or on its own page, and the buyer may resume it after a reload.
 *
 * @typedef {import('@stripe/stripe-js').StripeError} StripeError
 *
 * @typedef {Pick<StripeError, 'code' | 'message'> & {payment_intent?: {status:
 *   string}, setup_intent?: {status: string}}} ActionError
 *
 * @typedef {(failed?: string) => Promise<void>} OpenForm opens the form, unless
 *   a payment other than the failed one needs the buyer
 */
import { sleep } from './dom.js';
import { canBePaid } from './session.js';

/**
 * @param {import('./session.js').Place} place
 * @param {import('./checkout-view.js').View} view
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 * @param {import('./form.js').Form} form
 * @param {import('./pay.js').Pay} pay
 * @param {import('./summary.js').Summary} summary
 */
export function createResume(
  { dom: { byId } },
  view,
  session,
  orders,
  form,
  { ready, refused, say },
  { payLabel },
) {
  const { page, t } = session;

  /**
   * Offers to resume a payment after a reload in the middle of authentication,
   * instead of starting another. It waits for a click: browsers block a window
   * that opens unasked, and one that opens by itself traps the back button. A
   * buyer who prefers another card gets the form; its token takes the payment
   * over.
   *
   * @param {string} clientSecret
   * @param {OpenForm} openForm
   */
  function offerResume(clientSecret, openForm) {
    view.setPhase('resume', payLabel());
    view.focusResume();

    byId('resume-button').onclick = () => {
      if (view.phase() === 'resume') authenticate(clientSecret, openForm).catch(refused);
    };

    byId('another-button').onclick = () => {
      if (view.phase() === 'resume') openForm();
    };
  }

  /**
   * @param {string} clientSecret
   * @param {OpenForm} openForm
   */
  async function authenticate(clientSecret, openForm) {
    view.setPhase('busy', t.authenticating, t.authenticating);

    const { error } = await nextAction(clientSecret);
    if (!error) return session.leave();

    const order = await awaitOutcome();
    if (order && !canBePaid(order)) return session.leave();

    if (order && form.elements) orders.setOrder(order);

    const intent = error.payment_intent ?? error.setup_intent;
    if (intent?.status === 'requires_action' && (await hasInstructions())) return session.leave();

    if (intent?.status === 'requires_action') offerResume(clientSecret, openForm);
    else if (form.elements) ready();
    else await openForm(clientSecret);

    if (!['ready', 'loading', 'resume'].includes(view.phase())) return;

    say(
      error.code ?? 'not_authenticated',
      page.declines[error.code ?? ''] ?? error.message ?? t.notAuthenticated,
    );
  }

  /**
   * Reports whether the buyer has to pay or verify elsewhere. The completion
   * page links to the instructions, whether or not Stripe.js could show them.
   */
  async function hasInstructions() {
    try {
      return (await session.readConfig()) && Boolean(session.config.resume?.instructions);
    } catch {
      return false;
    }
  }

  /**
   * Runs the next action. Stripe.js throws if the payment no longer needs the
   * buyer because another tab was faster; that counts as a failure here.
   *
   * @param {string} clientSecret
   * @returns {Promise<{error?: ActionError}>}
   */
  async function nextAction(clientSecret) {
    try {
      return await session.stripe.handleNextAction({ clientSecret });
    } catch {
      return { error: {} };
    }
  }

  /**
   * Gives the server a few seconds to learn the outcome of the authentication
   * from Stripe. Otherwise it would refuse the next card as a second payment.
   *
   * @returns {Promise<import('./api.js').Order | null>} null if the server
   *   cannot be reached
   */
  async function awaitOutcome() {
    let order = null;
    for (const wait of [0, 400, 800, 1_600]) {
      await sleep(wait);

      try {
        order = await session.askOrder();
      } catch {
        continue;
      }

      if (
        order.status !== 'open' ||
        !['requires_action', 'checking'].includes(order.payment_status)
      )
        break;
    }

    return order;
  }

  return { offerResume, authenticate };
}
