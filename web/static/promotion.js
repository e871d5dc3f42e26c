/**
 * The promotion code: enter it, see why it was refused, apply and remove it.
 */

/**
 * @param {import('./session.js').Place} place
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 * @param {import('./summary.js').Summary} summary
 */
export function startPromotion({ dom: { byId } }, session, { onOrder, order }, { applyChange }) {
  const form = byId('promotion-form');
  const opener = byId('promotion-open');
  const input = byId('promotion-input', HTMLInputElement);
  const problem = byId('promotion-error');

  /** Whether the buyer asked for the field. */
  let isOpen = false;

  /** @param {boolean} wrong */
  function mark(wrong) {
    input.setAttribute('aria-invalid', String(wrong));
  }

  async function apply() {
    const code = input.value.trim();
    if (!code) return input.focus();

    const applied = await applyChange({ promotion_code: code }, problem);
    mark(!applied);

    if (!applied) return input.focus();

    input.value = '';
    isOpen = false;
    show();
    byId('promotion-remove').focus();
  }

  async function remove() {
    if (await applyChange({ promotion_code: '' })) opener.focus();
  }

  /** Shows the field if the buyer asked for it, or what asks for it. */
  function show() {
    const isTaken = session.config.promotion_codes && order().mode === 'payment';
    const isMissing = isTaken && order().discount === null;
    opener.hidden = !isMissing || isOpen;
    form.hidden = !isMissing || !isOpen;
  }

  function open() {
    isOpen = true;
    show();
    input.focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    apply();
  });
  input.addEventListener('input', () => mark(false));
  byId('promotion-remove').addEventListener('click', remove);
  opener.addEventListener('click', open);

  onOrder(show);
}
