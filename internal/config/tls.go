package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// TLS is the https that checkoutd serves itself, without a proxy.
type TLS struct {
	TLSDomains    []string // lower case; empty: plain http
	TLSHTTPAddr   string   // host:port of plain http beside it
	ACMEDirectory string   // the address of the CA
	ACMEEmail     string   // for the CA, "" for none
	ACMERootsFile string   // "" for the system's certificates alone
	ACMERoots     string   // PEM, what the file holds
}

func tlsSection() section {
	return section{
		title:  "HTTPS",
		finish: (*loading).finishTLS,
		options: []option{
			{
				name: "TLS_DOMAINS",
				help: "Names of this server, such as pay.shop.example, separated by commas. checkoutd then serves " +
					"https at ADDR (:443 if it is not set) with certificates that it gets from Let's Encrypt and " +
					"renews by itself; setting it accepts the terms of the CA. Empty: plain http, behind a proxy. " +
					"See docs/operations.md.",
				modes: []Mode{Serve, Healthcheck},
				read:  readDomains,
			},
			{
				name: "TLS_HTTP_ADDR",
				def:  ":80",
				help: "host:port of plain http beside https: it answers the CA, redirects to BASE_URL and has the " +
					"probes. Used with TLS_DOMAINS only. The CA looks at port 80: forward that to this one.",
				modes: []Mode{Serve, Healthcheck},
				read: func(c *Config, s string) error {
					_, err := splitHostPort(s)
					c.TLSHTTPAddr = s
					return err
				},
			},
			{
				name: "TLS_ACME_DIRECTORY",
				def:  "https://acme-v02.api.letsencrypt.org/directory",
				help: "The directory of another CA that speaks ACME (RFC 8555), or of Let's Encrypt's staging: " +
					"https://acme-staging-v02.api.letsencrypt.org/directory. Each has certificates of its own in the " +
					"database.",
				modes: serveOnly,
				read:  readDirectory,
			},
			{
				name:  "TLS_ACME_EMAIL",
				help:  "Your address for the CA, which may write to it about the certificates. Empty: none.",
				modes: serveOnly,
				read: orEmpty(func(c *Config, s string) error {
					a, err := netmail.ParseAddress(s)
					if err != nil || a.Address != s {
						return errors.New("is not an e-mail address alone. Write it like ops@shop.example")
					}

					c.ACMEEmail = s
					return nil
				}),
			},
			{
				name: "TLS_ACME_CA_FILE",
				help: "A file in PEM with certificates by which the https of TLS_ACME_DIRECTORY is trusted, besides " +
					"the system's: for a CA inside your network.",
				modes: serveOnly,
				read:  text(func(c *Config) *string { return &c.ACMERootsFile }),
			},
		},
	}
}

// maxDomains bounds how many certificates a server gets.
const maxDomains = 20

// domainName matches a name below a top-level domain, in ASCII.
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

func readDomains(c *Config, s string) error {
	for _, item := range splitList(s) {
		name := strings.ToLower(strings.TrimSuffix(item, "."))
		switch {
		case strings.Contains(item, "*"):
			return fmt.Errorf("contains %q: a CA verifies wildcards by DNS alone, which checkoutd cannot do. "+
				"List the names", item)
		case !domainName.MatchString(name) || len(name) > 253:
			return fmt.Errorf("contains %q, which is not a public name. Write names alone, like pay.shop.example, and "+
				"other letters than a to z in their xn-- form", item)
		case slices.Contains(c.TLSDomains, name):
			return fmt.Errorf("lists %q twice", name)
		}

		c.TLSDomains = append(c.TLSDomains, name)
	}

	if len(c.TLSDomains) > maxDomains {
		return fmt.Errorf("lists %d names. List at most %d", len(c.TLSDomains), maxDomains)
	}

	return nil
}

func readDirectory(c *Config, s string) error {
	u, err := parseWebURL(s)
	if err != nil {
		return err
	}
	if u.Scheme != "https" {
		return errors.New("is not https, but ACME always is. Write it like https://ca.internal/acme/directory")
	}
	c.ACMEDirectory = s
	return nil
}

func (l *loading) finishTLS() {
	c := l.config
	if len(c.TLSDomains) == 0 {
		return
	}

	if l.valid("BASE_URL") {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Scheme != "https" || !slices.Contains(c.TLSDomains, u.Hostname()) {
			l.problem("BASE_URL", "is not https://%s, or another name of TLS_DOMAINS. Leave it out, or make them agree",
				c.TLSDomains[0])
		}
	}

	if l.valid("ADDR", "TLS_HTTP_ADDR") && c.Addr == c.TLSHTTPAddr && !strings.HasSuffix(c.Addr, ":0") {
		l.problem("TLS_HTTP_ADDR", "and ADDR are both %s. Plain http needs an address of its own", c.Addr)
	}

	if c.ACMERootsFile == "" {
		return
	}

	data, err := l.sources.readFile(c.ACMERootsFile)
	switch {
	case err != nil:
		l.problem("TLS_ACME_CA_FILE", "cannot be read: %s. Give the path of a file that this user may read", err)
	case !x509.NewCertPool().AppendCertsFromPEM(data):
		l.problem("TLS_ACME_CA_FILE", "(%s) holds no certificate in PEM", c.ACMERootsFile)
	default:
		c.ACMERoots = string(data)
	}
}

// deriveAddr makes https listen on its port unless ADDR is set.
func (l *loading) deriveAddr() {
	if len(l.config.TLSDomains) == 0 || l.given("ADDR") {
		return
	}
	l.config.Addr = ":443"
	l.record(option{name: "ADDR"}, value{text: l.config.Addr, source: "TLS_DOMAINS"})
}
