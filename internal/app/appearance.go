package app

import (
	"cmp"

	"checkoutd/internal/appearance"
	"checkoutd/internal/config"
	"checkoutd/internal/pages"
)

// appearanceDark takes the place of elements.appearance on dark screens; nil without an
// APPEARANCE_FILE.
func appearanceDark(cfg *config.Config) *appearance.Appearance {
	if cfg.Appearance == nil {
		return nil
	}
	return &cfg.Appearance.Dark
}

// themeOf makes the pages look like the payment form.
func themeOf(cfg *config.Config) pages.Theme {
	var t pages.Theme
	if look := cfg.Appearance; look != nil {
		t = pages.Theme{
			Light: pages.Colours(look.Light.Colors()), Dark: pages.Colours(look.Dark.Colors()),
			Radius: look.Light.Variable("borderRadius"), Font: look.Light.Variable("fontFamily"), FontCSS: look.FontCSS(),
		}
	}
	t.Light.Primary = cmp.Or(t.Light.Primary, cfg.BrandColor)
	t.Dark.Primary = cmp.Or(t.Dark.Primary, t.Light.Primary)
	return t
}
