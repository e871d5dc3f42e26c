package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// Outgoing is where the shop's backend is told what happened to its orders.
type Outgoing struct {
	Endpoints       []Endpoint
	AllowedNetworks []netip.Prefix // not public, and webhooks may go there all the same
}

// Endpoint is a webhook endpoint of the shop's backend.
type Endpoint struct {
	URL     string   `json:"url"`
	Types   []string `json:"types"`   // none for all
	Secrets []Secret `json:"secrets"` // each signs
}

func outgoingSection() section {
	return section{
		title: "Outgoing webhooks",
		options: []option{
			{
				name:   "ENDPOINTS",
				file:   true,
				redact: redactAll,
				help: "Webhook endpoints of your backend, besides those of \"server endpoints add\", as JSON: " +
					`[{"url":"https://shop.example/hooks","types":["order.paid"],"secrets":["whsec_…"]}]. ` +
					"Without types an endpoint gets all. Each secret signs: list two to rotate.",
				modes: checkoutModes,
				read:  orEmpty(readEndpoints),
				live:  replace(func(c *Config) *[]Endpoint { return &c.Endpoints }),
			},
			{
				name: "ENDPOINTS_ALLOW_NETWORKS",
				help: "Addresses or CIDR ranges that are not public and to which webhooks may go all the same, " +
					"separated by commas, such as that of a container network. Plain http goes to these only. The " +
					"sandbox allows this machine by itself.",
				modes: storageModes,
				read:  orEmpty(readAllowedNetworks),
			},
		},
	}
}

// readEndpoints reads the list. Its errors do not repeat it, since it holds
// secrets.
func readEndpoints(c *Config, s string) error {
	const example = `Write it like [{"url":"https://shop.example/hooks","types":["order.paid"],` +
		`"secrets":["whsec_…"]}]`

	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	if err := d.Decode(&c.Endpoints); err != nil {
		return errors.New("is not a list of endpoints with url, types and secrets as JSON. " + example)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("has something behind the list. " + example)
	}

	known := map[string]bool{}
	for i, e := range c.Endpoints {
		if _, err := parseWebURL(e.URL); err != nil {
			return fmt.Errorf("has a url, number %d, that %w", i+1, err)
		}

		switch {
		case known[e.URL]:
			return fmt.Errorf("has the url of number %d twice. List all its types in one place", i+1)
		case len(e.Secrets) == 0:
			return fmt.Errorf("has no secrets for number %d. Make one with: "+
				`echo "whsec_$(openssl rand -base64 32)"`, i+1)
		}

		known[e.URL] = true

		for _, secret := range e.Secrets {
			if !webhookSecret.MatchString(secret.Reveal()) {
				return fmt.Errorf("has something, in number %d, that is not a signing secret. Make one with: "+
					`echo "whsec_$(openssl rand -base64 32)"`, i+1)
			}
		}
	}

	return nil
}

func readAllowedNetworks(c *Config, s string) error {
	for _, item := range splitList(s) {
		prefix, err := parsePrefix(item)
		switch {
		case err != nil || prefix.Addr().Is4In6():
			return fmt.Errorf("contains %q, which is not an address. Use addresses or ranges like 172.18.0.0/16, "+
				"separated by commas", item)
		case prefix.Bits() == 0:
			return fmt.Errorf("allows every address (%q). List only the networks of your backend", item)
		}

		c.AllowedNetworks = append(c.AllowedNetworks, prefix.Masked())
	}
	return nil
}
