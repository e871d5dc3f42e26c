package deliveries

import (
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/effects"
	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Endpoint is an address of the shop's backend that receives webhooks.
type Endpoint struct {
	ID      string
	URL     string
	Types   []string // the kinds of effect that it wants; none means all
	Secrets []Secret // each of them signs; the first is the current one
	State   State
	Reason  string // why it is off, "" while it is on
	Source  Source

	// EnabledAt is when it was added or switched on last.
	EnabledAt     time.Time
	LastSuccessAt time.Time // to about a minute, zero for never
	// FailingSince is when the first try failed since the last success, zero
	// while none does.
	FailingSince time.Time
	// ToldAt is when the owner was told of a delivery that failed for good,
	// zero if that has not happened since the last success.
	ToldAt time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
}

// State is whether an endpoint receives webhooks.
type State string

// The states.
const (
	Enabled  State = "enabled"
	Disabled State = "disabled"
)

// Source is where an endpoint comes from.
type Source string

// The sources. An endpoint of the configuration follows it at every start.
const (
	FromCommand       Source = "command"
	FromConfiguration Source = "configuration"
)

// Secret is a signing secret.
type Secret struct {
	Value string    `json:"secret"`         // whsec_ and base64
	Until time.Time `json:"until,omitzero"` // when it ends, zero for never
}

// The lengths of a signing secret in bytes
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
const (
	minSecret = 24
	maxSecret = 64
	newSecret = 32
)

const secretPrefix = "whsec_"

// NewSecret returns a random signing secret.
func NewSecret() string {
	var b [newSecret]byte
	_, _ = rand.Read(b[:]) // never fails
	return SecretOf(b)
}

// SecretOf returns the signing secret that random bytes make.
func SecretOf(random [newSecret]byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(random[:])
}

// CheckSecret returns an error, which does not repeat it, unless s is a signing
// secret that is long enough. The signing library accepts even an empty one.
func CheckSecret(s string) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, secretPrefix))
	if !strings.HasPrefix(s, secretPrefix) || err != nil || len(key) < minSecret || len(key) > maxSecret {
		return fault.InvalidField("secret", "secret_invalid",
			"A signing secret is whsec_ and the base64 of 24 to 64 random bytes.")
	}
	return nil
}

// NewEndpoint returns an endpoint with a secret of its own.
func NewEndpoint(address string, types []string, n Networks, now time.Time) (Endpoint, error) {
	if err := CheckURL(address, n); err != nil {
		return Endpoint{}, err
	}
	if err := CheckTypes(types); err != nil {
		return Endpoint{}, err
	}

	return Endpoint{
		ID:        orders.NewID("we_"),
		URL:       address,
		Types:     types,
		Secrets:   []Secret{{Value: NewSecret()}},
		State:     Enabled,
		Source:    FromCommand,
		EnabledAt: now,
		CreatedAt: now,
	}, nil
}

// maxURL is the limit of an endpoint's address in bytes.
const maxURL = 2048

// CheckURL returns an error unless webhooks may be sent to the address. A name
// is looked up only when something is sent: see Networks.
func CheckURL(address string, n Networks) error {
	invalid := func(text string) error { return fault.InvalidField("url", "url_invalid", text) }
	u, err := url.Parse(address)

	switch {
	case err != nil || u.Hostname() == "" || len(address) > maxURL || u.Scheme != "https" && u.Scheme != "http":
		return invalid("This is not a web address. Write all of it, beginning with https://.")
	case u.User != nil || u.Fragment != "":
		return invalid("The address holds a user name, a password or a #fragment. " +
			"Leave these out: webhooks are signed.")
	case u.Scheme == "http" && len(n) == 0:
		return invalid("The address must begin with https://. Plain http is for networks of your own, " +
			"which ENDPOINTS_ALLOW_NETWORKS lists.")
	}

	if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
		if err := n.check(addr, u.Scheme == "http"); err != nil {
			return invalid("Webhooks are not sent to this address: " + err.Error() + ".")
		}
	}

	return nil
}

// anyOf ends a type that stands for all kinds with the same beginning, such as
// "order.*".
const anyOf = ".*"

