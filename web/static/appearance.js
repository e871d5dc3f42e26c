/**
 * The Payment Element in the page's own colours
 * (https://docs.stripe.com/elements/appearance-api).
 *
 * @typedef {import('@stripe/stripe-js').Appearance} Appearance
 */

const darkScreen = matchMedia('(prefers-color-scheme: dark)');

/**
 * @param {Appearance | undefined} configured what the shop wants otherwise
 * @returns {Appearance}
 */
export function appearance(configured) {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    theme: darkScreen.matches ? 'night' : 'stripe',
    ...configured,
    variables: {
      colorPrimary: token('--accent'),
      colorBackground: token('--field'),
      colorText: token('--ink'),
      colorTextSecondary: token('--ink-soft'),
      colorDanger: token('--danger'),
      borderRadius: token('--radius'),
      fontFamily: token('--font'),
      fontSizeBase: '16px',
      ...configured?.variables,
    },
  };
}

/** @param {() => void} changed called when the screen turns dark or light */
export function onSchemeChange(changed) {
  darkScreen.addEventListener('change', changed);
}
