// The page's fonts. The elements know them by name, because they are in the
// same document.

/** @param {Json[]} fonts of elements(): {cssSrc} or {family, src, …} */
function loadFonts(fonts) {
  for (const { cssSrc, family, src, ...descriptors } of fonts) {
    if (cssSrc === undefined) document.fonts.add(new FontFace(family, src, descriptors));
    else
      void loadFontSheet(String(cssSrc)).catch((err) =>
        warn(`fonts: ${cssSrc} could not be loaded: ${err.message}`),
      );
  }
}

/**
 * Reads the @font-face rules of a style sheet. Its origin must be in
 * connect-src, as with Stripe.js.
 *
 * @param {string} url
 */
async function loadFontSheet(url) {
  const response = await fetch(url, { credentials: 'omit' });
  if (!response.ok) throw new Error(`status ${response.status}`);
  for (const rule of styleSheet(await response.text()).cssRules)
    if (rule instanceof CSSFontFaceRule) addFont(rule.style, url);
}

/**
 * @param {CSSStyleDeclaration} style of the @font-face rule
 * @param {string} base of its relative URLs
 */
function addFont(style, base) {
  const value = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const src = value('src').replace(
    /url\((["']?)(.*?)\1\)/g,
    (_, quote, url) => `url("${new URL(url, base)}")`,
  );

  /** @type {Record<string, string>} */
  const descriptors = {};
  for (const name of ['font-weight', 'font-style', 'font-stretch', 'font-display', 'unicode-range'])
    if (value(name))
      descriptors[
        name.replace('font-', '').replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
      ] = value(name);

  document.fonts.add(
    new FontFace(value('font-family').replace(/^["']|["']$/g, ''), src, descriptors),
  );
}
