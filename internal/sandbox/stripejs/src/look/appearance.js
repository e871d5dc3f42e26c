// Stripe's Appearance API: a theme, variables that override it, and rules that
// override both.

const lightVariables = {
  colorPrimary: '#0570de',
  colorBackground: '#ffffff',
  colorText: '#30313d',
  colorTextSecondary: '#6d6e78',
  colorTextPlaceholder: '#757680',
  colorDanger: '#df1b41',
  colorSuccess: '#15845d',
  colorWarning: '#a35200',
  borderColor: '#8f949e',
  borderRadius: '5px',
  spacingUnit: '4px',
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontSizeBase: '16px',
  fontLineHeight: '1.35',
  fontSizeXs: '0.8em',
  fontSizeSm: '0.93em',
  fontWeightLight: '300',
  fontWeightNormal: '400',
  fontWeightMedium: '500',
  fontWeightBold: '600',
  gridRowSpacing: 'calc(var(--spacingUnit) * 3)',
  gridColumnSpacing: 'calc(var(--spacingUnit) * 3)',
  tabSpacing: 'calc(var(--spacingUnit) * 2)',
  accordionItemSpacing: 'calc(var(--spacingUnit) * 2)',
  colorDangerText: 'var(--colorDanger)',
  accessibleColorOnColorPrimary: '#ffffff',
  tabSelectedColor: 'var(--colorPrimary)',
  tabSelectedBackground: 'var(--colorBackground)',
  accordionSelectedColor: 'var(--colorPrimary)',
  accordionBackground: 'var(--colorBackground)',
  accordionBorderColor: 'var(--borderColor)',
  focusOutline: '2px solid transparent',
  focusBoxShadow:
    '0 0 0 3px color-mix(in srgb, var(--colorPrimary) 28%, transparent), 0 0 0 1px ' +
    'var(--colorPrimary)',
};

const themes = /** @type {Record<string, Record<string, string>>} */ ({
  stripe: {},
  flat: {
    colorBackground: '#f1f1f1',
    borderColor: 'transparent',
    colorPrimary: '#0570de',
    colorTextSecondary: '#5b5c66',
    colorTextPlaceholder: '#6a6b74',
    tabSelectedColor: '#ffffff',
    tabSelectedBackground: 'var(--colorPrimary)',
    accordionSelectedColor: 'var(--colorText)',
    accordionBackground: 'transparent',
    accordionBorderColor: '#8f949e',
    colorDanger: '#c4123a',
  },
  night: {
    colorPrimary: '#85d996',
    colorBackground: '#30313d',
    colorText: '#ffffff',
    colorTextSecondary: '#a9aab5',
    colorTextPlaceholder: '#9a9ba6',
    colorDanger: '#fe87a1',
    borderColor: '#797b90',
    accessibleColorOnColorPrimary: '#11131a',
    tabSelectedColor: 'var(--colorPrimary)',
  },
});

/** Newer names of variables, with the older ones. */
const variableNames = /** @type {Record<string, string>} */ ({
  spacingGridRow: 'gridRowSpacing',
  spacingGridColumn: 'gridColumnSpacing',
  spacingTab: 'tabSpacing',
  spacingAccordionItem: 'accordionItemSpacing',
  colorPrimaryText: 'accessibleColorOnColorPrimary',
});

/**
 * What an appearance rule may select: Stripe's classes with states and
 * pseudo-elements.
 */
const rulePattern = /^(\.[A-Z][A-Za-z]*(--[A-Za-z]+)?(::?[a-z-]+)*(\s|,\s*|$))+$/;

/** @param {string} name */
function kebab(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Returns the style sheet of an appearance. It sets properties one by one, so
 * that no value can smuggle in other rules.
 *
 * @param {Appearance | undefined} appearance
 */
function appearanceSheet(appearance) {
  const sheet = styleSheet(':host {}');
  const root = /** @type {CSSStyleRule} */ (sheet.cssRules[0]).style;
  const variables = { ...lightVariables, ...themes[appearance?.theme ?? 'stripe'] };

  // For the parts that the browser draws: option lists, scroll bars, check
  // boxes.
  root.setProperty('color-scheme', appearance?.theme === 'night' ? 'dark' : 'light');
  for (const [name, value] of Object.entries(variables)) root.setProperty(`--${name}`, value);

  for (const [name, value] of Object.entries(appearance?.variables ?? {})) {
    root.setProperty(`--${variableNames[name] ?? name}`, String(value));
  }

  for (const [selector, properties] of Object.entries(appearance?.rules ?? {}))
    addRule(sheet, selector, properties);

  return sheet;
}

/**
 * @param {CSSStyleSheet} sheet
 * @param {string} selector
 * @param {Record<string, string>} properties
 */
function addRule(sheet, selector, properties) {
  if (!rulePattern.test(selector)) {
    warn(`elements() appearance: ${selector} is not a supported selector.`);
    return;
  }

  const scoped = selector
    .split(',')
    .map((part) => `.Root ${part.trim()}`)
    .join(', ');

  const rule = /** @type {CSSStyleRule} */ (
    sheet.cssRules[sheet.insertRule(`${scoped} {}`, sheet.cssRules.length)]
  );

  for (const [name, value] of Object.entries(properties))
    rule.style.setProperty(kebab(name), String(value));
}

/** @param {Appearance | undefined} appearance */
function checkAppearance(appearance) {
  const theme = appearance?.theme;
  if (theme !== undefined && !themes[theme]) {
    throw invalidValue(
      'elements()',
      'appearance.theme',
      'one of the following strings: stripe, night, flat',
      theme,
    );
  }

  checkChoice('elements()', 'appearance.labels', appearance?.labels, ['above', 'floating']);
}
