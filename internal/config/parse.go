package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"
)

// A reader's error completes the sentence that begins with the option's name.
type reader = func(*Config, string) error

const day = 24 * time.Hour

func text(field func(*Config) *string) reader {
	return func(c *Config, s string) error {
		*field(c) = s
		return nil
	}
}

func oneOf[T ~string](field func(*Config) *T, allowed ...T) reader {
	return func(c *Config, s string) error {
		if !slices.Contains(allowed, T(s)) {
			return fmt.Errorf("is %q. Use one of: %s", s, listed(allowed))
		}
		*field(c) = T(s)
		return nil
	}
}

func listed[T ~string](values []T) string {
	var words []string
	for _, v := range values {
		if v == "" {
			v = "(empty)"
		}
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}

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

func integer(field func(*Config) *int, least, most int) reader {
	return func(c *Config, s string) error {
		v, err := strconv.Atoi(s)
		if err != nil || v < least || v > most {
			return fmt.Errorf("is %q. Use a whole number from %d to %d", s, least, most)
		}
		*field(c) = v
		return nil
	}
}

func duration(field func(*Config) *time.Duration, least, most time.Duration) reader {
	return func(c *Config, s string) error {
		v, err := parseDuration(s)
		if err != nil || v < least || v > most {
			return fmt.Errorf("is %q. Use a duration from %s to %s, like 90s, 30m or 24h", s, short(least), short(most))
		}
		*field(c) = v
		return nil
	}
}

func durationOrOff(field func(*Config) *time.Duration, least, most time.Duration) reader {
	within := duration(field, least, most)
	return func(c *Config, s string) error {
		if v, err := parseDuration(s); err == nil && v == 0 {
			*field(c) = 0
			return nil
		}
		if err := within(c, s); err != nil {
			return fmt.Errorf("%w, or 0 for off", err)
		}
		return nil
	}
}

// parseDuration is time.ParseDuration and whole days ("30d").
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(s)
}

// short is a bound as the help writes it.
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

// origin reads a URL that is scheme and host alone.
func origin(field func(*Config) *string) reader {
	return func(c *Config, s string) error {
		u, err := webURL(s)
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

// webURL does not repeat s in its errors: people paste passwords into URLs.
func webURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New("is not a web address. Write it whole, beginning with https:// or http://")
	case u.User != nil || u.Fragment != "":
		return nil, errors.New("holds a user name, a password or a #fragment. Leave these out")
	case strings.ContainsAny(u.Host, "'\"; ,*"):
		// The address goes into the Content-Security-Policy.
		return nil, errors.New("has a host with characters that no host has. Check the spelling")
	}
	return u, nil
}

func readJSURL(c *Config, s string) error {
	u, err := webURL(s)
	if err == nil {
		c.StripeJSURL = u.String()
	}
	return err
}

func readAddr(c *Config, s string) error {
	if _, err := hostPort(s); err != nil {
		return err
	}
	c.Addr = s
	return nil
}

func readSandboxAddr(c *Config, s string) error {
	host, err := hostPort(s)
	if err != nil {
		return err
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("is %q, which others could reach. The offline Stripe lets anybody in, "+
			"so give it a loopback address like 127.0.0.1:12111", s)
	}
	c.SandboxAddr = s
	return nil
}

func hostPort(s string) (host string, err error) {
	host, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("is %q. Write host:port, like localhost:4242 or :4242", s)
	}
	return host, nil
}

func readDatabase(c *Config, s string) error {
	file, isFile := strings.CutPrefix(s, "sqlite:")
	u, err := url.Parse(s)
	switch {
	case isFile && (file == "" || strings.ContainsAny(file, "?#%")):
		return errors.New("names no usable file. Write sqlite: and a path without ?, # and %, like sqlite:./data/checkoutd.db")
	case isFile:
	case err != nil:
		return errors.New("cannot be read as a URL. Percent-encode special characters in the password")
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return errors.New("is of no known kind. Use sqlite:<file> or postgres://user:password@host/database")
	}
	c.DatabaseURL = Secret(s)
	return nil
}

// redactDatabase leaves out the password, and the query, which may hold one.
func redactDatabase(s string) string {
	if strings.HasPrefix(s, "sqlite:") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return hide(s)
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		shown.User = url.User(u.User.Username())
	}
	return shown.String()
}

func hide(string) string { return "set" }

func readProxies(c *Config, s string) error {
	for _, item := range items(s) {
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			addr, addrErr := netip.ParseAddr(item)
			if addrErr != nil || addr.Zone() != "" {
				return fmt.Errorf("has %q, which is no address. Use addresses or ranges like 10.0.0.0/8, separated by commas", item)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Addr().Is4In6() {
			// Clients are compared in their IPv4 spelling, so this would match none.
			return fmt.Errorf("has %q. Write IPv4 addresses without ::ffff: in front", item)
		}
		if prefix.Bits() == 0 {
			return fmt.Errorf("trusts everybody (%q), so that any client could claim any address. Name the proxies alone", item)
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix.Masked())
	}
	return nil
}

func readLogLevel(c *Config, s string) error {
	levels := []string{"trace", "debug", "info", "warn", "error"}
	if !slices.Contains(levels, s) {
		return fmt.Errorf("is %q. Use one of: %s", s, listed(levels))
	}
	var err error
	c.LogLevel, err = zerolog.ParseLevel(s)
	return err
}

func readBrandName(c *Config, s string) error {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > 60 || strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("is not a name. Use 1 to 60 characters on one line")
	}
	c.BrandName = s
	return nil
}

var methodType = regexp.MustCompile(`^[a-z][a-z0-9_]{1,40}$`)

func readMethodTypes(c *Config, s string) error {
	for _, item := range items(s) {
		switch {
		case item == "blik" || item == "acss_debit":
			// https://docs.stripe.com/payments/finalize-payments-on-the-server
			return fmt.Errorf("has %s, but payments that are finalized on the server, as checkoutd's are, "+
				"do not support it (Stripe's guide excludes BLIK and ACSS pre-authorized debits). Leave it out", item)
		case !methodType.MatchString(item):
			return fmt.Errorf("has %q. Use Stripe's names of payment methods, like card,ideal", item)
		case slices.Contains(c.PaymentMethodTypes, item):
			return fmt.Errorf("has %s twice. Name each payment method once", item)
		}
		c.PaymentMethodTypes = append(c.PaymentMethodTypes, item)
	}
	return nil
}

// items splits a comma list, without the spaces and empty places.
func items(s string) []string {
	var all []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}
