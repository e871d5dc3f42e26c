package appearance

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Colors are the colours of an appearance that the shop's own pages follow, as
// "#rrggbb", or "" where the appearance sets none.
type Colors struct {
	Primary       string
	Background    string
	Text          string
	TextSecondary string
	Danger        string
}

// Colors returns the colours that the appearance sets. The theme night sets a
// dark background.
func (a Appearance) Colors() Colors {
	plain := func(name string) string {
		c, _ := plainColor(a.Variable(name))
		return c
	}

	c := Colors{
		Primary:       plain("colorPrimary"),
		Background:    plain("colorBackground"),
		Text:          plain("colorText"),
		TextSecondary: plain("colorTextSecondary"),
		Danger:        plain("colorDanger"),
	}
	if c.Background == "" && a.Theme == "night" {
		c.Background = nightBackground
	}

	return c
}

// nightBackground is the background of Stripe's theme night.
const nightBackground = "#30313d"

// dark reports whether the background is nearer to black than to white.
func (c Colors) dark() bool {
	if c.Background == "" {
		return false
	}

	// plainColor has written it, so it can be parsed. The weights are those of
	// relative luminance
	// (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance).
	rgb, _ := strconv.ParseUint(c.Background[1:], 16, 32)
	red, green, blue := rgb>>16, rgb>>8&0xff, rgb&0xff
	return 2126*red+7152*green+722*blue < 10000*0x80
}

var (
	hex      = regexp.MustCompile(`^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$`)
	function = regexp.MustCompile(`^(rgb|hsl)a?\(\s*(.*?)\s*\)$`)
	// computed matches colours that only a browser can compute.
	computed = regexp.MustCompile(`^(var|color-mix|color|lab|lch|oklab|oklch|hwb|light-dark|rgb|rgba|hsl|hsla)\(.+\)$`)
)

// isColorValue reports whether a browser would accept s as a colour.
func isColorValue(s string) bool {
	s = strings.ToLower(s)

	m := function.FindStringSubmatch(s)
	if m != nil && !strings.Contains(m[2], "(") && !strings.HasPrefix(m[2], "from ") {
		_, _, ok := parseFunction(m[1], m[2])
		return ok
	}

	keyword := s == "transparent" || s == "currentcolor" || s == "inherit" || namedColors[s] != ""
	return keyword || hex.MatchString(s) || computed.MatchString(s)
}

// plainColor returns an opaque colour as "#rrggbb". ok is false if s is not
// one.
func plainColor(s string) (color string, ok bool) {
	s = strings.ToLower(s)
	if named := namedColors[s]; named != "" {
		return "#" + named, true
	}

	if hex.MatchString(s) {
		digits := s[1:]
		if len(digits) < 6 {
			var long strings.Builder
			for _, d := range digits {
				long.WriteRune(d)
				long.WriteRune(d)
			}

			digits = long.String()
		}

		return "#" + digits[:6], len(digits) == 6 || digits[6:] == "ff"
	}

	if m := function.FindStringSubmatch(s); m != nil {
		c, alpha, ok := parseFunction(m[1], m[2])
		return c, ok && alpha == 1
	}

	return "", false
}

// parseFunction parses the arguments of rgb() or hsl(), in the old syntax with
// commas or the new one with spaces and a slash.
func parseFunction(name, args string) (color string, alpha float64, ok bool) {
	parts := strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(parts) != 3 && len(parts) != 4 {
		return "", 0, false
	}

	limits, hsl := [3]float64{255, 255, 255}, name == "hsl"
	if hsl {
		limits = [3]float64{360, 1, 1}
	}

	var v [3]float64
	for i, limit := range limits {
		if v[i], ok = parseNumber(parts[i], limit, hsl && i > 0); !ok {
			return "", 0, false
		}
	}

	alpha = 1
	if len(parts) == 4 {
		if alpha, ok = parseNumber(parts[3], 1, false); !ok {
			return "", 0, false
		}
	}

	if hsl {
		v = rgbOfHSL(v)
	}
	red, green, blue := int(math.Round(v[0])), int(math.Round(v[1])), int(math.Round(v[2]))
	return fmt.Sprintf("#%02x%02x%02x", red, green, blue), alpha, true
}

// parseNumber parses a number from 0 to limit, or a percentage of limit.
func parseNumber(s string, limit float64, needPercent bool) (float64, bool) {
	digits, percent := strings.CutSuffix(strings.TrimSuffix(s, "deg"), "%")
	n, err := strconv.ParseFloat(digits, 64)
	if percent {
		n = n * limit / 100
	}
	return n, err == nil && n >= 0 && n <= limit && (percent || !needPercent)
}

// rgbOfHSL converts hue, saturation and lightness to red, green and blue
// (https://www.w3.org/TR/css-color-4/#hsl-to-rgb).
func rgbOfHSL(v [3]float64) [3]float64 {
	h, s, l := v[0], v[1], v[2]
	channel := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return 255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1)))
	}
	return [3]float64{channel(0), channel(8), channel(4)}
}
