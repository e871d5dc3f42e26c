/**
 * Stripe's elements in the page's own colours
 * (https://docs.stripe.com/elements/appearance-api). The shop's configuration
 * goes first.
 *
 * @typedef {import('@stripe/stripe-js').Appearance} Appearance
 */

const darkScreen = matchMedia('(prefers-color-scheme: dark)');

/**
 * @param {Appearance} [light] what the shop wants
 * @param {Appearance} [dark] and on dark screens in place of it
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

/** Wallets' buttons that stand out from the page. @returns {import('@stripe/stripe-js').StripeExpressCheckoutElementOptions} */
export function walletLook() {
  return darkScreen.matches ? { buttonTheme: { applePay: 'white', googlePay: 'white' } } : {};
}

/** @param {() => void} changed called when the screen turns dark or light */
export function onSchemeChange(changed) {
  darkScreen.addEventListener('change', changed);
}
