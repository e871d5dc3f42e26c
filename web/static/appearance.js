/**
 * Styles Stripe's elements in the page's own colours
 * (https://docs.stripe.com/elements/appearance-api). The shop's configuration
 * takes precedence.
 *
 * @typedef {import('@stripe/stripe-js').Appearance} Appearance
 */

const darkScreen = matchMedia('(prefers-color-scheme: dark)');

/**
 * @param {Appearance} [light] as the shop configured it
 * @param {Appearance} [dark] replaces it on dark screens
 * @returns {Appearance}
 */
export function appearance(light, dark) {
  const configured = darkScreen.matches ? (dark ?? light) : light;
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

/**
 * Returns options that make the wallet buttons stand out from the page.
 *
 * @returns {import('@stripe/stripe-js').StripeExpressCheckoutElementOptions}
 */
export function walletLook() {
  return darkScreen.matches ? { buttonTheme: { applePay: 'white', googlePay: 'white' } } : {};
}

/**
 * @param {() => void} changed called when the screen switches between dark and
 *   light
 */
export function onSchemeChange(changed) {
  darkScreen.addEventListener('change', changed);
}
