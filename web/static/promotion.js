/** The promotion code: entered, refused in its place, applied, and taken off again. */
import { onOrder, order } from './order.js';
import { byId } from './page.js';
import { config } from './session.js';
import { make } from './summary.js';

const form = byId('promotion-form');
const input = /** @type {HTMLInputElement} */ (byId('promotion-input'));
const problem = byId('promotion-error');

/** @param {boolean} wrong */
function mark(wrong) {
  input.setAttribute('aria-invalid', String(wrong));
}

async function apply() {
  const code = input.value.trim();
  if (!code) return input.focus();
  const applied = await make({ promotion_code: code }, problem);
  mark(!applied);
  if (!applied) return input.focus();
  input.value = '';
  byId('promotion-remove').focus();
}

async function remove() {
  if (await make({ promotion_code: '' })) input.focus();
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
