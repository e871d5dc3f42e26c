package people

import (
	"slices"
	"time"
)

// Table is a table of the database that holds personal data. Tables lists all
// of them: an export, an erasure, the retention and docs/privacy.md follow it.
type Table struct {
	Name    string // in the database
	Section string // of an export, "" if none of it is exported
	Of      Owner
	Columns []Column
	Facts   []Fact // exported with the columns, and kept by an erasure
	Kept    string // for how long, in words
}

// Owner says whose the rows of a table are.
type Owner int

// The owners. Store finds the rows of a customer by them.
const (
	OfOrder    Owner = iota + 1 // the row is an order
	ByOrder                     // the row has its order's ID
	ByDelivery                  // the row belongs to a delivery, which has an order's ID
	ByEvent                     // the row names an order, an intent, a subscription or a customer
	ByPayment                   // the row has the ID of an intent
	ByCustomer                  // the row has the ID of a customer at Stripe
	ByBuyer                     // the row has the ID of a buyer, who has a customer at Stripe
	OfOthers                    // the row is about the owner of a connected account
)

// Column is a column that holds personal data.
type Column struct {
	Name  string
	Form  Form
	Paths []string // the members of JSON that hold it; none: all of it
	What  string   // in words
	Erase Fate
	// Hidden says why an export does not have it, "" if it does.
	Hidden string
	Kept   string // for how long, if that is not Table.Kept
}

// Fact is a column that holds no personal data of its own.
type Fact struct {
	Name string
	Form Form
}

// Form is how a value is stored.
type Form int

// The forms.
const (
	Text       Form = iota + 1
	Number          // or an amount in minor units
	Time            // Unix microseconds
	Bool            //
	JSON            //
	Sealed          // a text, encrypted under DATA_KEY
	SealedJSON      // a blob, encrypted under DATA_KEY
	Payload         // of an event: a sealed blob, of which an export has the members in PayloadMembers
	Hash            // of something that is not stored
)

// Fate is what becomes of a value that is erased.
type Fate int

// The fates.
const (
	Emptied  Fate = iota + 1 // to "" or {}
	Cut                      // out of the JSON, of which the rest stays
	Replaced                 // by {"erased":true}
	Removed                  // with its row
	Stays                    // until its time is over, see Table.Kept
)

// The ages that no option sets.
const (
	// KeepProblems is how long it is stored why an e-mail was not sent.
	KeepProblems = 90 * 24 * time.Hour
	// KeepSources is how long it is stored which address tried to pay: the
	// guard against card testing looks back for an hour.
	KeepSources = 7 * 24 * time.Hour
)

// The words for how long something is kept.
const (
	withOrder = "`ORDER_RETENTION`, by the state of the order"
	withEvent = "`EVENT_RETENTION`, and at most as the order's data"
)

// PayloadMembers are the members of an event's object, at any depth, that say
// something about a person
// (https://docs.stripe.com/api/charges/object#charge_object-billing_details).
var PayloadMembers = []string{
	"billing_details", "customer_address", "customer_details", "customer_email", "customer_name", "customer_phone",
	"customer_shipping", "email", "evidence", "name", "phone", "address", "payment_method_details", "receipt_email",
	"shipping", "shipping_details",
}

// Tables returns the map of personal data.
func Tables() []Table { return slices.Clone(tables) }