// CheckTypes returns an error unless each type is a kind of effect, or the
// beginning of some with ".*".
func CheckTypes(types []string) error {
	for _, t := range types {
		known := slices.ContainsFunc(effects.Kinds(), func(k effects.Kind) bool { return matches(t, k.Name) })
		if !known {
			return fault.InvalidField("types", "type_unknown",
				"There is no type "+t+": docs/outgoing-webhooks.md lists them.")
		}
	}
	return nil
}

func matches(t, kind string) bool {
	group, all := strings.CutSuffix(t, anyOf)
	return t == kind || all && strings.HasPrefix(kind, group+".")
}

// Wants reports whether the endpoint receives effects of the kind.
func (e *Endpoint) Wants(kind string) bool {
	return e.State == Enabled && (len(e.Types) == 0 ||
		slices.ContainsFunc(e.Types, func(t string) bool { return matches(t, kind) }))
}

// NotConfigured is the reason of an endpoint that the configuration has lost.
const NotConfigured = "ENDPOINTS does not list it any more"

// ErrConfigured refuses a change that the next start would undo.
var ErrConfigured = fault.New(fault.Conflict, "endpoint_configured",
	"This endpoint comes from ENDPOINTS of the configuration: change it there.")

// Configured reports whether the endpoint follows the configuration.
func (e *Endpoint) Configured() bool {
	return e.Source == FromConfiguration && e.Reason != NotConfigured
}

// Rotate adds a secret, which is the current one from now on. The others go on
// signing beside it until keepUntil.
func (e *Endpoint) Rotate(secret string, now, keepUntil time.Time) error {
	if e.Configured() {
		return ErrConfigured
	}

	kept := e.signing(now)
	for i := range kept {
		if kept[i].Until.IsZero() || kept[i].Until.After(keepUntil) {
			kept[i].Until = keepUntil
		}
	}

	e.Secrets = append([]Secret{{Value: secret}}, kept...)
	return nil
}

// signing returns the secrets that sign at now.
func (e *Endpoint) signing(now time.Time) []Secret {
	return slices.DeleteFunc(slices.Clone(e.Secrets), func(s Secret) bool {
		return !s.Until.IsZero() && !now.Before(s.Until)
	})
}

// Enable switches the endpoint on, as if it were new.
func (e *Endpoint) Enable(now time.Time) {
	e.State, e.Reason, e.EnabledAt = Enabled, "", now
	e.FailingSince, e.ToldAt = time.Time{}, time.Time{}
}

// Disable switches the endpoint off.
func (e *Endpoint) Disable(reason string) { e.State, e.Reason = Disabled, reason }

// An endpoint is switched off by time, not by a count of failures: a busy shop
// has many failures in an hour, a small one few in a week.
const (
	offAfter    = 5 * 24 * time.Hour // without a success
	offFailures = 12 * time.Hour     // between the first failure and the last
)

// succeeded records that a delivery arrived.
func (e *Endpoint) succeeded(now time.Time) {
	e.LastSuccessAt, e.FailingSince, e.ToldAt = now, time.Time{}, time.Time{}
}

// news is what the owner of an endpoint must be told.
type news int

const (
	nothing   news = iota
	exhausted      // the first delivery has failed for good
	off            // the endpoint was switched off
)

// failed records that a delivery did not arrive. gone is set if the endpoint
// said that it exists no more, forGood if this was the last try.
func (e *Endpoint) failed(now time.Time, gone, forGood bool) news {
	if e.State == Disabled {
		return nothing
	}

	if e.FailingSince.IsZero() {
		e.FailingSince = now
	}

	since := e.EnabledAt
	if e.LastSuccessAt.After(since) {
		since = e.LastSuccessAt
	}

	switch {
	case gone:
		e.Disable("it answered 410 Gone")
		return off
	case now.Sub(since) >= offAfter && now.Sub(e.FailingSince) >= offFailures:
		e.Disable("nothing arrived for five days")
		return off
	case forGood && e.ToldAt.IsZero():
		e.ToldAt = now
		return exhausted
	}

	return nothing
}
