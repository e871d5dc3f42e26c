package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// orEmpty leaves the field alone when there is no value.
func orEmpty(read reader) reader {
	return func(c *Config, s string) error {
		if s == "" {
			return nil
		}
		return read(c, s)
	}
}

// optional reads a value that may be missing: the field is nil then.
func optional[T any](read func(func(*Config) *T) reader, field func(*Config) **T) reader {
	return orEmpty(func(c *Config, s string) error {
		value := new(T)
		if err := read(func(*Config) *T { return value })(c, s); err != nil {
			return err
		}
		*field(c) = value
		return nil
	})
}

// afterPrefix is what Stripe's ids have behind their prefix.
var afterPrefix = regexp.MustCompile(`^[A-Za-z0-9]{1,250}$`)

// stripeID reads an id of Stripe's by its prefix.
func stripeID(field func(*Config) *string, prefix, what string) reader {
	return orEmpty(func(c *Config, s string) error {
		if rest, ok := strings.CutPrefix(s, prefix); !ok || !afterPrefix.MatchString(rest) {
			return fmt.Errorf("is not the id of %s. It begins with %s; copy it whole", what, prefix)
		}
		*field(c) = s
		return nil
	})
}

// readSave reads SAVED_METHODS_SAVE, whose default is the rule askToSave's.
func readSave(c *Config, s string) error {
	return orEmpty(boolean(func(c *Config) *bool { return &c.SavedMethods.Save }))(c, s)
}

func readFilters(c *Config, s string) error {
	known := []string{"always", "limited", "unspecified"}
	for _, item := range items(s) {
		switch {
		case !slices.Contains(known, item):
			return fmt.Errorf("has %q. Use some of: %s", item, listed(known))
		case slices.Contains(c.SavedMethods.Filters, item):
			return fmt.Errorf("has %s twice. Name each once", item)
		}
		c.SavedMethods.Filters = append(c.SavedMethods.Filters, item)
	}
	return nil
}

func readLogo(c *Config, s string) error {
	c.BrandLogo = s
	if s == "" || strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
		return nil
	}
	u, err := webURL(s)
	if err != nil {
		return fmt.Errorf("%w, or write a path like /logo.svg", err)
	}
	if u.Scheme != "https" {
		return errors.New("is not https, and browsers refuse such a picture on a secure page. Use an https address")
	}
	return nil
}

var hexColor = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

func readColor(c *Config, s string) error {
	if s != "" && !hexColor.MatchString(s) {
		return fmt.Errorf("is %q. Write a colour like #1f6a58", s)
	}
	c.BrandColor = s
	return nil
}
