// The look of the elements. Constructable style sheets only: a host page with a strict CSP allows them without 'unsafe-inline'.
// Class names are those of Stripe's Appearance API, so that its `rules` apply as they are.

const baseStyles = `
:host { all: initial; display: block; }
.Root { font: var(--fontWeightNormal) var(--fontSizeBase)/var(--fontLineHeight) var(--fontFamily); color: var(--colorText);
  display: grid; gap: var(--gridRowSpacing); text-align: start; -webkit-font-smoothing: antialiased; container-type: inline-size; }
.Root * { box-sizing: border-box; }
.Root[hidden], [hidden] { display: none !important; }
.Visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.Sandbox { display: flex; flex-wrap: wrap; gap: .4em; align-items: baseline; margin: 0; font-size: var(--fontSizeXs);
  color: var(--colorTextSecondary); }
.Sandbox b { font-weight: var(--fontWeightMedium); border: 1px dashed currentColor; border-radius: 3px; padding: 0 .35em; }
.Grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: var(--gridRowSpacing) var(--gridColumnSpacing); align-items: start; }
.Field { grid-column: span 2; position: relative; min-width: 0; }
.Field--half { grid-column: span 1; }
@container (max-width: 230px) { .Field--half { grid-column: span 2; } }
.Label { display: block; margin: 0 0 var(--spacingUnit); font-size: var(--fontSizeSm); color: var(--colorText); }
.Input-wrap { position: relative; display: block; }
.Input { width: 100%; min-height: 44px; padding: calc(var(--spacingUnit) * 2.5) calc(var(--spacingUnit) * 3); font: inherit; color: inherit;
  background: var(--colorBackground); border: 1px solid var(--borderColor); border-radius: var(--borderRadius); margin: 0; appearance: none; }
.Input--branded { padding-inline-end: 7em; }
select.Input { padding-inline-end: 2em; text-overflow: ellipsis; }
option { color: var(--colorText); background: var(--colorBackground); }
.Chevron { position: absolute; inset-inline-end: .9em; top: 50%; width: .5em; height: .5em; border: solid var(--colorTextSecondary);
  border-width: 0 2px 2px 0;
  transform: translateY(-70%) rotate(45deg); pointer-events: none; }
.Input::placeholder { color: var(--colorTextPlaceholder); opacity: 1; }
.Input:focus-visible, .Tab:focus-visible, .Button:focus-visible, .ExpressButton:focus-visible { outline: var(--focusOutline);
  border-color: var(--colorPrimary); box-shadow: var(--focusBoxShadow); }
.Input--invalid { color: var(--colorDangerText); border-color: var(--colorDanger); box-shadow: 0 0 0 1px var(--colorDanger); }
.Input--invalid:focus-visible { border-color: var(--colorDanger);
  box-shadow: 0 0 0 1px var(--colorDanger), 0 0 0 4px color-mix(in srgb, var(--colorDanger) 28%, transparent); }
.Input:disabled { opacity: .6; }
.Badge { position: absolute; inset-inline-end: .6em; top: 50%; transform: translateY(-50%); font-size: var(--fontSizeXs);
  font-weight: var(--fontWeightBold);
  padding: .05em .4em; border-radius: 3px; border: 1px solid var(--borderColor); color: var(--colorTextSecondary);
  background: var(--colorBackground); pointer-events: none; }
@container (max-width: 330px) { .Input-wrap:has(.Badge) { position: static; } .Badge { top: 0; transform: none; } .Input--branded {
  padding-inline-end: calc(var(--spacingUnit) * 3); } .Root--floating .Badge { top: .35rem; } }
.Error { margin: var(--spacingUnit) 0 0; font-size: var(--fontSizeSm); color: var(--colorDangerText); }
.TermsText, .Note { margin: 0; font-size: var(--fontSizeSm); color: var(--colorTextSecondary); }
.CheckboxLabel, .PickerItem-label { display: flex; gap: .6em; align-items: flex-start; cursor: pointer; }
input[type=checkbox], input[type=radio] { accent-color: var(--colorPrimary); width: 1.1em; height: 1.1em; margin: .2em 0 0; flex: none; }
input[type=checkbox]:focus-visible, input[type=radio]:focus-visible { outline: var(--focusOutline); outline-offset: 2px; }
.Fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: grid; gap: var(--gridRowSpacing); }
.Tabs { display: flex; flex-wrap: wrap; gap: var(--tabSpacing); }
.Tab { flex: 1 1 6.2rem; min-width: 0; min-height: 44px; padding: calc(var(--spacingUnit) * 2.5) calc(var(--spacingUnit) * 3); font: inherit;
  font-weight: var(--fontWeightMedium); text-align: start;
  color: var(--colorTextSecondary); background: var(--colorBackground); border: 1px solid var(--borderColor); border-radius: var(--borderRadius);
  cursor: pointer; overflow-wrap: anywhere; }
.Tab:hover { color: var(--colorText); }
.Tab--selected { color: var(--tabSelectedColor); border-color: var(--colorPrimary); box-shadow: 0 0 0 1px var(--colorPrimary);
  background: var(--tabSelectedBackground); }
.Accordion { display: grid; }
.Accordion--spaced { gap: var(--accordionItemSpacing); }
.AccordionItem { border: 1px solid var(--accordionBorderColor); background: var(--accordionBackground); margin-top: -1px; }
.Accordion--spaced .AccordionItem { border-radius: var(--borderRadius); margin-top: 0; }
.AccordionItem:first-child { border-start-start-radius: var(--borderRadius); border-start-end-radius: var(--borderRadius); }
.AccordionItem:last-child { border-end-start-radius: var(--borderRadius); border-end-end-radius: var(--borderRadius); }
.AccordionItem-header { display: flex; gap: .7em; align-items: center; min-height: 44px; padding: calc(var(--spacingUnit) * 3); cursor: pointer;
  font-weight: var(--fontWeightMedium); color: var(--colorTextSecondary); }
.AccordionItem-header input { margin: 0; }
.AccordionItem-header:has(:focus-visible) { outline: var(--focusOutline); box-shadow: var(--focusBoxShadow); border-radius: var(--borderRadius); }
.AccordionItem--plain .AccordionItem-header input { opacity: 0; position: absolute; }
.AccordionItem--selected > .AccordionItem-header { color: var(--accordionSelectedColor); }
.AccordionItem-panel { padding: 0 calc(var(--spacingUnit) * 3) calc(var(--spacingUnit) * 4); }
.Block { display: grid; gap: var(--gridRowSpacing); }
.PickerItem { display: flex; flex-wrap: wrap; gap: .5em; align-items: flex-start; justify-content: space-between;
  padding: calc(var(--spacingUnit) * 3); border: 1px solid var(--borderColor); border-radius: var(--borderRadius);
  background: var(--colorBackground); }
.PickerItem--selected { border-color: var(--colorPrimary); box-shadow: 0 0 0 1px var(--colorPrimary); }
.PickerItem .Field { flex-basis: 100%; }
.PickerItem-confirm { flex-basis: 100%; display: flex; gap: .6em; align-items: center; flex-wrap: wrap; }
.Button { font: inherit; font-size: var(--fontSizeSm); min-height: 32px; padding: 0 .8em; color: var(--colorText); background: transparent;
  border: 1px solid var(--borderColor); border-radius: var(--borderRadius); cursor: pointer; }
.Button--danger { color: var(--colorDangerText); border-color: var(--colorDanger); }
.Button--primary { background: var(--colorPrimary); color: var(--accessibleColorOnColorPrimary); border-color: transparent; }
.Skeleton { display: grid; gap: var(--gridRowSpacing); min-height: 10em; }
.Skeleton i { display: block; height: 44px; border-radius: var(--borderRadius); background: var(--borderColor); opacity: .35; }
.Express { display: grid; gap: var(--tabSpacing); grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--expressMin, 12rem)), 1fr)); }
.ExpressButton { font: inherit; font-weight: var(--fontWeightBold); min-height: var(--expressHeight, 44px); border: 1px solid transparent;
  border-radius: var(--borderRadius); cursor: pointer; color: #fff; background: #111; }
.ExpressButton--light { color: #111; background: #fff; border-color: #111; }
.ExpressButton--link { color: #011e0f; background: #00d66f; }
.ExpressButton--paypal { color: #001c64; background: #ffc439; }
.ExpressButton--amazon_pay { color: #111; background: #ffd814; }
.Root--floating .Label { position: absolute; z-index: 1; inset-inline-start: calc(var(--spacingUnit) * 3 + 1px); top: .35rem;
  font-size: var(--fontSizeXs); color: var(--colorTextSecondary); pointer-events: none; }
.Root--floating .Input { padding-top: 1.4rem; padding-bottom: .35rem; }
@media (prefers-reduced-motion: no-preference) { .Root--animated .Skeleton i { animation: pulse 1.2s ease-in-out infinite alternate;
  } .Root--animated .Tab, .Root--animated .Input { transition: border-color .12s, box-shadow .12s; } }
@keyframes pulse { to { opacity: .15; } }
`;

