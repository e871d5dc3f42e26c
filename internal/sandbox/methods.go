package sandbox

import (
	"errors"
	"net/http"
)

// newMethod builds a payment method from payment_method_data or the parameters of POST /v1/payment_methods.
// It is not stored yet.
func (c *call) newMethod(p *params) (*PaymentMethod, error) {
	kind := p.str("type")
	if kind == "" {
		return nil, missingParam(pathed(p, "type"))
	}
	pm := &PaymentMethod{
		ID: newID("pm"), Object: kindMethod, AllowRedisplay: "unspecified", BillingDetails: readBilling(p.at("billing_details")),
		Created: c.now.Unix(), Metadata: mergeMetadata(nil, p), Type: kind,
	}
	if v := p.str("allow_redisplay"); v != "" {
		pm.AllowRedisplay = v
	}
	if err := c.fillMethod(pm, p); err != nil {
		return nil, err
	}
	return pm, nil
}

func pathed(p *params, name string) string {
	if p == nil || p.path == "" {
		return name
	}
	return p.path + "[" + name + "]"
}

// fillMethod sets the fields of the method's own type.
func (c *call) fillMethod(pm *PaymentMethod, p *params) error {
	switch pm.Type {
	case "card":
		return c.fillCard(pm, p.at("card"))
	case "sepa_debit":
		return fillSEPA(pm, p)
	case "us_bank_account":
		return fillUSBank(pm, p)
	case "ideal":
		pm.Ideal = newIdeal(p.str("ideal", "bank"))
	case "klarna":
		pm.Klarna = &MethodKlarna{}
		if pm.BillingDetails.Email == nil || pm.BillingDetails.Address.Country == nil {
			return needBilling(p, "klarna", "email", "address[country]")
		}
	case "link":
		pm.Link = &MethodLink{Email: pm.BillingDetails.Email}
	case "customer_balance":
		pm.CustomerBal = &struct{}{}
	case "paypal":
		pm.Paypal = &MethodPaypal{}
	case "amazon_pay":
		pm.AmazonPay = &struct{}{}
	default:
		return malformed("", pathed(p, "type"), "Invalid type: the sandbox knows %s, not '%s'.", knownMethods, pm.Type)
	}
	return nil
}

func (c *call) fillCard(pm *PaymentMethod, p *params) error {
	if p == nil {
		return missingParam("card")
	}
	if token := p.str("token"); token != "" {
		cd, month, year, err := c.cardOfToken(token, p.path+"[token]")
		if err != nil {
			return err
		}
		c.useCard(pm, cd, month, year)
		return nil
	}
	cd, err := c.checkCard(p)
	if err != nil {
		return err
	}
	c.useCard(pm, cd, p.num("exp_month"), int64(fullYear(int(p.num("exp_year")))))
	if p.str("cvc") != "" {
		pm.private.CVCCheck = "pass"
	}
	if preferred := p.str("networks", "preferred"); preferred != "" {
		pm.Card.Networks.Preferred = &preferred
	}
	return nil
}

func (c *call) useCard(pm *PaymentMethod, cd *card, month, year int64) {
	pm.Card = newMethodCard(cd, month, year)
	pm.private.Card = cd.key
}

// namedMethod makes a payment method of a test card (pm_card_...) or test bank account (pm_usBankAccount_...), not stored yet.
func (c *call) namedMethod(name string) (*PaymentMethod, bool) {
	pm := &PaymentMethod{
		ID: newID("pm"), Object: kindMethod, AllowRedisplay: "unspecified", Created: c.now.Unix(), Metadata: map[string]string{},
	}
	if cd, ok := cardNamed(name); ok {
		pm.Type = "card"
		c.useCard(pm, cd, int64(c.now.Month()), int64(c.now.Year()+1))
		return pm, true
	}
	account, ok := usBankNamed(name)
	if ok {
		pm.Type = "us_bank_account"
		useUSBank(pm, account, "110000000", "individual", "checking")
	}
	return pm, ok
}

// usable finds a payment method for a payment and refuses what Stripe refuses: unknown, detached, consumed or somebody else's.
// The name of a test method stands for a fresh one.
func (c *call) usable(id, customer, param string) (*PaymentMethod, error) {
	if pm, ok := c.namedMethod(id); ok {
		c.tx.put(pm)
		return pm, nil
	}
	pm, ok := find[*PaymentMethod](c.tx, id)
	if !ok {
		return nil, noSuch("PaymentMethod", param, id)
	}
	if pm.private.Detached || pm.private.Consumed && pm.Customer == nil {
		return nil, invalid("", param, "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.")
	}
	owner := deref(pm.Customer)
	if owner != "" && customer == "" {
		return nil, invalid("", param, "The PaymentMethod %s does belong to the Customer %s. Please include the Customer in the `customer` parameter on the PaymentIntent.", id, owner)
	}
	if owner != "" && owner != customer {
		return nil, invalid("", param, "The customer %s does not own the PaymentMethod %s.", customer, id)
	}
	return pm, nil
}

