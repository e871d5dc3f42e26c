package payments

import (
	"cmp"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// newMethod returns a payment method with the fields of payment_method_data or
// of POST /v1/payment_methods. It does not store it.
func (c *Call) newMethod(p *wire.Params) (*PaymentMethod, error) {
	kind := p.String("type")
	if kind == "" {
		return nil, wire.MissingParam(Pathed(p, "type"))
	}

	pm := &PaymentMethod{
		ID:             wire.NewID("pm"),
		Object:         api.KindMethod,
		AllowRedisplay: cmp.Or(p.String("allow_redisplay"), "unspecified"),
		BillingDetails: api.ReadBilling(p.At("billing_details")),
		Created:        c.Now.Unix(),
		Metadata:       wire.MergeMetadata(nil, p),
		Type:           kind,
	}

	if err := checkEmail(p, "billing_details", "email"); err != nil {
		return nil, err
	}
	if err := c.fillMethod(pm, p); err != nil {
		return nil, err
	}

	return pm, nil
}

// Pathed returns the full name of a parameter within p, as errors show it.
func Pathed(p *wire.Params, name string) string {
	if p == nil || p.Path == "" {
		return name
	}

	return p.Path + "[" + name + "]"
}

// fillMethod sets the fields of the payment method's own type.
func (c *Call) fillMethod(pm *PaymentMethod, p *wire.Params) error {
	switch pm.Type {
	case "card":
		return c.fillCard(pm, p.At("card"))
	case "sepa_debit":
		return fillSEPA(pm, p)
	case "us_bank_account":
		return fillUSBank(pm, p)
	case "ideal":
		pm.Ideal = newIdeal(p.String("ideal", "bank"))
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
		if v, ok := voucherOf(pm.Type); ok {
			return fillVoucher(pm, p, v)
		}
		return wire.Malformed(
			"", Pathed(p, "type"),
			"Invalid type: the sandbox knows %s, not '%s'.",
			knownMethods, pm.Type,
		)
	}

	return nil
}

// fillCard sets the card from a token of the Tokens API or from raw card data.
func (c *Call) fillCard(pm *PaymentMethod, p *wire.Params) error {
	if p == nil {
		return wire.MissingParam("card")
	}

	if token := p.String("token"); token != "" {
		src, cd, err := c.cardOfToken(token, p.Path+"[token]")
		if err != nil {
			return err
		}

		c.useCard(pm, cd, src.ExpMonth, src.ExpYear)
		pm.given(c.hasCVC(token))
		return nil
	}

	cd, err := c.checkCard(p)
	if err != nil {
		return err
	}

	c.useCard(pm, cd, p.Int("exp_month"), int64(fullYear(int(p.Int("exp_year")))))
	pm.given(p.String("cvc") != "")

	if preferred := p.String("networks", "preferred"); preferred != "" {
		pm.Card.Networks.Preferred = &preferred
	}

	return nil
}

// useCard makes a test card the card of a payment method.
func (c *Call) useCard(pm *PaymentMethod, cd *testcards.Card, month, year int64) {
	pm.Card = newMethodCard(cd, month, year)
	pm.private.Card = cd.Key
}

// namedMethod returns a new payment method for the name of a test card
// (pm_card_...) or test bank account (pm_usBankAccount_...), and whether the
// name is known. It does not store it.
func (c *Call) namedMethod(name string) (*PaymentMethod, bool) {
	pm := &PaymentMethod{
		ID:             wire.NewID("pm"),
		Object:         api.KindMethod,
		AllowRedisplay: "unspecified",
		Created:        c.Now.Unix(),
		Metadata:       map[string]string{},
	}

	if cd, ok := testcards.Named(name); ok {
		pm.Type = "card"
		c.useCard(pm, cd, int64(c.Now.Month()), int64(c.Now.Year()+1))
		pm.given(true)
		return pm, true
	}

	account, ok := testcards.USBank(name)
	if !ok {
		return nil, false
	}

	pm.Type = "us_bank_account"
	useUSBank(pm, account, "110000000", "individual", "checking")
	return pm, true
}

const spentSentence = "The provided PaymentMethod was previously used with a PaymentIntent without " +
	"Customer attachment, shared with a connected account without Customer attachment, " +
	"or was detached from a Customer. It may not be used again. To use a PaymentMethod " +
	"multiple times, you must attach it to a Customer first."

// Usable returns the payment method with an ID for a customer's payment. It
// refuses what Stripe refuses: a method that is unknown, detached, consumed or
// another customer's. For the name of a test method it stores a new one. param
// is the parameter to blame.
func (c *Call) Usable(id, customer, param string) (*PaymentMethod, error) {
	return c.usableFor("", id, customer, param)
}

// usableFor is Usable for an intent, which may try again a method that only
// this intent has used.
func (c *Call) usableFor(intent, id, customer, param string) (*PaymentMethod, error) {
	if strings.HasPrefix(id, "tok_") {
		return nil, wire.Invalid(
			"", "payment_method",
			"A token may not be passed in as a PaymentMethod. Instead, create a PaymentMethod or convert your token "+
				"to a PaymentMethod by setting the `card[token]` parameter to %s.",
			id,
		)
	}

	if pm, ok := c.namedMethod(id); ok {
		c.Tx.Put(pm)
		return pm, nil
	}

	pm, ok := c.Method(id)
	if !ok {
		return nil, c.noSuchMethod(param, id)
	}

	if pm.spent(intent) {
		return nil, wire.Invalid(
			"", "",
			spentSentence,
		)
	}

	owner := wire.Deref(pm.Customer)
	if owner != "" && customer == "" {
		return nil, wire.Invalid(
			"", param,
			"The PaymentMethod %s does belong to the Customer %s. Please include the Customer in "+
				"the `customer` parameter on the PaymentIntent.",
			id, owner,
		)
	}

	if owner != "" && owner != customer {
		return nil, wire.Invalid("", param, "The customer %s does not own the PaymentMethod %s.", customer, id)
	}

	return pm, nil
}

// noSuchMethod returns the error for an unknown payment method. With Connect it
// says where else the method may be.
func (c *Call) noSuchMethod(param, id string) error {
	hint := ""
	switch {
	case c.Account == api.PlatformAccount && c.Tx.Account.Index(api.KindAccount, "").Len() > 0:
		hint = "; It's possible this PaymentMethod exists on one of your connected accounts, in which case you " +
			"should retry this request on that connected account. Learn more at " +
			"https://stripe.com/docs/connect/authentication"

	case c.Account != api.PlatformAccount:
		holder := c.Server.Store.Holder(id)
		if holder != nil && holder.ID == api.PlatformAccount {
			hint = "; OAuth key or Stripe-Account header was used but API request was provided with a " +
				"platform-owned payment method ID. Please ensure that the provided payment method matches the " +
				"specified account."
		}
	}

	e := wire.NoSuch("PaymentMethod", param, id)
	e.Message += hint

	return e
}

// spent reports whether a payment method cannot be used any more: it was
// detached, or a payment has used it without saving it. An intent may try again
// a method that it has declined itself.
func (o *PaymentMethod) spent(intent string) bool {
	if o.private.Detached {
		return true
	}

	tryAgain := intent != "" && o.private.DeclinedBy == intent
	return o.private.Consumed && o.Customer == nil && !tryAgain
}

func createMethod(c *Call) (any, error) {
	if c.Params.String("payment_method") != "" {
		return c.shareMethod()
	}

	pm, err := c.newMethod(c.Params)
	if err != nil {
		return nil, err
	}

	c.Tx.Put(pm)
	return pm, nil
}

// pathMethod returns the payment method in the path. pm_card_... stands for the
// newest one that was made by that name and can still be used, or else for a
// new one.
func (c *Call) pathMethod() (*PaymentMethod, error) {
	if pm, ok := memory.Find[*PaymentMethod](c.Tx, c.ID); ok {
		return pm, nil
	}

	cd, ok := testcards.Named(c.ID)
	if !ok {
		return nil, pathError(c.noSuchMethod("payment_method", c.ID))
	}

	attached := slices.Collect(memory.All[*PaymentMethod](c.Tx, api.KindMethod))
	for _, pm := range slices.Backward(attached) {
		if pm.private.Card == cd.Key && !pm.private.Detached && !pm.private.Consumed {
			return pm, nil
		}
	}

	return c.Usable(c.ID, "", "payment_method")
}

// isNamed reports whether an ID is the name of a test method.
func isNamed(id string) bool {
	if _, ok := testcards.Named(id); ok {
		return true
	}

	_, ok := testcards.USBank(id)
	return ok
}

// retrieveMethod is GET /v1/payment_methods/{id}. For the name of a test method
// it creates one, as at Stripe.
func retrieveMethod(c *Call) (any, error) {
	if isNamed(c.ID) {
		return c.Usable(c.ID, "", "payment_method")
	}

	if src, ok := memory.Find[*Source](c.Tx, c.ID); ok {
		return src.asMethod(), nil
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, c.ID)
	if !ok {
		return nil, pathError(c.noSuchMethod("payment_method", c.ID))
	}

	return pm, nil
}

func updateMethod(c *Call) (any, error) {
	prev, err := c.pathMethod()
	if err != nil {
		return nil, err
	}

	if err := checkEmail(c.Params, "billing_details", "email"); err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	next.BillingDetails = api.MergeBilling(prev.BillingDetails, c.Params.At("billing_details"))

	if v := c.Params.String("allow_redisplay"); v != "" {
		next.AllowRedisplay = v
	}

	if prev.Card != nil && c.Params.Has("card") {
		cd := *prev.Card
		if c.Params.Has("card", "exp_month") {
			cd.ExpMonth = c.Params.Int("card", "exp_month")
		}

		if c.Params.Has("card", "exp_year") {
			cd.ExpYear = int64(fullYear(int(c.Params.Int("card", "exp_year"))))
		}

		api.SetText(&cd.Networks.Preferred, c.Params, "card", "networks", "preferred")

		next.Card = &cd
	}

	if bank := prev.USBankAccount; bank != nil && c.Params.Has("us_bank_account") {
		account := *bank
		sent := c.Params.At("us_bank_account")
		account.AccountHolderType = cmp.Or(sent.String("account_holder_type"), bank.AccountHolderType)
		account.AccountType = cmp.Or(sent.String("account_type"), bank.AccountType)
		next.USBankAccount = &account
	}

	c.Tx.Put(&next)
	c.EmitUpdate("payment_method.updated", &next, prev)
	return &next, nil
}

func listMethods(c *Call) (any, error) {
	return c.listMethodsOf(c.Params.String("customer"))
}

func listCustomerMethods(c *Call) (any, error) {
	if _, err := api.PathObject[*Customer](c.API(), api.KindCustomer); err != nil {
		return nil, err
	}
	return c.listMethodsOf(c.ID)
}

func (c *Call) listMethodsOf(customer string) (any, error) {
	if customer != "" {
		if _, err := c.customer(customer, "customer"); err != nil {
			return nil, err
		}
	}

	kind, redisplay := c.Params.String("type"), c.Params.String("allow_redisplay")
	return api.Page(c.API(), api.KindMethod, customer, func(pm *PaymentMethod) bool {
		return pm.Customer != nil && (kind == "" || pm.Type == kind) &&
			(redisplay == "" || pm.AllowRedisplay == redisplay)
	})
}

func retrieveCustomerMethod(c *Call) (any, error) {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, c.Sub)
	if !ok || wire.Deref(pm.Customer) != c.ID {
		return nil, wire.NotFound("PaymentMethod", c.Sub)
	}
	return pm, nil
}
