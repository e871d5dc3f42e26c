/**
 * The promotion code: enter it, see why it was refused, apply and remove it.
 */
import { onOrder, order } from './order.js';
import { byId } from './page.js';
import { config } from './session.js';
import { applyChange } from './summary.js';

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
  form.hidden = !config.promotion_codes || order().mode !== 'payment' || order().discount !== null;
});