func createMethod(c *call) (any, error) {
	if from := c.p.str("payment_method"); from != "" {
		return nil, invalid("", "payment_method", "Cloning a PaymentMethod needs a connected account, which the sandbox does not simulate for payment methods.")
	}
	pm, err := c.newMethod(c.p)
	if err != nil {
		return nil, err
	}
	c.tx.put(pm)
	return pm, nil
}

// pathMethod finds the payment method in the path; pm_card_... names one that was attached before, else a fresh one.
func (c *call) pathMethod() (*PaymentMethod, error) {
	if pm, ok := find[*PaymentMethod](c.tx, c.id); ok {
		return pm, nil
	}
	cd, ok := cardNamed(c.id)
	if !ok {
		return nil, notFound("PaymentMethod", c.id)
	}
	sh := c.tx.account.kinds[kindMethod]
	for i := 0; sh != nil && i < len(sh.ids); i++ {
		pm, ok := find[*PaymentMethod](c.tx, sh.ids[len(sh.ids)-1-i])
		if ok && pm.private.Card == cd.key && !pm.private.Detached && !pm.private.Consumed {
			return pm, nil
		}
	}
	return c.usable(c.id, "", "payment_method")
}

func retrieveMethod(c *call) (any, error) { return pathObject[*PaymentMethod](c, "PaymentMethod") }

func updateMethod(c *call) (any, error) {
	old, err := c.pathMethod()
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	next.BillingDetails = mergeBilling(old.BillingDetails, c.p.at("billing_details"))
	if v := c.p.str("allow_redisplay"); v != "" {
		next.AllowRedisplay = v
	}
	if old.Card != nil && c.p.has("card") {
		cd := *old.Card
		if c.p.has("card", "exp_month") {
			cd.ExpMonth = c.p.num("card", "exp_month")
		}
		if c.p.has("card", "exp_year") {
			cd.ExpYear = int64(fullYear(int(c.p.num("card", "exp_year"))))
		}
		next.Card = &cd
	}
	c.tx.put(&next)
	c.emitUpdate("payment_method.updated", &next, old)
	return &next, nil
}

func attachMethod(c *call) (any, error) {
	cus := c.p.str("customer")
	if cus == "" {
		return nil, missingParam("customer")
	}
	return c.attach(c.id, cus, "id")
}

// attach ties a payment method to a customer, which is when an issuer's refusal of the card shows.
func (c *call) attach(id, customer, param string) (*PaymentMethod, error) {
	cus, err := c.customer(customer, "customer")
	if err != nil {
		return nil, err
	}
	pm, err := c.usable(id, cus.ID, param)
	if err != nil {
		return nil, attachError(err, param)
	}
	if pm.Customer != nil {
		return pm, nil
	}
	if cd := pm.testCard(); cd != nil && cd.code != "" && !cd.attaches && cd.auth == "" {
		e := cardError(cd.code, cd.decline, declineMessage(cd.code, cd.decline))
		e.commit = false
		return nil, e
	}
	return c.own(pm, cus.ID), nil
}

// attachError answers 404 for a payment method in the path that does not exist.
func attachError(err error, param string) error {
	var e *Error
	if errors.As(err, &e) && e.Code == "resource_missing" && param == "id" {
		e.status = http.StatusNotFound
	}
	return err
}

// own makes the customer the owner and tells the world.
func (c *call) own(pm *PaymentMethod, customer string) *PaymentMethod {
	next := *pm
	next.Customer = &customer
	next.private.Ready = true
	if next.Card != nil {
		cd := *next.Card
		cd.Checks = checksOf(next.testCard(), &next)
		next.Card = &cd
	}
	c.tx.put(&next)
	c.emit("payment_method.attached", &next)
	return &next
}

func detachMethod(c *call) (any, error) {
	pm, err := c.pathMethod()
	if err != nil {
		return nil, err
	}
	if pm.Customer == nil {
		return nil, invalid("", "", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	return c.detach(pm), nil
}

func (c *call) detach(pm *PaymentMethod) *PaymentMethod {
	next := *pm
	next.Customer = nil
	next.private.Detached = true
	c.tx.put(&next)
	c.emitUpdate("payment_method.detached", &next, pm)
	c.forgetMethod(*pm.Customer, pm.ID)
	return &next
}

func listMethods(c *call) (any, error) {
	return c.listMethodsOf(c.p.str("customer"))
}

func listCustomerMethods(c *call) (any, error) {
	if _, err := pathObject[*Customer](c, kindCustomer); err != nil {
		return nil, err
	}
	return c.listMethodsOf(c.id)
}

func (c *call) listMethodsOf(customer string) (any, error) {
	if customer != "" {
		if _, err := c.customer(customer, "customer"); err != nil {
			return nil, err
		}
	}
	kind, redisplay := c.p.str("type"), c.p.str("allow_redisplay")
	return page(c, kindMethod, customer, func(pm *PaymentMethod) bool {
		return pm.Customer != nil && (kind == "" || pm.Type == kind) && (redisplay == "" || pm.AllowRedisplay == redisplay)
	})
}

func retrieveCustomerMethod(c *call) (any, error) {
	pm, ok := find[*PaymentMethod](c.tx, c.sub)
	if !ok || deref(pm.Customer) != c.id {
		return nil, notFound("PaymentMethod", c.sub)
	}
	return pm, nil
}
