/**
 * The colours of a mounted form: what the page asks for as custom properties of
 * the form's style sheet. Stripe's elements get the same values.
 *
 * @typedef {import('./checkoutd.js').Appearance} Appearance
 */

/** The custom properties that a variable of Stripe's appearance sets. */
const tokens = {
  colorPrimary: ['--accent'],
  colorBackground: ['--panel', '--field', '--paper'],
  colorText: ['--ink'],
  colorTextSecondary: ['--ink-soft'],
  colorDanger: ['--danger'],
  borderRadius: ['--radius'],
  fontFamily: ['--font'],
};

/**
 * Returns the style sheet for an appearance. Without a font in it, the form has
 * that of the page around it.
 *
 * @param {Appearance} appearance
 * @param {Element} around
 */
export function colours({ variables = {} }, around) {
  /** @type {Record<string, string>} */
  const values = { fontFamily: getComputedStyle(around).fontFamily, ...variables };
  const lines = Object.entries(tokens).flatMap(([name, properties]) => {
    const value = values[name];
    return value ? properties.map((property) => `${property}: ${value};`) : [];
  });

  const { colorPrimary, colorBackground, colorText } = variables;
  if (colorPrimary) lines.push(`--on-accent: ${isLight(colorPrimary) ? '#000' : '#fff'};`);
  if (colorBackground || colorText) {
    lines.push('--hairline: color-mix(in srgb, var(--ink) 14%, var(--panel));');
    lines.push('--edge: color-mix(in srgb, var(--ink) 55%, var(--panel));');
    lines.push('--danger-wash: color-mix(in srgb, var(--danger) 10%, var(--panel));');
  }

  return `:host([data-theme]) { ${lines.join(' ')} }`;
}

/**
 * Reports whether black is easier to read on a colour than white: at a relative
 * luminance of 0.179 both have the same contrast
 * (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance).
 *
 * @param {string} color of CSS
 */
function isLight(color) {
  const paint = document.createElement('canvas').getContext('2d');
  if (!paint) return false;

  paint.fillStyle = color;
  paint.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...paint.getImageData(0, 0, 1, 1).data].map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });

  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
}
