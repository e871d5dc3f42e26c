package appearance

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Colors are those of an appearance that a page of our own follows, as
// "#rrggbb", "" where it names none.
type Colors struct{ Primary, Background, Text, TextSecondary, Danger string }

// Colors are the appearance's own. Its theme night counts as a dark background.
func (a Appearance) Colors() Colors {
	plain := func(name string) string {
		c, _ := plainColor(a.Variable(name))
		return c
	}
	c := Colors{plain("colorPrimary"), plain("colorBackground"), plain("colorText"), plain("colorTextSecondary"), plain("colorDanger")}
	if c.Background == "" && a.Theme == "night" {
		c.Background = nightBackground
	}
	return c
}

// nightBackground is that of Stripe's theme night.
const nightBackground = "#30313d"

// dark reports whether the background is nearer to black than to white.
func (c Colors) dark() bool {
	if c.Background == "" {
		return false
	}
	n, _ := strconv.ParseUint(c.Background[1:], 16, 32) // plainColor wrote it
	return 2126*(n>>16)+7152*(n>>8&0xff)+722*(n&0xff) < 10000*0x80
}

var (
	hex      = regexp.MustCompile(`^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$`)
	function = regexp.MustCompile(`^(rgb|hsl)a?\(\s*(.*?)\s*\)$`)
	// computed are colours that only a browser can tell.
	computed = regexp.MustCompile(`^(var|color-mix|color|lab|lch|oklab|oklch|hwb|light-dark|rgb|rgba|hsl|hsla)\(.+\)$`)
)

// isColorValue reports whether a browser would take s for a colour.
func isColorValue(s string) bool {
	s = strings.ToLower(s)
	if m := function.FindStringSubmatch(s); m != nil && !strings.Contains(m[2], "(") && !strings.HasPrefix(m[2], "from ") {
		_, _, ok := functional(m[1], m[2])
		return ok
	}
	return hex.MatchString(s) || computed.MatchString(s) || s == "transparent" || s == "currentcolor" || s == "inherit" || namedColors[s] != ""
}

// plainColor is the opaque colour as "#rrggbb".
func plainColor(s string) (string, bool) {
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
		c, alpha, ok := functional(m[1], m[2])
		return c, ok && alpha == 1
	}

	return "", false
}

// functional reads what is inside of rgb() or hsl(), in the old form with
// commas or the new one with spaces and a slash.
func functional(name, inside string) (color string, alpha float64, ok bool) {
	parts := strings.FieldsFunc(inside, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(parts) != 3 && len(parts) != 4 {
		return "", 0, false
	}

	var v [3]float64
	for i := range v {
		most := 255.0
		if name == "hsl" {
			most = []float64{360, 1, 1}[i]
		}

		if v[i], ok = number(parts[i], most, name == "hsl" && i > 0); !ok {
			return "", 0, false
		}
	}

	alpha = 1
	if len(parts) == 4 {
		if alpha, ok = number(parts[3], 1, false); !ok {
			return "", 0, false
		}
	}

	if name == "hsl" {
		v = ofHSL(v)
	}

	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(v[0])), int(math.Round(v[1])), int(math.Round(v[2]))), alpha, true
}

// number reads one from 0 to most, or a percentage of most.
func number(s string, most float64, needPercent bool) (float64, bool) {
	digits, percent := strings.CutSuffix(strings.TrimSuffix(s, "deg"), "%")
	n, err := strconv.ParseFloat(digits, 64)
	if percent {
		n = n * most / 100
	}
	return n, err == nil && n >= 0 && n <= most && (percent || !needPercent)
}

func ofHSL(v [3]float64) [3]float64 {
	h, s, l := v[0], v[1], v[2]
	channel := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return 255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1)))
	}
	return [3]float64{channel(0), channel(8), channel(4)}
}

// namedColors are those of CSS
// (https://www.w3.org/TR/css-color-4/#named-colors).
var namedColors = readNames(`
aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc bisque ffe4c4 black 000000
blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00
chocolate d2691e coral ff7f50 cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b
darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 darkkhaki bdb76b
darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000 darksalmon e9967a
darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f darkturquoise 00ced1
darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969 dodgerblue 1e90ff
firebrick b22222 floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold ffd700
goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 honeydew f0fff0 hotpink ff69b4
indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa lavenderblush fff0f5 lawngreen 7cfc00
lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff lightgoldenrodyellow fafad2 lightgray d3d3d3
lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1 lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa
lightslategray 778899 lightslategrey 778899 lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32
linen faf0e6 magenta ff00ff maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3
mediumpurple 9370db mediumseagreen 3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise 48d1cc
mediumvioletred c71585 midnightblue 191970 mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead
navy 000080 oldlace fdf5e6 olive 808000 olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6
palegoldenrod eee8aa palegreen 98fb98 paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9
peru cd853f pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f
royalblue 4169e1 saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d
silver c0c0c0 skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f
steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet ee82ee wheat f5deb3
white ffffff whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32`)

func readNames(text string) map[string]string {
	words, names := strings.Fields(text), map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		names[words[i]] = words[i+1]
	}
	return names
}