const dialogStyles = `
dialog { width: min(30rem, calc(100vw - 1rem)); height: min(32rem, calc(100vh - 1rem)); padding: 0; border: 0; border-radius: 12px; overflow: hidden;
  background: #fff; color: #1a1f36; font: 15px/1.4 system-ui, sans-serif; }
dialog::backdrop { background: rgb(0 0 0 / 55%); }
.Frame { display: grid; grid-template-rows: auto 1fr; height: 100%; }
header { display: flex; justify-content: space-between; align-items: center; gap: .5rem; padding: .5rem .5rem .5rem 1rem;
  border-bottom: 1px solid #d8dce3; }
h2 { font-size: 1rem; margin: 0; }
button { font: inherit; min-width: 44px; min-height: 44px; border: 0; border-radius: 8px; background: transparent; color: inherit; cursor: pointer; }
button:disabled { opacity: .5; cursor: default; } button:hover { background: rgb(128 128 128 / 15%); }
button:focus-visible { outline: 3px solid #4f46e5; outline-offset: -3px; }
iframe { width: 100%; height: 100%; border: 0; }
.Body { padding: 1rem; overflow: auto; display: grid; gap: .9rem; align-content: start; }
.Body p, .Body h3 { margin: 0; } .Body fieldset { border: 1px solid #d8dce3; border-radius: 8px; display: grid; gap: .4rem; }
.Body label { display: flex; gap: .5rem; } .Body .Pay { background: #111; color: #fff; } 
.Body .Total { display: flex; justify-content: space-between; font-weight: 600; } .Body [role=alert] { color: #b3093c; }
.Body small { color: #565b6b; } .Part { display: grid; gap: .6rem; } .Lines { display: grid; grid-template-columns: 1fr auto; gap: .2rem 1rem; margin: 0; }
.Lines dd { margin: 0; } .Body .Total { flex-wrap: wrap; } .Total small { flex-basis: 100%; font-weight: 400; } .Body input[type=radio] { margin: .2em 0 0; }
summary { cursor: pointer; min-height: 24px; } summary:focus-visible { outline: 3px solid #4f46e5; }
.Fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem; padding-top: .6rem; }
.Body .Fields label { display: grid; gap: .2rem; align-content: start; font-size: .9em; }
.Fields input, .Fields select { font: inherit; width: 100%; box-sizing: border-box; min-height: 40px; padding: .2rem .5rem; border: 1px solid #767b88; border-radius: 6px;
  background: inherit; color: inherit; }
@media (prefers-color-scheme: dark) { dialog { background: #16181d; color: #e8eaed; } header, .Body fieldset { border-color: #3a3f4a;
  } .Body small { color: #a7adba; } .Body .Pay { background: #fff; color: #111; } .Body [role=alert] { color: #ff8fa3; } }
`;

/** @param {string} css */
function styleSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
