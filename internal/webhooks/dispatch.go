package webhooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"checkoutd/internal/connect"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks/envelope"
)

// route is what the events of some types lead to.
type route struct {
	// prefixes are the beginnings of the event types, or whole types.
	prefixes []string
	// refer returns how the event's object refers to its order.
	refer func(o *envelope.Object) payments.Ref
	// settle brings the event into its order and ends the claim in the same
	// transaction. nil: events of these types change no order.
	settle func(s *Service, ctx context.Context, j *job) error
	// snapshot means that the object is an intent, which can be believed as it
	// is. Other events are a hint to read something at Stripe.
	snapshot bool
	// reads returns the kind and the ID of what is read at Stripe for a hint.
	// One reading is enough for all hints of the same.
	reads func(o *envelope.Object, ref payments.Ref) string
	// byCustomer means that the object refers to a customer and nothing else.
	byCustomer bool
	// shows reports whether an object of our API version would show by itself
	// that it is ours. nil: never.
	shows func(o *envelope.Object) bool
}

// routes is the table of all event types. The first row with a matching prefix
// counts, so a longer prefix must come before a shorter one. To handle another
// type, add a row and the settle function that it names.
var routes = []route{
	{
		prefixes: []string{"payment_intent.", "setup_intent."},
		refer:    fromIntent,
		settle:   (*Service).settleIntent,
		snapshot: true,
		reads:    readsIntent,
		shows:    withoutInvoice,
	},
	{
		prefixes: []string{"customer.subscription."},
		refer:    fromSubscription,
		settle:   (*Service).settleSubscription,
		reads:    readsSubscription,
		shows:    always,
	},
	{
		prefixes: []string{"invoice."},
		refer:    fromInvoice,
		settle:   (*Service).settleSubscription,
		reads:    readsSubscription,
		shows:    always,
	},
	{
		prefixes: []string{"charge.dispute."},
		refer:    fromIntentMember,
		settle:   (*Service).settleDispute,
		reads:    readsDispute,
		shows:    never,
	},
	{
		prefixes: []string{"refund.", "charge.refund"},
		refer:    fromIntentMember,
		settle:   (*Service).settleRefunds,
		reads:    readsRefunds,
		shows:    chargeWithoutInvoice,
	},
	{
		prefixes: []string{"charge."},
		refer:    fromIntentMember,
		settle:   (*Service).settleCharge,
		reads:    readsIntent,
		shows:    withoutInvoice,
	},
	{
		prefixes:   []string{"customer_cash_balance_transaction."},
		refer:      fromCash,
		settle:     (*Service).settleCash,
		reads:      readsCash,
		byCustomer: true,
	},
	{
		prefixes:   []string{"cash_balance."},
		refer:      fromCash,
		settle:     (*Service).settleCash,
		reads:      readsCash,
		byCustomer: true,
	},
	{
		prefixes: []string{""}, // every other type is stored and ignored
		refer:    fromIntentMember,
	},
}

// routeOf returns the row of an event type. The last row matches every type.
func routeOf(eventType string) *route {
	for i := range routes {
		for _, prefix := range routes[i].prefixes {
			if strings.HasPrefix(eventType, prefix) {
				return &routes[i]
			}
		}
	}
	panic("webhooks: the last route must match every type")
}

// isHint reports whether an event only says that something has changed. Another
// release train may have other shapes: only our own reading counts.
func (r *route) isHint(e *Event) bool { return !r.snapshot || e.VersionMismatch }

// What is read at Stripe for hints.

func readsIntent(_ *envelope.Object, ref payments.Ref) string { return "intent " + ref.IntentID }

func readsSubscription(_ *envelope.Object, ref payments.Ref) string {
	return "subscription " + ref.SubscriptionID
}

func readsRefunds(_ *envelope.Object, ref payments.Ref) string { return "refunds of " + ref.IntentID }

func readsDispute(o *envelope.Object, _ payments.Ref) string { return "dispute " + o.ID }

func readsCash(_ *envelope.Object, ref payments.Ref) string {
	return "cash balance of " + ref.CustomerID
}

// Whether objects show by themselves that they are ours. An intent of ours has
// our metadata, and its charge has the same, unless Stripe made the intent for
// an invoice. A subscription of ours has our metadata, and its invoices repeat
// it. Refunds and disputes name nothing but their intent.

func always(*envelope.Object) bool { return true }

func never(*envelope.Object) bool { return false }

func withoutInvoice(o *envelope.Object) bool { return o.Invoice == "" }

