package pages

import (
	"fmt"
	"math"
	"strconv"
)

// The colours of a shop that names none: a calm green, and the same for dark
// screens, where mixing it with white would leave it dull.
const (
	defaultAccent     = "#1f6a58"
	defaultAccentDark = "#5cbfa3"
)

// The papers that the accent stands on, as in app.css.
var (
	lightPaper = rgb{0xff, 0xff, 0xff}
	darkPaper  = rgb{0x1d, 0x1f, 0x1d}
)

// themeCSS writes the brand's colour as custom properties. A colour that would
// not be legible is moved towards black or white until it has the contrast
// that WCAG 2.2 wants of text (1.4.3: 4.5 to 1).
func themeCSS(accent string) ([]byte, error) {
	accentDark := accent
	if accent == "" {
		accent, accentDark = defaultAccent, defaultAccentDark
	}
	c, err := parseColour(accent)
	if err != nil {
		return nil, err
	}
	cDark, err := parseColour(accentDark)
	if err != nil {
		return nil, err
	}
	light, dark := c.legibleOn(lightPaper), cDark.legibleOn(darkPaper)
	return fmt.Appendf(nil, `:root { --accent: %s; --on-accent: %s; }
@media screen and (prefers-color-scheme: dark) { :root { --accent: %s; --on-accent: %s; } }
`, light, light.textOn(), dark, dark.textOn()), nil
}

type rgb [3]uint8

func parseColour(s string) (rgb, error) {
	n, err := strconv.ParseUint(s[min(1, len(s)):], 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return rgb{}, fmt.Errorf("%q is not a colour such as #1f6a58", s)
	}
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// legibleOn moves c away from the paper in small steps.
func (c rgb) legibleOn(paper rgb) rgb {
	far := rgb{0xff, 0xff, 0xff}
	if paper.luminance() > 0.5 {
		far = rgb{}
	}
	const steps = 20
	for i := range steps {
		if m := c.mix(far, float64(i)/steps); contrast(m, paper) >= 4.5 {
			return m
		}
	}
	return far
}

// textOn is black or white, whichever reads better on c.
func (c rgb) textOn() rgb {
	white, ink := rgb{0xff, 0xff, 0xff}, rgb{0x10, 0x12, 0x10}
	if contrast(white, c) >= contrast(ink, c) {
		return white
	}
	return ink
}

func (c rgb) mix(with rgb, part float64) rgb {
	for i := range c {
		c[i] = uint8(math.Round(float64(c[i])*(1-part) + float64(with[i])*part))
	}
	return c
}

// luminance and contrast are those of WCAG 2.2.
func (c rgb) luminance() float64 {
	var v [3]float64
	for i := range c {
		if v[i] = float64(c[i]) / 255; v[i] <= 0.04045 {
			v[i] /= 12.92
		} else {
			v[i] = math.Pow((v[i]+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2]
}

func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}
