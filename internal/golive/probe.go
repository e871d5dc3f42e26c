package golive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ProbeStripe opens an intent that nobody pays, and cancels it. Its errors are
// those of Stripe.
type ProbeStripe interface {
	OpenIntent(ctx context.Context, amount int64, currency string) (id string, err error)
	CloseIntent(ctx context.Context, id string) error
}

// Arrival is an event in the inbox.
type Arrival struct {
	Type      string
	ByWebhook bool // otherwise it was fetched from Stripe's list
	Mismatch  bool // it is of another release train than ours
}

// Inbox reads the events that have arrived.
type Inbox interface {
	// EventsOf returns the events of an object of the types.
	EventsOf(ctx context.Context, objectID string, types []string) ([]Arrival, error)
}

// ProbeConfig is what a Probe needs.
type ProbeConfig struct {
	Stripe   ProbeStripe
	Inbox    Inbox
	Address  string // of our webhook endpoint, for the sentences
	Amount   int64  // the smallest of the currency, in minor units
	Currency string
	Wait     time.Duration // for the events
	Pause    func(context.Context, time.Duration) error
	Now      func() time.Time
}

// ArrivalError says which events did not arrive as they should.
type ArrivalError string

func (e ArrivalError) Error() string { return string(e) }

// probeEvents are the events of an intent that is created and canceled.
func probeEvents() []string { return []string{"payment_intent.created", "payment_intent.canceled"} }

const (
	probePause = 500 * time.Millisecond // between two looks into the inbox
	callTime   = 30 * time.Second       // for each call to Stripe
)

// Probe follows an event to the server: it creates an intent of the smallest
// amount and cancels it, and waits until the server at our public address has
// taken both events from Stripe. It returns what came, in words, and an error
// that says what did not: an ArrivalError if the probe itself could be made.
// Whoever interrupts it leaves no open intent. Only if the answer to the
// creation or the cancellation is lost, one may stay, which nobody can pay.
func Probe(ctx context.Context, cfg ProbeConfig) (evidence string, err error) {
	began := cfg.Now()

	// An interruption must not hide the ID of what was created.
	opening, opened := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer opened()

	id, err := cfg.Stripe.OpenIntent(opening, cfg.Amount, cfg.Currency)
	if err != nil {
		return "", fmt.Errorf("create an intent: %w", err)
	}

	closing, closed := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer closed()

	if err := cfg.Stripe.CloseIntent(closing, id); err != nil {
		return "", fmt.Errorf("cancel the intent %s: %w", id, err)
	}

	for {
		arrived, err := cfg.Inbox.EventsOf(ctx, id, probeEvents())
		if err != nil {
			return "", err
		}

		missing := missingOf(arrived)
		if len(missing) == 0 {
			return judgeArrivals(arrived, cfg.Now().Sub(began))
		}
		if cfg.Now().Sub(began) >= cfg.Wait {
			return "", notArrived(missing, arrived, cfg)
		}
		if err := cfg.Pause(ctx, probePause); err != nil {
			return "", errors.New("interrupted before the events came; the intent is canceled")
		}
	}
}

// missingOf returns the types that have not come by webhook.
func missingOf(arrived []Arrival) (missing []string) {
	for _, kind := range probeEvents() {
		came := func(a Arrival) bool { return a.Type == kind && a.ByWebhook }
		if !slices.ContainsFunc(arrived, came) {
			missing = append(missing, kind)
		}
	}
	return missing
}

func judgeArrivals(arrived []Arrival, took time.Duration) (string, error) {
	if slices.ContainsFunc(arrived, func(a Arrival) bool { return a.Mismatch }) {
		return "", ArrivalError("the events came, but in another API version: the endpoint needs the version of " +
			"checkoutd (server golive --create-endpoints)")
	}
	return fmt.Sprintf("%s came by webhook, signed, within %s",
		strings.Join(probeEvents(), " and "), took.Round(100*time.Millisecond)), nil
}

// notArrived says what did not come and where to look.
func notArrived(missing []string, arrived []Arrival, cfg ProbeConfig) error {
	text := fmt.Sprintf("%s did not arrive at %s within %s.", strings.Join(missing, " and "), cfg.Address, cfg.Wait)
	if len(arrived) > 0 {
		text += fmt.Sprintf(" The inbox has %d of its events all the same, so the server and its database work.",
			len(arrived))
	}
	return ArrivalError(text + " See that the server runs, that this address can be reached from the internet " +
		"without a redirect, and that an endpoint at Stripe sends these events there and has the signing secret of " +
		"STRIPE_WEBHOOK_SECRET. Stripe's Dashboard shows what it was answered")
}
