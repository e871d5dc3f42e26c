package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"checkoutd/internal/appearance"
	"checkoutd/internal/cleantext"
	"checkoutd/internal/texts"
)

// Look is what the shop's pages and the payment form look like.
type Look struct {
	BrandName      string
	Languages      []string         // of the pages, empty for all
	BrandLogo      string           // https URL or /path of this origin, "" for none
	BrandColor     string           // "#rrggbb", "" for checkoutd's own
	AppearanceFile string           // "" for none
	Appearance     *appearance.Look // the parsed file, nil for none
}

func lookSection() section {
	return section{
		title:  "Look",
		finish: (*loading).finishLook,
		options: []option{
			{
				name:  "BRAND_NAME",
				def:   "checkoutd shop",
				help:  "The shop's name on its pages, 1 to 60 characters.",
				modes: checkoutModes,
				read:  readBrandName,
			},
			{
				name: "LANGUAGES",
				help: "The languages of the pages, separated by commas: " + strings.Join(texts.Languages(), ", ") +
					". The first is for everybody who asks for none of them. Empty: all, English first.",
				modes: checkoutModes,
				read:  readLanguages,
			},
			{
				name: "BRAND_LOGO",
				help: "A picture shown beside the name: an https address, or a path on BASE_URL's host " +
					"that begins with /.",
				modes: checkoutModes,
				read:  readBrandLogo,
			},
			{
				name: "BRAND_COLOR",
				help: "The brand's colour, like #1f6a58. The pages darken or lighten it where it would not be " +
					"legible.",
				modes: checkoutModes,
				read:  readBrandColor,
			},
			{
				name: "APPEARANCE_FILE",
				help: "A JSON file in the format of Stripe's Elements Appearance API. It may also list " +
					"fonts, and under dark an appearance for dark screens. The pages follow its colours. " +
					"See examples/appearance.json.",
				modes: checkoutModes,
				read:  text(func(c *Config) *string { return &c.AppearanceFile }),
			},
		},
	}
}

// maxBrandName is how many characters of the name fit the page's header.
const maxBrandName = 60

func readBrandName(c *Config, s string) error {
	s, err := cleantext.Line(s)
	if err != nil || s == "" || utf8.RuneCountInString(s) > maxBrandName {
		return fmt.Errorf("is not a name. Use 1 to %d characters on one line", maxBrandName)
	}
	c.BrandName = s
	return nil
}

func readBrandLogo(c *Config, s string) error {
	isPath := strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	if s == "" || isPath {
		c.BrandLogo = s
		return nil
	}

	u, err := parseWebURL(s)
	if err != nil {
		return fmt.Errorf("%w, or write a path like /logo.svg", err)
	}
	if u.Scheme != "https" {
		return errors.New("is not https, and browsers block such a picture on a secure page. Use an https address")
	}

	c.BrandLogo = s
	return nil
}

var hexColor = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

func readBrandColor(c *Config, s string) error {
	if s != "" && !hexColor.MatchString(s) {
		return fmt.Errorf("is %q. Write a colour like #1f6a58", s)
	}
	c.BrandColor = s
	return nil
}

// finishLook reads the file of APPEARANCE_FILE.
func (l *loading) finishLook() {
	c := l.config
	if c.AppearanceFile == "" {
		return
	}

	data, err := l.sources.readFile(c.AppearanceFile)
	if err != nil {
		l.problem("APPEARANCE_FILE", "cannot be read: %s. Give the path of a file that this user may read", err)
		return
	}

	var bad *appearance.Error
	if c.Appearance, err = appearance.Parse(data); errors.As(err, &bad) {
		for _, p := range bad.Problems {
			if !strings.HasSuffix(p, "?") {
				p += "."
			}

			l.problem("APPEARANCE_FILE", "(%s): %s", c.AppearanceFile, p)
		}

		return
	}

	if c.BrandColor != "" && c.Appearance.Light.Variable("colorPrimary") != "" {
		l.problem("BRAND_COLOR", "and colorPrimary in APPEARANCE_FILE both set the brand's colour. Keep one of them")
	}
}

func readLanguages(c *Config, s string) error {
	for _, lang := range splitList(s) {
		switch {
		case !texts.Has(lang):
			return fmt.Errorf("contains %q. Use some of: %s", lang, join(texts.Languages()))
		case slices.Contains(c.Languages, lang):
			return fmt.Errorf("contains %q twice", lang)
		}
		c.Languages = append(c.Languages, lang)
	}
	return nil
}
