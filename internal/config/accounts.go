package config

import "regexp"

// newKey matches keys that begin with the characters of their account's ID, as
// all have done since about 2019: pk_test_51AbC… is a key of acct_1AbC….
// Stripe documents no such thing, so it is evidence and no proof.
var newKey = regexp.MustCompile(`^[psr]k_(?:test|live)_5(1[A-Za-z0-9]{60,})$`)

// accountChars is how many characters of a key are those of its account.
const accountChars = 16

// LooksForeign reports whether a key looks as if it did not belong to a Stripe
// account (acct_…).
func LooksForeign(key, account string) bool {
	m := newKey.FindStringSubmatch(key)
	if m == nil || len(account) != len("acct_")+accountChars {
		return false
	}
	return m[1][:accountChars] != account[len("acct_"):]
}

// KeysLookForeign reports whether the two keys look as if they belonged to two
// accounts.
func (a *StripeAccount) KeysLookForeign() bool {
	secret := newKey.FindStringSubmatch(a.StripeSecretKey.Reveal())
	return secret != nil && LooksForeign(a.StripePublishableKey, "acct_"+secret[1][:accountChars])
}
