/**
 * Styles Stripe's elements in the colours around them
 * (https://docs.stripe.com/elements/appearance-api). The shop's configuration
 * takes precedence, and what its page asks for comes first.
 *
 * @typedef {import('@stripe/stripe-js').Appearance} Appearance
 * @typedef {ReturnType<typeof createLook>} Look
 */

const darkScreen = matchMedia('(prefers-color-scheme: dark)');

/**
 * @param {Element} tokens has the colours as custom properties
 * @param {'auto' | 'light' | 'dark'} [theme] auto follows the screen
 * @param {Pick<Appearance, 'theme' | 'variables' | 'rules'>} [own] of the page
 */
export function createLook(tokens, theme = 'auto', own = {}) {
  const isDark = () => (theme === 'auto' ? darkScreen.matches : theme === 'dark');

  return {
    isDark,

    /**
     * @param {Appearance} [light] as the shop configured it
     * @param {Appearance} [dark] replaces it on dark screens
     * @returns {Appearance}
     */
    appearance(light, dark) {
      const configured = isDark() ? (dark ?? light) : light;
      const style = getComputedStyle(tokens);

      /** @param {string} name */
      const token = (name) => style.getPropertyValue(name).trim();
      return {
        theme: isDark() ? 'night' : 'stripe',
        ...configured,
        ...own,
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
          ...own.variables,
        },
        rules: { ...configured?.rules, ...own.rules },
      };
    },

    /**
     * Returns options that make the wallet buttons stand out from the page.
     *
     * @returns
     *   {import('@stripe/stripe-js').StripeExpressCheckoutElementOptions}
     */
    walletLook: () => (isDark() ? { buttonTheme: { applePay: 'white', googlePay: 'white' } } : {}),

    /**
     * @param {() => void} changed called when the screen switches between dark
     *   and light
     */
    onSchemeChange(changed) {
      if (theme === 'auto') darkScreen.addEventListener('change', changed);
    },

    /** @param {() => void} changed given to onSchemeChange before */
    offSchemeChange(changed) {
      darkScreen.removeEventListener('change', changed);
    },
  };
}
