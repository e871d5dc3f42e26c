package sandbox

import (
	"cmp"
	"strings"
)

// Source is a card of the older Sources API (https://docs.stripe.com/api/cards/object), kept on a customer.
type Source struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	AddressCity       *string           `json:"address_city"`
	AddressCountry    *string           `json:"address_country"`
	AddressLine1      *string           `json:"address_line1"`
	AddressLine1Check *string           `json:"address_line1_check"`
	AddressLine2      *string           `json:"address_line2"`
	AddressState      *string           `json:"address_state"`
	AddressZip        *string           `json:"address_zip"`
	AddressZipCheck   *string           `json:"address_zip_check"`
	AllowRedisplay    string            `json:"allow_redisplay"`
	Brand             string            `json:"brand"`
	Country           string            `json:"country"`
	Customer          *string           `json:"customer"`
	CvcCheck          *string           `json:"cvc_check"`
	DynamicLast4      *string           `json:"dynamic_last4"`
	ExpMonth          int64             `json:"exp_month"`
	ExpYear           int64             `json:"exp_year"`
	Fingerprint       string            `json:"fingerprint"`
	Funding           string            `json:"funding"`
	Last4             string            `json:"last4"`
	Metadata          map[string]string `json:"metadata"`
	Name              *string           `json:"name"`
	RegulatedStatus   string            `json:"regulated_status"`
	Tokenization      *string           `json:"tokenization_method"`
}

func (o *Source) objectID() string   { return o.ID }
func (o *Source) objectKind() string { return kindSource }
func (o *Source) parents() []string  { return parentsOf(o.Customer) }

var brandNames = map[string]string{
	"visa": "Visa", "mastercard": "MasterCard", "amex": "American Express", "discover": "Discover", "diners": "Diners Club",
	"jcb": "JCB", "unionpay": "UnionPay",
}

// addSource puts the card of a token on a customer.
func (c *call) addSource(customer, token string) (*Source, error) {
	cus, err := c.customer(customer, "customer")
	if err != nil {
		return nil, err
	}
	cd, month, year, err := c.cardOfToken(token, "source")
	if err != nil {
		return nil, err
	}
	if cd.code != "" && !cd.attaches {
		e := cardError(cd.code, cd.decline, declineMessage(cd.code, cd.decline))
		e.commit = false
		return nil, e
	}
	src := &Source{
		ID: newID("card"), Object: "card", AllowRedisplay: "unspecified", Brand: brandNames[cd.brand], Country: cd.country,
		Customer: &cus.ID, CvcCheck: new(cmp.Or(cd.cvc, "pass")), ExpMonth: month, ExpYear: year,
		Fingerprint: fingerprint(cd.number), Funding: cd.funding, Last4: cd.number[len(cd.number)-4:],
		Metadata: mergeMetadata(nil, c.p), RegulatedStatus: "unregulated",
	}
	c.tx.put(src)
	c.emit("customer.source.created", src)
	if cus.DefaultSource == nil {
		next := *cus
		next.DefaultSource = &src.ID
		c.tx.put(&next)
		c.emitUpdate("customer.updated", &next, cus)
	}
	return src, nil
}

// cardOfToken finds the test card behind tok_..., made here or one of Stripe's names.
func (c *call) cardOfToken(token, param string) (*card, int64, int64, error) {
	if cd, ok := cardNamed(token); ok && strings.HasPrefix(token, "tok_") {
		return cd, int64(c.now.Month()), int64(c.now.Year() + 1), nil
	}
	rec, ok := find[*Record](c.tx, token)
	if !ok || rec.kind != "token" {
		return nil, 0, 0, noSuch("token", param, token)
	}
	if used, _ := rec.fields["used"].(bool); used {
		return nil, 0, 0, invalid("token_already_used", param, "You cannot use a Stripe token more than once: %s.", token)
	}
	c.tx.put(rec.with(map[string]any{"used": true}))
	shown, _ := rec.fields["card"].(map[string]any)
	return cards()[rec.private.Secret], wholeNumber(shown["exp_month"]), wholeNumber(shown["exp_year"]), nil
}

func createSource(c *call) (any, error) {
	if c.p.str("source") == "" {
		return nil, missingParam("source")
	}
	return c.addSource(c.id, c.p.str("source"))
}

// pathSource finds a customer's source.
func (c *call) pathSource() (*Source, error) {
	src, ok := find[*Source](c.tx, c.sub)
	if !ok || deref(src.Customer) != c.id {
		return nil, notFound("source", c.sub)
	}
	return src, nil
}

func retrieveSource(c *call) (any, error) { return c.pathSource() }

func updateSource(c *call) (any, error) {
	old, err := c.pathSource()
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	set(&next.Name, c.p, "name")
	set(&next.AddressLine1, c.p, "address_line1")
	set(&next.AddressCity, c.p, "address_city")
	set(&next.AddressZip, c.p, "address_zip")
	if c.p.has("exp_month") {
		next.ExpMonth = c.p.num("exp_month")
	}
	if c.p.has("exp_year") {
		next.ExpYear = c.p.num("exp_year")
	}
	c.tx.put(&next)
	c.emitUpdate("customer.source.updated", &next, old)
	return &next, nil
}

func deleteSource(c *call) (any, error) {
	src, err := c.pathSource()
	if err != nil {
		return nil, err
	}
	c.tx.remove(src.ID)
	c.emit("customer.source.deleted", src)
	if cus, ok := find[*Customer](c.tx, c.id); ok && deref(cus.DefaultSource) == src.ID {
		next := *cus
		next.DefaultSource = nil
		c.tx.put(&next)
	}
	return &DeletedObject{ID: src.ID, Object: "card", Deleted: true}, nil
}

func listSources(c *call) (any, error) {
	if _, err := pathObject[*Customer](c, kindCustomer); err != nil {
		return nil, err
	}
	return page[*Source](c, kindSource, c.id, nil)
}
