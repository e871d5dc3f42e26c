// Constructable style sheets only: a host page with a strict CSP allows them
// without 'unsafe-inline'. The text of elements.css is elementStyles, that of
// dialog.css is dialogStyles: embed.go joins them in front of this file.

/** @param {string} css */
function styleSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
