package config

import (
	"errors"
	"regexp"
	"strings"
)

var (
	anyKey         = regexp.MustCompile(`^(?:sk|rk|pk)_(live|test)_`)
	secretKey      = regexp.MustCompile(`^(sk|rk)_(live|test)_[A-Za-z0-9_]+$`)
	publishableKey = regexp.MustCompile(`^pk_(live|test)_[A-Za-z0-9_]+$`)
	webhookSecret  = regexp.MustCompile(`^whsec_[A-Za-z0-9+/=_-]+$`)
)

// keyMode is the mode that a Stripe key says it is of: live, test or "".
func keyMode(key string) string {
	m := anyKey.FindStringSubmatch(key)
	if m == nil {
		return ""
	}
	return m[1]
}

// None of these readers repeats the value, not even of the publishable key:
// it may be a secret one in the wrong place.

func readSecretKey(c *Config, s string) error {
	switch {
	case strings.HasPrefix(s, "pk_"):
		return errors.New("holds a publishable key. Put the secret key (sk_…) or a restricted key (rk_…) here, " +
			"and the publishable key into STRIPE_PUBLISHABLE_KEY")
	case strings.HasPrefix(s, "sk_org"):
		return errors.New("holds an organization key. Use the secret or a restricted key of the one account that is paid")
	case !secretKey.MatchString(s):
		return errors.New("is not a Stripe secret key. It begins with sk_test_, sk_live_, rk_test_ or rk_live_; copy it whole")
	}
	c.StripeSecretKey = Secret(s)
	return nil
}

func readPublishableKey(c *Config, s string) error {
	switch {
	case strings.HasPrefix(s, "sk_") || strings.HasPrefix(s, "rk_"):
		return errors.New("holds a secret key, which every visitor would see. Put the publishable key (pk_…) here, " +
			"and the secret key into STRIPE_SECRET_KEY")
	case !publishableKey.MatchString(s):
		return errors.New("is not a Stripe publishable key. It begins with pk_test_ or pk_live_; copy it whole")
	}
	c.StripePublishableKey = s
	return nil
}

func readWebhookSecrets(c *Config, s string) error {
	for _, item := range items(s) {
		if !webhookSecret.MatchString(item) {
			return errors.New("is not a webhook signing secret. Each begins with whsec_; several are separated by commas")
		}
		c.StripeWebhookSecrets = append(c.StripeWebhookSecrets, Secret(item))
	}
	if len(c.StripeWebhookSecrets) == 0 {
		return errors.New("holds no secret. Copy the endpoint's signing secret (whsec_…)")
	}
	return nil
}
