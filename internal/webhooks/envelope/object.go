package envelope

import "github.com/go-json-experiment/json/jsontext"

// Object is the part of an event's object that names it and what it refers to.
// Events carry objects of every kind, so only the two names must have the type
// that is declared here: what has another shape is zero.
type Object struct {
	ID            string
	Kind          string // its member "object"
	Status        string
	PaymentIntent string
	Invoice       string
	Subscription  string
	Customer      string
	// HasNoCustomer means that there is the member customer, and it is null.
	HasNoCustomer bool
	Metadata      map[string]string
	// Details is what an invoice repeats of its subscription. Later release
	// trains keep it, with the subscription's ID, under parent
	// (https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects).
	Details Details
	Parent  Details

	// Raw is the object's JSON, nil if the event has none.
	Raw []byte

	start, end int // of Raw in the payload
	unfit      bool
}

// Details is what an object says of the subscription that it belongs to.
type Details struct {
	Subscription string
	Metadata     map[string]string
}

var objectMembers = []member[Object]{
	{"id", plain(func(o *Object, v jsontext.Value) { o.unfit = !setText(&o.ID, v) || o.unfit })},
	{"object", plain(func(o *Object, v jsontext.Value) { o.unfit = !setText(&o.Kind, v) || o.unfit })},
	{"status", plain(func(o *Object, v jsontext.Value) { setLenientText(&o.Status, v) })},
	{"payment_intent", reference(func(o *Object) *string { return &o.PaymentIntent })},
	{"invoice", reference(func(o *Object) *string { return &o.Invoice })},
	{"subscription", reference(func(o *Object) *string { return &o.Subscription })},
	{"customer", readCustomer},
	{"metadata", readMetadata(func(o *Object) *map[string]string { return &o.Metadata })},
	{"subscription_details", readDetails(func(o *Object) *Details { return &o.Details })},
	{"parent", readParent},
}

var detailsMembers = []member[Details]{
	{"subscription", reference(func(s *Details) *string { return &s.Subscription })},
	{"metadata", readMetadata(func(s *Details) *map[string]string { return &s.Metadata })},
}

var parentMembers = []member[Details]{
	{"subscription_details", readDetails(func(s *Details) *Details { return s })},
}

func readCustomer(o *Object, d *jsontext.Decoder) error {
	o.HasNoCustomer = d.PeekKind() == 'n'
	return readReference(&o.Customer, d)
}

// reference reads the ID of another object.
func reference[T any](field func(*T) *string) func(*T, *jsontext.Decoder) error {
	return func(to *T, d *jsontext.Decoder) error { return readReference(field(to), d) }
}

// expanded is another object in full.
type expanded struct {
	id    string
	unfit bool
}

var expandedMembers = []member[expanded]{
	{"id", plain(func(x *expanded, v jsontext.Value) { x.unfit = !setText(&x.id, v) || x.unfit })},
}

// readReference reads the ID of another object, "" if there is none. Stripe
// writes the ID alone or the expanded object with its ID
// (https://docs.stripe.com/api/expanding_objects).
func readReference(to *string, d *jsontext.Decoder) error {
	*to = ""
	if d.PeekKind() != '{' {
		v, err := d.ReadValue()
		if err == nil {
			setText(to, v)
		}

		return err
	}

	var x expanded
	err := readMembers(d, &x, expandedMembers)
	if err == nil && !x.unfit {
		*to = x.id
	}

	return err
}

// readMetadata reads texts by their names. One that is no text makes the whole
// unreadable.
func readMetadata[T any](field func(*T) *map[string]string) func(*T, *jsontext.Decoder) error {
	return func(to *T, d *jsontext.Decoder) error {
		all := field(to)
		switch d.PeekKind() {
		case 'n':
			*all = nil
			return skip(d)
		case '{':
		default:
			return skip(d)
		}

		if _, err := d.ReadToken(); err != nil {
			return err
		}

		read, fits := map[string]string{}, true
		for d.PeekKind() != '}' {
			quoted, err := d.ReadValue()
			if err != nil {
				return err
			}

			var name, text string
			setText(&name, quoted)

			v, err := d.ReadValue()
			if err != nil {
				return err
			}

			fits = setText(&text, v) && fits
			read[name] = text
		}

		if fits {
			*all = read
		}

		_, err := d.ReadToken()
		return err
	}
}

// readDetails reads what an object says of its subscription.
func readDetails[T any](field func(*T) *Details) func(*T, *jsontext.Decoder) error {
	return func(to *T, d *jsontext.Decoder) error { return readLenient(field(to), d, detailsMembers) }
}

func readParent(o *Object, d *jsontext.Decoder) error {
	return readLenient(&o.Parent, d, parentMembers)
}
