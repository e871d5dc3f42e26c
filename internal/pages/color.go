package pages

import (
	"fmt"
	"math"
	"strconv"
)

type rgb [3]uint8

func parseColor(s string) (rgb, error) {
	n, err := strconv.ParseUint(s[min(1, len(s)):], 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return rgb{}, fmt.Errorf("%q is not a color such as #1f6a58", s)
	}
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// The contrasts that WCAG 2.2 requires: of text (1.4.3), and of the edges of
// controls (1.4.11).
const (
	textContrast = 4.5
	edgeContrast = 3
)

// legibleOn returns the color nearest to c that has at least minContrast on
// every paper. It moves c in small steps towards the color farthest from the
// first paper.
func (c rgb) legibleOn(minContrast float64, papers ...rgb) rgb {
	far := papers[0].opposite()
	const steps = 20
	for i := range steps {
		if m := c.mix(far, float64(i)/steps); m.readsOn(minContrast, papers...) {
			return m
		}
	}
	return far
}

func (c rgb) readsOn(minContrast float64, papers ...rgb) bool {
	for _, p := range papers {
		if contrast(c, p) < minContrast {
			return false
		}
	}
	return true
}

// opposite returns black or white, whichever has more contrast with c: at least
// 4.58 to 1.
func (c rgb) opposite() rgb {
	white := rgb{0xff, 0xff, 0xff}
	if contrast(white, c) >= contrast(rgb{}, c) {
		return white
	}
	return rgb{}
}

// dark reports whether white reads better on c than black.
func (c rgb) dark() bool { return c.opposite() != rgb{} }

// textOn returns white or nearly black, whichever is legible on c.
func (c rgb) textOn() rgb {
	if ink := (rgb{0x10, 0x12, 0x10}); !c.dark() && contrast(ink, c) >= textContrast {
		return ink
	}
	return c.opposite()
}

func (c rgb) mix(with rgb, part float64) rgb {
	for i := range c {
		c[i] = uint8(math.Round(float64(c[i])*(1-part) + float64(with[i])*part))
	}
	return c
}

// luminance and contrast follow the definitions of WCAG 2.2.
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