func chargeWithoutInvoice(o *envelope.Object) bool { return o.Kind == "charge" && o.Invoice == "" }

// How objects refer to their order.

func fromIntent(o *envelope.Object) payments.Ref {
	return payments.Ref{
		IntentID:   o.ID,
		InvoiceID:  o.Invoice,
		CustomerID: o.Customer,
		Mark:       payments.MarkOf(o.Metadata),
	}
}

// fromIntentMember reads the payment_intent member that charges, refunds,
// disputes and other objects have.
func fromIntentMember(o *envelope.Object) payments.Ref {
	return payments.Ref{
		IntentID:   o.PaymentIntent,
		InvoiceID:  o.Invoice,
		CustomerID: o.Customer,
		Mark:       payments.MarkOf(o.Metadata),
	}
}

func fromSubscription(o *envelope.Object) payments.Ref {
	return payments.Ref{
		SubscriptionID: o.ID,
		CustomerID:     o.Customer,
		Mark:           payments.MarkOf(o.Metadata),
	}
}

// fromInvoice ignores the invoice's own metadata: the order created the
// subscription, not the invoice.
func fromInvoice(o *envelope.Object) payments.Ref {
	mark := payments.MarkOf(o.Details.Metadata)
	if mark.OrderID == "" {
		mark = payments.MarkOf(o.Parent.Metadata)
	}

	return payments.Ref{
		SubscriptionID: cmp.Or(o.Subscription, o.Parent.Subscription),
		CustomerID:     o.Customer,
		Mark:           mark,
	}
}

// fromCash reads the customer whose cash balance has changed.
func fromCash(o *envelope.Object) payments.Ref { return payments.Ref{CustomerID: o.Customer} }

// groupOf returns the ID under which events of one intent, one subscription or
// one cash balance are worked one at a time, or those about one connected
// account.
func groupOf(eventType, account string, o *envelope.Object) string {
	if account != "" && connect.IsNews(eventType) {
		return account
	}

	r := routeOf(eventType)
	ref := r.refer(o)
	if r.byCustomer {
		return cmp.Or(ref.CustomerID, o.ID)
	}

	return cmp.Or(ref.IntentID, ref.SubscriptionID, o.ID)
}

// job is an event whose object was read.
type job struct {
	event  *Event
	route  *route
	object envelope.Object
	ref    payments.Ref
	match  payments.Match // its order, if the database knows that

	mayRead  bool   // Stripe may be read for it now
	gathered []*job // hints that the same reading settles
}

// unmatchedError is an errUnmatched for another reason.
type unmatchedError struct{ why error }

func (e *unmatchedError) Error() string   { return e.why.Error() }
func (e *unmatchedError) Is(t error) bool { return t == errUnmatched }

// errUnmatched is returned for an event that has our proof, but whose order is
// not in the database.
var errUnmatched = errors.New("it has our proof, but its order is not in this database")

// terminalError ends an event in a final state without a change.
type terminalError struct {
	state State
	note  string
}

func (e *terminalError) Error() string { return e.note }

// findOrder returns the order that ref leads to.
type findOrder func(ctx context.Context, ref payments.Ref) (payments.Match, error)

// plan reads an event and looks for its order in the database. The error is a
// *terminalError when there is nothing to do.
func plan(ctx context.Context, e *Event, find findOrder) (j *job, err error) {
	if j, err = parse(e); err != nil {
		return nil, err
	}

	if j.match, err = find(ctx, j.ref); err != nil {
		return nil, err
	}

	return j, nil
}

// parse reads an event. The error is a *terminalError when there is nothing to
// do.
func parse(e *Event) (*job, error) {
	r := routeOf(e.Type)
	if r.settle == nil {
		return nil, &terminalError{Ignored, "events of this type change no order"}
	}

	read, err := envelope.Read(e.Payload)
	switch {
	case err == nil && read.Erased:
		return nil, &terminalError{Ignored, "its payload was removed, by an erasure or by the retention"}
	case err == nil && !read.IsSnapshot():
		err = errOtherShape
	case err == nil && read.Data.Raw == nil:
		err = errors.New("it has none")
	}

	if err != nil {
		return nil, fmt.Errorf("webhooks: read the event's object: %w", err)
	}

	j := &job{event: e, route: r, object: read.Data}
	j.ref = r.refer(&j.object)
	j.ref.Account = e.Account

	if j.ref.IntentID == "" && j.ref.SubscriptionID == "" && (!r.byCustomer || j.ref.CustomerID == "") {
		return nil, &terminalError{Ignored, "its object refers to no intent, no subscription and no customer"}
	}

	return j, nil
}