var tables = []Table{
	{
		Name:    "orders",
		Section: "orders",
		Of:      OfOrder,
		Kept:    withOrder,
		Columns: []Column{
			{
				Name:  "contact",
				Form:  JSON,
				Paths: []string{"email", "name", "shipping", "billing"},
				Erase: Emptied,
				What:  "e-mail address, name, phone number, shipping and billing address",
			},
			{
				Name:  "customer_reference",
				Form:  Text,
				Erase: Emptied,
				What:  "your own name for the customer",
			},
			{
				Name:  "message",
				Form:  Text,
				Erase: Emptied,
				What:  "why the last payment was declined",
			},
			{
				Name:  "payment_method",
				Form:  JSON,
				Paths: []string{"type", "brand", "last4", "wallet"},
				Erase: Emptied,
				What:  "the kind, the brand and the last four digits of what it was paid with",
			},
		},
		Facts: []Fact{
			{"id", Text},
			{"reference", Text},
			{"status", Text},
			{"payment_status", Text},
			{"currency", Text},
			{"amount", Number},
			{"captured", Number},
			{"refunded", Number},
			{"items", JSON},
			{"shop", JSON},
			{"consent", JSON},
			{"promotion_code", Text},
			{"customer_id", Text},
			{"account", Text},
			{"created_at", Time},
			{"paid_at", Time},
			{"erased_at", Time},
		},
	},
	{
		Name:    "attempts",
		Section: "payment_attempts",
		Of:      ByOrder,
		Kept:    withOrder,
		Columns: []Column{
			{
				Name:  "params",
				Form:  JSON,
				Paths: []string{"contact"},
				Erase: Cut,
				What:  "the e-mail address, name, phone number and addresses that were sent to Stripe",
			},
			{Name: "message", Form: Text, Erase: Emptied, What: "why the payment was declined"},
			{Name: "method_type", Form: Text, Erase: Emptied, What: "the kind of what could not be paid with"},
			{
				Name:   "source",
				Form:   Hash,
				Erase:  Emptied,
				What:   "a keyed hash of the buyer's internet address",
				Kept:   "7 days",
				Hidden: "a hash that says nothing to a person",
			},
		},
		Facts: []Fact{
			{"id", Text}, {"order_id", Text}, {"state", Text}, {"error_code", Text}, {"decline_code", Text},
			{"intent_id", Text}, {"created_at", Time},
		},
	},
	{
		Name:    "events",
		Section: "stripe_events",
		Of:      ByEvent,
		Kept:    withEvent,
		Columns: []Column{
			{
				Name:  "payload",
				Form:  Payload,
				Erase: Replaced,
				What:  "what Stripe told: name, e-mail address, phone number, addresses, the card's last digits",
			},
		},
		Facts: []Fact{{"id", Text}, {"type", Text}, {"order_id", Text}, {"received_at", Time}},
	},
	{
		Name:    "delivery_tries",
		Section: "webhook_answers",
		Of:      ByDelivery,
		Kept:    "30 days after the delivery has ended",
		Columns: []Column{
			{
				Name:  "excerpt",
				Form:  Sealed,
				Erase: Emptied,
				What:  "what your endpoint answered, which may repeat what it was sent",
			},
		},
		Facts: []Fact{{"id", Text}, {"delivery_id", Text}, {"status", Number}, {"at", Time}},
	},
	{
		Name:    "api_requests",
		Section: "api_answers",
		Of:      ByOrder,
		Kept:    "24 hours",
		Columns: []Column{
			{
				Name:   "answer",
				Form:   SealedJSON,
				Erase:  Replaced,
				What:   "the answer to a request with an `Idempotency-Key`, which shows the order",
				Hidden: "it repeats the order, with a token that opens it",
			},
		},
		Facts: []Fact{{"id", Text}, {"order_id", Text}, {"created_at", Time}, {"expires_at", Time}},
	},
	{
		Name:    "emails",
		Section: "emails",
		Of:      ByOrder,
		Kept:    "90 days",
		Columns: []Column{
			{
				Name:  "problem",
				Form:  Text,
				Erase: Emptied,
				What:  "why an e-mail was not sent; the mail server may have named the address",
			},
		},
		Facts: []Fact{
			{"id", Text}, {"order_id", Text}, {"kind", Text}, {"recipient", Text}, {"state", Text},
			{"created_at", Time}, {"done_at", Time},
		},
	},
	{
		Name:    "buyer_tokens",
		Section: "browsers",
		Of:      ByBuyer,
		Kept:    "until the cookie expires",
		Columns: []Column{
			{
				Name:   "hash",
				Form:   Hash,
				Erase:  Removed,
				What:   "a hash of the cookie that recognizes a browser",
				Hidden: "a hash that says nothing to a person",
			},
		},
		Facts: []Fact{
			{"buyer_id", Text}, {"last_attempt_id", Text}, {"paid_attempt_id", Text}, {"created_at", Time},
			{"last_used_at", Time}, {"expires_at", Time},
		},
	},
	{
		Name:    "buyers",
		Section: "customers_at_stripe",
		Of:      ByCustomer,
		Kept:    "until the erasure",
		Columns: []Column{
			{
				Name:  "customer_id",
				Form:  Text,
				Erase: Removed,
				What:  "the customer at Stripe, bound to a browser or to your reference",
			},
		},
		Facts: []Fact{{"id", Text}, {"account", Text}, {"created_at", Time}},
	},
	{
		Name:    "mirror_charges",
		Section: "charges_in_connected_accounts",
		Of:      ByPayment,
		Kept:    "until the account is disconnected, unless `CONNECT_KEEP_DATA` is true",
		Columns: []Column{
			{Name: "card_last4", Form: Text, Erase: Emptied, What: "the last digits of the card"},
		},
		Facts: []Fact{
			{"id", Text}, {"account", Text}, {"payment_id", Text}, {"amount", Number}, {"currency", Text},
			{"card_brand", Text}, {"created_at", Time},
		},
	},
	{
		Name: "connect_links",
		Of:   OfOthers,
		Kept: "until the account is connected, or the link expires",
		Columns: []Column{
			{
				Name:   "terms",
				Form:   Sealed,
				Erase:  Stays,
				Hidden: "not of a customer",
				What:   "what Stripe's page is filled with for the owner of an account: name, e-mail address, phone number, address",
			},
			{
				Name:   "reference",
				Form:   Text,
				Erase:  Stays,
				Hidden: "not of a customer",
				What:   "your own name for the owner of an account",
			},
		},
	},
	{
		Name: "connect_accounts",
		Of:   OfOthers,
		Kept: "as the books of your platform need it",
		Columns: []Column{
			{
				Name:   "reference",
				Form:   Text,
				Erase:  Stays,
				Hidden: "not of a customer",
				What:   "your own name for the owner of an account",
			},
		},
	},
	{
		Name: "erasures",
		Of:   OfOthers,
		Kept: "until Stripe has deleted the customer",
		Columns: []Column{
			{
				Name:   "reference",
				Form:   Text,
				Erase:  Stays,
				Hidden: "a former release wrote it; it is emptied at the end",
				What:   "the reference whose erasure was begun by a former release",
			},
		},
	},
	{
		Name: "golive_ticks", Of: OfOthers, Kept: "as the history of your checklist",
		Columns: []Column{
			{
				Name: "person", Form: Text, Erase: Stays, Hidden: "not of a customer",
				What: "who of your people ticked a box of the checklist",
			},
		},
	},
}
