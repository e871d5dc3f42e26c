package config

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"
)

// Rules is what the shop wants to decide before a payment.
type Rules struct {
	RulesFile         string // "" for no rules
	PreconfirmURL     string // "" to ask nobody
	PreconfirmSecret  Secret
	PreconfirmTimeout time.Duration
	PreconfirmFailure FailurePolicy
}

// FailurePolicy is what happens to a payment about which the shop's server
// gives no answer.
type FailurePolicy string

// The policies.
const (
	RefuseOnFailure FailurePolicy = "refuse"
	AllowOnFailure  FailurePolicy = "allow"
)

func rulesSection() section {
	return section{
		title:  "Rules before a payment",
		finish: (*loading).finishRules,
		options: []option{
			{
				name: "RULES_FILE",
				help: "A file with rules about cards, wallets, amounts and orders, see docs/rules.md. Empty: " +
					"every payment method that Stripe offers may pay.",
				modes: checkoutModes,
				read:  text(func(c *Config) *string { return &c.RulesFile }),
			},
			{
				name: "PRECONFIRM_URL",
				help: "The address of your server that is asked before each payment, for instance whether the " +
					"goods are in stock, see docs/rules.md. With live keys it must be https.",
				modes: checkoutModes,
				read:  readPreconfirmURL,
			},
			{
				name:   "PRECONFIRM_SECRET",
				file:   true,
				redact: redactAll,
				help: "The key of the signature on the calls to PRECONFIRM_URL: whsec_ and 24 to 64 random bytes in " +
					"base64, for instance of openssl rand -base64 32.",
				modes: checkoutModes,
				read:  readPreconfirmSecret,
				live:  replaceSecret(func(c *Config) *Secret { return &c.PreconfirmSecret }),
			},
			{
				name:  "PRECONFIRM_TIMEOUT",
				def:   "2s",
				help:  "How long PRECONFIRM_URL may take to answer, 100ms to 3s. The buyer waits.",
				modes: checkoutModes,
				read: duration(func(c *Config) *time.Duration { return &c.PreconfirmTimeout },
					100*time.Millisecond, 3*time.Second),
			},
			{
				name:  "PRECONFIRM_FAILURE",
				def:   "refuse",
				help:  "What happens to a payment when PRECONFIRM_URL gives no answer: refuse or allow.",
				modes: checkoutModes,
				read: oneOf(func(c *Config) *FailurePolicy { return &c.PreconfirmFailure },
					RefuseOnFailure, AllowOnFailure),
			},
		},
	}
}

func readPreconfirmURL(c *Config, s string) error {
	if s == "" {
		return nil
	}
	if _, err := parseWebURL(s); err != nil {
		return err
	}
	c.PreconfirmURL = s
	return nil
}

// readPreconfirmSecret does not repeat the value in its errors.
func readPreconfirmSecret(c *Config, s string) error {
	if s == "" {
		return nil
	}

	encoded, ok := strings.CutPrefix(s, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return errors.New("is not whsec_ and 24 to 64 bytes in base64. " +
			"Make one with: echo whsec_$(openssl rand -base64 32)")
	}

	c.PreconfirmSecret = Secret(s)
	return nil
}

func (l *loading) finishRules() {
	c := l.config
	if l.valid("PRECONFIRM_URL", "PRECONFIRM_SECRET") {
		switch {
		case c.PreconfirmURL != "" && c.PreconfirmSecret == "":
			l.problem("PRECONFIRM_SECRET", "is not set, but PRECONFIRM_URL is. Without a signature your server "+
				"could not tell our calls from others. Make one with: echo whsec_$(openssl rand -base64 32)")
		case c.PreconfirmURL == "" && c.PreconfirmSecret != "":
			l.problem("PRECONFIRM_URL", "is not set, but PRECONFIRM_SECRET is. Set both or neither")
		}
	}

	u, err := url.Parse(c.PreconfirmURL)
	if err == nil && u.Scheme == "http" && c.Livemode() {
		l.problem("PRECONFIRM_URL", "is not https, but the keys are live: buyers' names and addresses would be "+
			"readable on the way. Use https")
	}
}
