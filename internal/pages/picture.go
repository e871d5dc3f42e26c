package pages

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// picture is an image or, for a product without one, its initial on a tint.
type picture struct {
	URL     string
	Initial string
	Tint    int // 0 to 4
}

// PictureURL returns the address of a product's image as its page shows it, ""
// if it has none.
func (p *Pages) PictureURL(image string) string { return p.picture("", "", image).URL }

// picture returns the picture of a product. image is an https address; a path
// from the root ("/img/mug.jpg"), which a proxy in front of us must serve,
// because we serve no files but our own; or the name of a file in
// web/static/products ("mug.svg"), as in the built-in catalog. For anything
// else, and for no image, it is the initial.
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
