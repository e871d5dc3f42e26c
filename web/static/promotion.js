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
  const input = byId('promotion-input', HTMLInputElement);
  const problem = byId('promotion-error');

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
    byId('promotion-remove').focus();
  }

  async function remove() {
    if (await applyChange({ promotion_code: '' })) input.focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    apply();
  });
  input.addEventListener('input', () => mark(false));
  byId('promotion-remove').addEventListener('click', remove);

  onOrder(() => {
    form.hidden =
      !session.config.promotion_codes || order().mode !== 'payment' || order().discount !== null;
  });
}
