// Card numbers, expiry dates and security codes: brand by prefix, grouping,
// Luhn check.

/**
 * @typedef {object} CardBrand
 * @property {string} name
 * @property {string} label
 * @property {RegExp} pattern
 * @property {number[]} lengths
 * @property {number[]} gaps
 * @property {number} cvc
 */

/** @type {CardBrand[]} */
const cardBrands = [
  {
    name: 'amex',
    label: 'American Express',
    pattern: /^3[47]/,
    lengths: [15],
    gaps: [4, 10],
    cvc: 4,
  },
  {
    name: 'diners',
    label: 'Diners Club',
    pattern: /^3(0[0-5]|[689])/,
    lengths: [14, 16],
    gaps: [4, 10],
    cvc: 3,
  },
  {
    name: 'jcb',
    label: 'JCB',
    pattern: /^35(2[89]|[3-8])/,
    lengths: [16],
    gaps: [4, 8, 12],
    cvc: 3,
  },
  {
    name: 'unionpay',
    label: 'UnionPay',
    pattern: /^(62|81)/,
    lengths: [16, 17, 18, 19],
    gaps: [4, 8, 12, 16],
    cvc: 3,
  },
  {
    name: 'discover',
    label: 'Discover',
    pattern: /^(6011|65|64[4-9])/,
    lengths: [16],
    gaps: [4, 8, 12],
    cvc: 3,
  },
  {
    name: 'mastercard',
    label: 'Mastercard',
    pattern: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/,
    lengths: [16],
    gaps: [4, 8, 12],
    cvc: 3,
  },
  { name: 'visa', label: 'Visa', pattern: /^4/, lengths: [16], gaps: [4, 8, 12], cvc: 3 },
];

/** @type {CardBrand} */
const unknownBrand = {
  name: 'unknown',
  label: '',
  pattern: /^/,
  lengths: [16],
  gaps: [4, 8, 12],
  cvc: 3,
};

/** @param {string} text */
function digitsOf(text) {
  return text.replace(/\D/g, '');
}

/** @param {string} digits */
function brandOf(digits) {
  return cardBrands.find((brand) => brand.pattern.test(digits)) ?? unknownBrand;
}

/** @param {string} text */
function formatNumber(text) {
  const brand = brandOf(digitsOf(text));
  const digits = digitsOf(text).slice(0, Math.max(...brand.lengths));
  // A 16-digit Diners Club number is grouped like those of other brands.
  const gaps = digits.length > 15 ? unknownBrand.gaps.concat(16) : brand.gaps;
  return [...digits].map((digit, i) => (gaps.includes(i) ? ` ${digit}` : digit)).join('');
}

/** @param {string} digits */
function passesLuhn(digits) {
  let sum = 0;
  [...digits].reverse().forEach((digit, i) => {
    const value = Number(digit) * (i % 2 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

/**
 * @param {string} text
 * @returns {TextKey | null}
 */
function checkNumber(text) {
  const digits = digitsOf(text);
  const { lengths } = brandOf(digits);
  if (digits.length < Math.min(...lengths)) return 'incomplete_number';
  if (passesLuhn(digits) && lengths.includes(digits.length)) return null;
  return digits.length < Math.max(...lengths) ? 'incomplete_number' : 'invalid_number';
}

/**
 * @param {string} text
 * @param {boolean} deleting if so, no separator is added: the buyer could never
 *   delete it
 */
function formatExpiry(text, deleting) {
  let digits = digitsOf(text);
  if (/^[2-9]/.test(digits) || /^1\s*\//.test(text)) digits = `0${digits}`;

  const month = digits.slice(0, 2);

  // Autofill may write the year in full.
  const year =
    digits.length === 6 && digits.startsWith('20', 2) ? digits.slice(4) : digits.slice(2, 4);

  if (month.length < 2) return month;

  return year || !deleting ? `${month} / ${year}` : month;
}

/**
 * @param {string} text
 * @returns {{month: number, year: number}} with a four-digit year
 */
function expiryOf(text) {
  const digits = digitsOf(text);
  return { month: Number(digits.slice(0, 2)), year: 2000 + Number(digits.slice(2, 4)) };
}

/**
 * @param {string} text
 * @param {Date} now
 * @returns {TextKey | null}
 */
function checkExpiry(text, now) {
  const digits = digitsOf(text);
  const { month, year } = expiryOf(text);
  if (digits.length >= 2 && (month < 1 || month > 12)) return 'invalid_expiry_month';
  if (digits.length < 4) return 'incomplete_expiry';
  if (year < now.getFullYear()) return 'invalid_expiry_year_past';
  if (year > now.getFullYear() + 50) return 'invalid_expiry_year';

  return year === now.getFullYear() && month < now.getMonth() + 1
    ? 'invalid_expiry_month_past'
    : null;
}
