package pages

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// picture is an image, or, for a product without one, its initial on a tint.
type picture struct {
	URL     string
	Initial string
	Tint    int // 0 to 4
}

// picture finds the picture of a product. Its image is an https address; a path
// from the root ("/img/mug.jpg"), which a proxy in front of us has to serve,
// since we serve no files but our own; or the name of one of those in
// web/static/products ("mug.svg"), which the built-in catalog uses. Anything
// else, or nothing, gives the initial.
func (p *Pages) picture(sku, name, image string) picture {
	if strings.HasPrefix(image, "https://") || strings.HasPrefix(image, "/") {
		return picture{URL: image}
	}
	if url, err := p.assets.url("products/" + image); err == nil {
		return picture{URL: url}
	}

	first, _ := utf8.DecodeRuneInString(name)
	tint := 0
	for _, c := range sku {
		tint += int(c)
	}

	return picture{Initial: fmt.Sprintf("%c", unicode.ToUpper(first)), Tint: tint % 5}
}
