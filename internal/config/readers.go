package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// text reads any value.
func text(field func(*Config) *string) reader {
	return func(c *Config, s string) error {
		*field(c) = s
		return nil
	}
}

// oneOf reads one of the allowed words.
func oneOf[T ~string](field func(*Config) *T, allowed ...T) reader {
	return func(c *Config, s string) error {
		if !slices.Contains(allowed, T(s)) {
			return fmt.Errorf("is %q. Use one of: %s", s, join(allowed))
		}
		*field(c) = T(s)
		return nil
	}
}

// join lists the words in a sentence.
func join[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
		if v == "" {
			words[i] = "(empty)"
		}
	}
	return strings.Join(words, ", ")
}

// boolean reads true or false.
func boolean(field func(*Config) *bool) reader {
	return func(c *Config, s string) error {
		v, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("is %q. Use true or false", s)
		}
		*field(c) = v
		return nil
	}
}

// integer reads a whole number from low to high.
func integer(field func(*Config) *int, low, high int) reader {
	return func(c *Config, s string) error {
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high {
			return fmt.Errorf("is %q. Use a whole number from %d to %d", s, low, high)
		}
		*field(c) = v
		return nil
	}
}

// duration reads a duration from low to high.
func duration(field func(*Config) *time.Duration, low, high time.Duration) reader {
	return func(c *Config, s string) error {
		v, err := parseDuration(s)
		if err != nil || v < low || v > high {
			return fmt.Errorf("is %q. Use a duration from %s to %s, like 90s, 30m or 24h", s, short(low), short(high))
		}
		*field(c) = v
		return nil
	}
}

// durationOrOff reads a duration from low to high, or 0.
func durationOrOff(field func(*Config) *time.Duration, low, high time.Duration) reader {
	read := duration(field, low, high)

	return func(c *Config, s string) error {
		if v, err := parseDuration(s); err == nil && v == 0 {
			*field(c) = 0
			return nil
		}

		if err := read(c, s); err != nil {
			return fmt.Errorf("%w, or 0 to switch it off", err)
		}
		return nil
	}
}

// parseDuration extends time.ParseDuration by whole days ("30d").
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(s)
}

// short formats a duration in its largest whole unit, as the help does.
func short(d time.Duration) string {
	switch {
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// orEmpty skips an empty value, which leaves the field as it is.
func orEmpty(read reader) reader {
	return func(c *Config, s string) error {
		if s == "" {
			return nil
		}
		return read(c, s)
	}
}

// optional reads a value into a pointer, which stays nil for an empty value.
func optional[T any](read func(func(*Config) *T) reader, field func(*Config) **T) reader {
	return orEmpty(func(c *Config, s string) error {
		v := new(T)
		if err := read(func(*Config) *T { return v })(c, s); err != nil {
			return err
		}
		*field(c) = v
		return nil
	})
}

// idSuffix matches a Stripe ID after its prefix.
var idSuffix = regexp.MustCompile(`^[A-Za-z0-9]{1,250}$`)

// stripeID reads the ID of a Stripe object, or nothing. kind is the object in
// words.
func stripeID(field func(*Config) *string, prefix, kind string) reader {
	return orEmpty(func(c *Config, s string) error {
		if suffix, ok := strings.CutPrefix(s, prefix); !ok || !idSuffix.MatchString(suffix) {
			return fmt.Errorf("is not the ID of %s. Such an ID begins with %s; copy all of it", kind, prefix)
		}
		*field(c) = s
		return nil
	})
}

// origin reads a URL that consists of scheme and host.
func origin(field func(*Config) *string) reader {
	return func(c *Config, s string) error {
		u, err := parseWebURL(s)
		if err != nil {
			return err
		}
		if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery {
			return errors.New("has more than a scheme and a host. Write it like https://shop.example")
		}

		*field(c) = u.Scheme + "://" + strings.ToLower(u.Host)
		return nil
	}
}

// parseWebURL parses an http or https URL. Its errors do not repeat s, because
// people paste passwords into URLs.
func parseWebURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New("is not a web address. Write all of it, beginning with https:// or http://")
	case u.User != nil || u.Fragment != "":
		return nil, errors.New("contains a user name, a password or a #fragment. Leave these out")
	case strings.ContainsAny(u.Host, "'\"; ,*"):
		// The address becomes part of the Content-Security-Policy.
		return nil, errors.New("has a host with characters that a host cannot have. Check the spelling")
	}

	return u, nil
}

// splitHostPort returns the host of host:port.
func splitHostPort(s string) (host string, err error) {
	host, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("is %q. Write host:port, like localhost:4242 or :4242", s)
	}
	return host, nil
}

// splitList splits a list at its commas and drops spaces and empty items.
func splitList(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
